/*
 * warm MIB
 *
 * Takes so much memory, touches it and gives it back. A virtual machine tells
 * its host of memory that is free, and the host takes it; whoever is given it
 * next waits for each page: copying into the cache was seen to take a third of
 * a second for each GiB, or more than a whole one. After this, all that are
 * measured find the same. Native, for Linux.
 */
#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    size_t size = (size_t)strtoul(argv[1], NULL, 10) << 20;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return 1;
    for (size_t at = 0; at < size; at += PAGE)
        memory[at] = 1;
    return 0;
}
