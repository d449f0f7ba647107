/* The sources of the product, where a test reads what no compiler checks. */
#ifndef REFLINK_TESTS_SOURCES_H
#define REFLINK_TESTS_SOURCES_H

/* The file of this path in the repository, with a NUL at its end; the caller
   frees. A test in which there is no such file fails. */
char *sources_read(const char *path);

#endif
