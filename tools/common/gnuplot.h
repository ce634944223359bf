/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pictures by gnuplot: a tool writes the data, and a script of its own draws them.
 */
#ifndef GNUPLOT_H
#define GNUPLOT_H

#include <stdio.h>

/*
 * Find out before a measurement whether a picture can be drawn to @path, whose
 * suffix is its format, by @script, which is beside the program or installed.
 * Returns NULL, or what is wrong and what helps.
 */
const char *gnuplot_check(const char *path, const char *script);

/* Write a string of gnuplot's. */
void gnuplot_string(FILE *out, const char *text);

/*
 * Draw to @path what @put writes of @data, by @script, which finds its path in
 * "output" and "png" or "svg" in "format".  Returns NULL, or what is wrong.
 */
const char *gnuplot_draw(const char *path, const char *script,
			 void (*put)(FILE *out, const void *data), const void *data);

#endif /* GNUPLOT_H */
