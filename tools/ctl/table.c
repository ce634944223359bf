// SPDX-License-Identifier: GPL-2.0-only
/*
 * Aligned columns for people, by libsmartcols.
 */
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "table.h"

struct table {
	struct libscols_table *scols;
	struct libscols_line *line;
	size_t columns_count;
	size_t next;		/* the column of the next cell */
};

/* All functions of libsmartcols that can fail do so for want of memory. */
static void succeed(int error)
{
	if (error)
		must(NULL);
}

struct table *table_new(const struct heading *headings, size_t count)
{
	struct table *table = must(calloc(1, sizeof(*table)));
	struct libscols_column *column;
	size_t i;

	table->columns_count = count;
	table->scols = must(scols_new_table());
	succeed(scols_table_set_column_separator(table->scols, "  "));
	/* Whole lines on a terminal, too: what is too long is not cut off. */
	succeed(scols_table_set_termforce(table->scols, SCOLS_TERMFORCE_NEVER));
	succeed(scols_table_enable_noheadings(table->scols, !headings[0].text));
	for (i = 0; i < count; i++) {
		column = must(scols_table_new_column(table->scols,
				headings[i].text ? headings[i].text : "", 0,
				headings[i].right ? SCOLS_FL_RIGHT : 0));
		succeed(scols_cell_set_color(scols_column_get_header(column),
					     color_sequence(COLOR_HEAD)));
	}
	return table;
}

void table_cell(struct table *table, enum color color, const char *format, ...)
{
	struct libscols_cell *cell;
	va_list args;

	if (!table->next)
		table->line = must(scols_table_new_line(table->scols, NULL));
	cell = must(scols_line_get_cell(table->line, table->next));
	table->next = (table->next + 1) % table->columns_count;

	va_start(args, format);
	succeed(scols_cell_refer_data(cell, xvasprintf(format, args)));
	va_end(args);
	if (color != COLOR_NONE)
		succeed(scols_cell_set_color(cell, color_sequence(color)));
}

/* libsmartcols prints nothing of a table without lines, not even its headings. */
static void print_headings(struct table *table, FILE *file)
{
	char *text;

	must(scols_table_new_line(table->scols, NULL));
	succeed(scols_print_table_to_string(table->scols, &text));
	fprintf(file, "%.*s\n", (int)strcspn(text, "\n"), text);
	free(text);
}

static void print(struct table *table, FILE *file, bool colored)
{
	succeed(scols_table_set_stream(table->scols, file));
	succeed(scols_table_enable_colors(table->scols, colored));
	if (table->line)
		succeed(scols_print_table(table->scols));
	else if (!scols_table_is_noheadings(table->scols))
		print_headings(table, file);
	scols_unref_table(table->scols);
	free(table);
}

void table_write(struct table *table, FILE *file)
{
	print(table, file, false);
}

void table_print(struct table *table)
{
	print(table, stdout, color_wanted());
}
