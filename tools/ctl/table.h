/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Aligned columns for people, by libsmartcols.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "color.h"

struct heading {
	const char *text;	/* NULL in all: the table has no line of headings */
	bool right;		/* as numbers are */
};

#define LEFT(text)	{ text, false }
#define RIGHT(text)	{ text, true }

struct table;

/* Cells are added from left to right, row by row.  Without memory, the program ends. */
struct table *table_new(const struct heading *headings, size_t count);

/* Characters that are not printable, as in a program's name, are escaped. */
void table_cell(struct table *table, enum color color, const char *format, ...)
	__attribute__((__format__(printf, 3, 4)));

/* Print to standard output, or to @file without colour; both free the table. */
void table_print(struct table *table);
void table_write(struct table *table, FILE *file);

#endif /* TABLE_H */
