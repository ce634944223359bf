/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TEXTFILE_H
#define TEXTFILE_H

#include <stdbool.h>

/* Read all of a small file of the kernel's; free() it.  NULL if that fails. */
char *textfile_read(const char *path);

/* The same up to the end of the first line. */
char *textfile_line(const char *path);

/* Read a number; false if there is none. */
bool textfile_number(const char *path, long *number);

/* Write in one call, as such files need it.  Returns 0 or -errno. */
int textfile_write(const char *path, const char *text);

#endif /* TEXTFILE_H */
