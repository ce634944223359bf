// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the doctor finds, kept as JSON until it is printed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "ctl/cli.h"
#include "ctl/color.h"
#include "ctl/json.h"
#include "ctl/table.h"
#include "finding.h"

static const char *const words[] = {
	[YES]		= "yes",
	[NO]		= "no",
	[UNKNOWN]	= "unknown",
};

static struct json_object *findings;
static const char *section;
static bool section_needed;

void finding_section(const char *title, bool needed)
{
	section = title;
	section_needed = needed;
}

void finding_add(const char *check, enum answer answer, const char *advice,
		 const char *format, ...)
{
	struct json_object *object = json_object_new_object();
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);

	json_add_text(object, "section", section);
	json_add_text(object, "check", check);
	json_add_text(object, "answer", words[answer]);
	json_add_bool(object, "needed", section_needed);
	json_add_text(object, "found", text);
	json_add_text(object, "advice", answer == YES ? NULL : advice);
	free(text);
	if (!findings)
		findings = json_object_new_array();
	json_object_array_add(findings, object);
}

static const char *member(struct json_object *object, const char *key)
{
	return json_object_get_string(json_object_object_get(object, key));
}

static enum color color_of(struct json_object *object)
{
	const char *answer = member(object, "answer");

	if (!strcmp(answer, words[YES]))
		return COLOR_GOOD;
	return !strcmp(answer, words[NO]) &&
	       json_object_get_boolean(json_object_object_get(object, "needed")) ?
	       COLOR_BAD : COLOR_WARN;
}

static void print_rows(struct json_object *object, struct table *table)
{
	const char *advice = member(object, "advice");

	table_cell(table, COLOR_NONE, "  %s", member(object, "check"));
	table_cell(table, color_of(object), "%s", member(object, "answer"));
	table_cell(table, COLOR_NONE, "%s", member(object, "found"));
	if (!advice)
		return;
	table_cell(table, COLOR_NONE, "%s", "");
	table_cell(table, COLOR_NONE, "%s", "");
	table_cell(table, COLOR_HEAD, "-> %s", advice);
}

void finding_print(bool available)
{
	static const struct heading headings[3];
	size_t i, count = json_object_array_length(findings);
	struct json_object *object;
	const char *last = "";
	struct table *table;

	if (options.json) {
		object = json_object_new_object();
		json_add_bool(object, "available", available);
		json_object_object_add(object, "checks", findings);
		findings = NULL;
		json_print(object);
		return;
	}
	table = table_new(headings, ARRAY_SIZE(headings));
	for (i = 0; i < count; i++) {
		object = json_object_array_get_idx(findings, i);
		if (strcmp(last, member(object, "section"))) {
			last = member(object, "section");
			table_cell(table, COLOR_HEAD, "%s", last);
			table_cell(table, COLOR_NONE, "%s", "");
			table_cell(table, COLOR_NONE, "%s", "");
		}
		print_rows(object, table);
	}
	table_print(table);
	json_object_put(findings);
	findings = NULL;
	printf("\n%sContexts can%s be had here.%s\n",
	       color(available ? COLOR_GOOD : COLOR_BAD),
	       available ? "" : "not", color(COLOR_NONE));
}
