/*
 * A program that does nothing, with the C runtime and the linker options of
 * reflink.exe: what its start, its end and its memory are measured against.
 */
int wmain(void)
{
    return 0;
}
