// SPDX-License-Identifier: GPL-2.0-only
/*
 * What isolate and release have done, for people and for programs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "ctl/cli.h"
#include "ctl/json.h"
#include "ctl/table.h"
#include "report.h"

void report_init(struct report *report)
{
	*report = (struct report) {
		.moved = json_object_new_array(),
		.left = json_object_new_array(),
		.hints = json_object_new_array(),
	};
}

static void add_list(struct json_object *object, const char *key,
		     const struct cpulist *cpus)
{
	char *text = must(cpulist_format(cpus));

	json_add_text(object, key, text);
	free(text);
}

static struct json_object *describe(const struct movable *movable)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "kind", movable->kind->name);
	json_add_text(object, "name", movable->name);
	return object;
}

void report_moved(struct report *report, const struct movable *movable,
		  const struct cpulist *from, const struct cpulist *to)
{
	struct json_object *object = describe(movable);

	add_list(object, "from", from);
	add_list(object, "to", to);
	json_object_array_add(report->moved, object);
}

void report_left(struct report *report, const struct movable *movable,
		 const char *why)
{
	struct json_object *object = describe(movable);

	json_add_text(object, "why", why);
	json_object_array_add(report->left, object);
}

void report_hint(struct report *report, const char *text)
{
	json_object_array_add(report->hints, json_object_new_string(text));
}

/* ---- output ---- */

static void print_json(const struct report *report)
{
	struct json_object *object = json_object_new_object();

	add_list(object, report->release ? "released" : "isolated", &report->cpus);
	add_list(object, "now_isolated", &report->isolated);
	json_add_bool(object, "dry_run", report->dry_run);
	json_object_object_add(object, "moved", report->moved);
	json_object_object_add(object, "left", report->left);
	json_object_object_add(object, "hints", report->hints);
	json_print(object);
}

static const char *member(struct json_object *array, size_t i, const char *key)
{
	struct json_object *value;

	json_object_object_get_ex(json_object_array_get_idx(array, i), key,
				  &value);
	return json_object_get_string(value);
}

static void print_moves(const struct report *report)
{
	static const struct heading headings[] = {
		LEFT("KIND"), LEFT("NAME"), LEFT("FROM"), LEFT("TO"),
	};
	struct table *table = table_new(headings, ARRAY_SIZE(headings));
	size_t i, count = json_object_array_length(report->moved);

	for (i = 0; i < count; i++) {
		table_cell(table, COLOR_NONE, "%s", member(report->moved, i, "kind"));
		table_cell(table, COLOR_NONE, "%s", member(report->moved, i, "name"));
		table_cell(table, COLOR_NONE, "%s", member(report->moved, i, "from"));
		table_cell(table, COLOR_NONE, "%s", member(report->moved, i, "to"));
	}
	table_print(table);
}

static size_t count_kind(struct json_object *array, const char *kind)
{
	size_t i, found = 0;

	for (i = 0; i < json_object_array_length(array); i++)
		found += !strcmp(member(array, i, "kind"), kind);
	return found;
}

static void print_counts(const struct report *report)
{
	static const struct heading headings[] = {
		LEFT("KIND"), RIGHT("MOVED"), RIGHT("LEFT"),
	};
	struct table *table = table_new(headings, ARRAY_SIZE(headings));
	const struct movable_kind *const *kind;

	for (kind = movable_kinds; *kind; kind++) {
		size_t moved = count_kind(report->moved, (*kind)->name);
		size_t left = count_kind(report->left, (*kind)->name);

		if (!moved && !left)
			continue;
		table_cell(table, COLOR_NONE, "%s", (*kind)->name);
		table_cell(table, COLOR_NONE, "%zu", moved);
		table_cell(table, left ? COLOR_WARN : COLOR_NONE, "%zu", left);
	}
	table_print(table);
}

/* Things of one kind that were left for the same reason share a line. */
static void print_left(const struct report *report)
{
	static const struct heading headings[] = {
		LEFT("LEFT"), LEFT("WHY"), LEFT("WHICH"),
	};
	size_t count = json_object_array_length(report->left), i, j;
	struct table *table;
	char *names, *more;

	if (!count)
		return;
	putchar('\n');
	table = table_new(headings, ARRAY_SIZE(headings));
	for (i = 0; i < count; i++) {
		const char *kind = member(report->left, i, "kind");
		const char *why = member(report->left, i, "why");

		names = NULL;
		for (j = 0; j < count; j++) {
			if (strcmp(kind, member(report->left, j, "kind")) ||
			    strcmp(why, member(report->left, j, "why")))
				continue;
			if (j < i)
				break;	/* printed already */
			more = names ? xasprintf("%s, %s", names,
						 member(report->left, j, "name")) :
				       xstrdup(member(report->left, j, "name"));
			free(names);
			names = more;
		}
		if (!names)
			continue;
		table_cell(table, COLOR_NONE, "%s", kind);
		table_cell(table, COLOR_NONE, "%s", why);
		table_cell(table, COLOR_NONE, "%s", names);
		free(names);
	}
	table_print(table);
}

static void print_title(const struct report *report)
{
	const char *what = report->release ? "released" : "isolated";
	char *list = must(cpulist_format(&report->cpus));

	if (report->dry_run)
		printf("CPU %s, if it were %s:\n", list, what);
	else
		printf("CPU %s is %s%s:\n", list,
		       report->incomplete ? "only partly " : "", what);
	free(list);
}

static void print_text(const struct report *report)
{
	size_t i;

	if (cpulist_empty(&report->cpus)) {
		puts("No CPU is isolated.");
		return;
	}
	print_title(report);
	if (report->dry_run || report->verbose)
		print_moves(report);
	else
		print_counts(report);
	print_left(report);
	for (i = 0; i < json_object_array_length(report->hints); i++)
		printf("%sHint: %s\n", i ? "" : "\n",
		       json_object_get_string(json_object_array_get_idx(
				report->hints, i)));
}

void report_print(const struct report *report)
{
	if (options.json)
		print_json(report);
	else
		print_text(report);
}
