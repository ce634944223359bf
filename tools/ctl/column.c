// SPDX-License-Identifier: GPL-2.0-only
/*
 * Columns: one definition for a table, for JSON and for --columns.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/alloc.h"
#include "common/array.h"
#include "column.h"
#include "error.h"
#include "json.h"
#include "table.h"
#include "word.h"

/* ---- types ---- */

static void u32_text(struct table *table, const void *value)
{
	table_cell(table, COLOR_NONE, "%" PRIu32, *(const uint32_t *)value);
}

static void u32_json(struct json_object *object, const char *key,
		     const void *value)
{
	json_add_u64(object, key, *(const uint32_t *)value);
}

const struct column_type column_u32 = { true, u32_text, u32_json };

static void u64_text(struct table *table, const void *value)
{
	table_cell(table, COLOR_NONE, "%" PRIu64, *(const uint64_t *)value);
}

static void u64_json(struct json_object *object, const char *key,
		     const void *value)
{
	json_add_u64(object, key, *(const uint64_t *)value);
}

const struct column_type column_u64 = { true, u64_text, u64_json };

static void text_text(struct table *table, const void *value)
{
	table_cell(table, COLOR_NONE, "%s", (const char *)value);
}

static void text_json(struct json_object *object, const char *key,
		      const void *value)
{
	json_add_text(object, key, value);
}

const struct column_type column_text = { false, text_text, text_json };

static void time_text(struct table *table, const void *value)
{
	char word[WORD_SIZE];

	table_cell(table, COLOR_NONE, "%s",
		   word_time(word, *(const uint64_t *)value));
}

const struct column_type column_time = { true, time_text, u64_json };

/* ---- choosing ---- */

static const struct column *find(const struct column *all, const char *name)
{
	for (; all->name; all++)
		if (!strcasecmp(all->name, name))
			return all;
	return NULL;
}

/* The names of all columns, for an error. */
static char *all_names(const struct column *all)
{
	char *names = xstrdup(all->name), *more;

	while ((++all)->name) {
		more = xasprintf("%s, %s", names, all->name);
		free(names);
		names = more;
	}
	return names;
}

static bool add(struct column_choice *choice, const struct column *all,
		const char *names)
{
	char *list = xstrdup(names), *name, *rest, *known;
	const struct column *column;

	for (name = strtok_r(list, ",", &rest); name;
	     name = strtok_r(NULL, ",", &rest)) {
		column = find(all, name);
		if (!column) {
			known = all_names(all);
			usage_error("there is no column '%s'; it is one of %s",
				    name, known);
			free(known);
			break;
		}
		if (choice->count == ARRAY_SIZE(choice->columns)) {
			usage_error("there are more than %zu columns",
				    ARRAY_SIZE(choice->columns));
			break;
		}
		choice->columns[choice->count++] = column;
	}
	free(list);
	return !name;
}

bool column_choose(struct column_choice *choice, const struct column_view *view,
		   bool json, const char *names)
{
	const char *usual = json ? view->json : view->text;

	choice->count = 0;
	if ((!names || *names == '+') && !add(choice, view->all, usual))
		return false;
	if (names && !add(choice, view->all, names + (*names == '+')))
		return false;
	if (choice->count)
		return true;
	usage_error("no column given");
	return false;
}

/* ---- printing ---- */

struct table *column_table(const struct column_choice *choice)
{
	struct heading headings[ARRAY_SIZE(choice->columns)];
	size_t i;

	for (i = 0; i < choice->count; i++) {
		headings[i].text = choice->no_headings ? NULL :
				   choice->columns[i]->name;
		headings[i].right = choice->columns[i]->type->right;
	}
	return table_new(headings, choice->count);
}

static const void *value_of(const struct column *column, const void *record)
{
	return (const char *)record + column->offset;
}

void column_row(struct table *table, const struct column_choice *choice,
		const void *record)
{
	size_t i;

	for (i = 0; i < choice->count; i++)
		choice->columns[i]->type->text(table,
				value_of(choice->columns[i], record));
}

/* A column that is named twice must not be a key twice. */
static bool is_repeated(const struct column_choice *choice, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (choice->columns[j] == choice->columns[i])
			return true;
	return false;
}

struct json_object *column_json(const struct column_choice *choice,
				const void *record)
{
	struct json_object *object = json_object_new_object();
	const struct column *column;
	size_t i;

	for (i = 0; i < choice->count; i++) {
		column = choice->columns[i];
		if (!is_repeated(choice, i))
			column->type->json(object, column->key,
					   value_of(column, record));
	}
	return object;
}

struct table *column_properties(const struct column *all, const void *record)
{
	static const struct heading headings[] = { LEFT(NULL), LEFT(NULL) };
	struct table *table = table_new(headings, ARRAY_SIZE(headings));

	for (; all->name; all++) {
		table_cell(table, COLOR_HEAD, "%s", all->name);
		all->type->text(table, value_of(all, record));
	}
	return table;
}

struct json_object *column_properties_json(const struct column *all,
					   const void *record)
{
	struct json_object *object = json_object_new_object();

	for (; all->name; all++)
		all->type->json(object, all->key, value_of(all, record));
	return object;
}
