/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Columns: one definition for a table, for JSON and for --columns.
 */
#ifndef COLUMN_H
#define COLUMN_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"
#include "table.h"

/*
 * How a value is shown.
 *
 * @right:	aligned to the right, as numbers are
 * @text:	add one cell to the table
 * @json:	add it to the object under @key, or nothing if there is no value
 */
struct column_type {
	bool right;
	void (*text)(struct table *table, const void *value);
	void (*json)(struct json_object *object, const char *key,
		     const void *value);
};

/*
 * @name:	the heading, which --columns takes; NULL ends an array of columns
 * @key:	the name in JSON
 * @help:	for the command's help
 * @offset:	of the value in its record
 */
struct column {
	const char *name;
	const char *key;
	const char *help;
	const struct column_type *type;
	size_t offset;
};

/* A uint32_t, a uint64_t, a text in an array, and nanoseconds in a uint64_t. */
extern const struct column_type column_u32;
extern const struct column_type column_u64;
extern const struct column_type column_text;
extern const struct column_type column_time;

/*
 * What a command shows of its records.
 *
 * @all:	the columns that it has
 * @text:	names of those in its table, unless --columns says otherwise
 * @json:	names of those in its JSON, unless --columns says otherwise
 */
struct column_view {
	const struct column *all;
	const char *text;
	const char *json;
};

/* What has been chosen of a view. */
struct column_choice {
	const struct column *columns[64];
	size_t count;
	bool no_headings;
};

/* Of the help of a command that has -o, --columns. */
#define COLUMN_HELP \
	"  -o, --columns LIST     print these columns, separated by commas; a LIST that\n" \
	"                         begins with + adds to the usual ones"

/*
 * Choose the columns of @names, which --columns has, or the usual ones if it is
 * NULL.  Returns false if a name is wrong, which has been reported then.
 */
bool column_choose(struct column_choice *choice, const struct column_view *view,
		   bool json, const char *names);

/* A table with the headings of the choice, and one more row of it. */
struct table *column_table(const struct column_choice *choice);
void column_row(struct table *table, const struct column_choice *choice,
		const void *record);

/* The same as an object. */
struct json_object *column_json(const struct column_choice *choice,
				const void *record);

/*
 * All columns of one record, as a table of a line each, with their names on the
 * left, and as an object.
 */
struct table *column_properties(const struct column *all, const void *record);
struct json_object *column_properties_json(const struct column *all,
					   const void *record);

#endif /* COLUMN_H */
