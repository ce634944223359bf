/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TEXTFILE_H
#define TEXTFILE_H

#include <stdbool.h>

/* A small file of the kernel's, whole; to be freed, NULL if it cannot be read. */
char *textfile_read(const char *path);

/* The same without the new line at its end. */
char *textfile_line(const char *path);

/* A number; false if there is none. */
bool textfile_number(const char *path, long *number);

/* Write in one call, as such files want it.  Returns 0 or -errno. */
int textfile_write(const char *path, const char *text);

#endif /* TEXTFILE_H */
