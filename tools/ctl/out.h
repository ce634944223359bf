/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Output: aligned columns for people, JSON for programs.
 */
#ifndef OUT_H
#define OUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- colour ---- */

enum color {
	COLOR_NONE,
	COLOR_HEAD,	/* of a table, a title */
	COLOR_DIM,
	COLOR_GOOD,
	COLOR_WARN,
	COLOR_BAD,
};

/* --color: "auto", which is on a terminal, "always", "never"; false if unknown. */
bool color_parse(const char *when);

/* The escape sequence to begin with and, with COLOR_NONE, to end; "" without. */
const char *color(enum color color);

/* ---- tables ---- */

struct column {
	const char *name;	/* NULL: the table has no line of names */
	bool right;
};

#define LEFT(name)	{ name, false }
#define RIGHT(name)	{ name, true }	/* numbers */

struct table;

/* Cells are added from left to right, row by row.  Running out of memory ends it. */
struct table *table_new(const struct column *columns, size_t count);

/* What is not printable in it, as in the name of a program, is made so. */
void table_cell(struct table *table, enum color color, const char *format, ...)
	__attribute__((__format__(printf, 3, 4)));

/* On standard output, or to @file without colour; both free it. */
void table_print(struct table *table);
void table_write(struct table *table, FILE *file);

/*
 * Make printable what comes from others: a program may have control characters in
 * its name.  Returns how wide it is on a terminal.
 */
int out_printable(char *text);

/* ---- JSON ---- */

/*
 * Names are constants, each once in an object: neither copied nor looked for, of
 * which 10,000 contexts have a million.
 */
void json_add(struct json_object *object, const char *name,
	      struct json_object *value);
void json_add_u64(struct json_object *object, const char *name, uint64_t value);
void json_add_double(struct json_object *object, const char *name, double value);
void json_add_bool(struct json_object *object, const char *name, bool value);
/* Bytes that are not UTF-8 are replaced; @text may be NULL: then null. */
void json_add_text(struct json_object *object, const char *name, const char *text);

/* "one, two" of an array of strings; returns @text. */
const char *json_names(struct json_object *array, char *text, size_t size);

/*
 * Print @object on a line of its own, or on several, if standard output is a
 * terminal; frees it.
 */
void json_print(struct json_object *object);

/*
 * An array whose items are printed as they come, for it may be long: call with each,
 * @first with the first, and with NULL at the end.
 */
void json_print_item(struct json_object *object, bool first);

/* As json_print(), on a line of its own always, written out: of a stream. */
void json_print_line(struct json_object *object);

/* ---- words ---- */

#define WORD_SIZE	32

/* A time for people, such as 250us, 12.5ms, 3.20s, 12m05s, 3h12m, 4d03h. */
const char *word_time(char word[WORD_SIZE], uint64_t ns);

/* "12.3%" of @whole. */
const char *word_percent(char word[WORD_SIZE], uint64_t part, uint64_t whole);

/*
 * Write out what is buffered.  Returns EXIT_DONE, or EXIT_FAILED with the error
 * reported: how a command that prints ends.
 */
int out_flush(void);

#endif /* OUT_H */
