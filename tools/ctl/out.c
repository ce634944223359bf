// SPDX-License-Identifier: GPL-2.0-only
/*
 * Output: aligned columns for people, JSON for programs.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "common/alloc.h"
#include "out.h"
#include "vctxctl.h"

/* ---- colour ---- */

static const char *const sequences[] = {
	[COLOR_NONE]	= "\033[0m",
	[COLOR_HEAD]	= "\033[1m",
	[COLOR_DIM]	= "\033[2m",
	[COLOR_GOOD]	= "\033[32m",
	[COLOR_WARN]	= "\033[33m",
	[COLOR_BAD]	= "\033[31m",
};

static enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color_when;

bool color_parse(const char *when)
{
	if (!strcmp(when, "auto"))
		color_when = COLOR_AUTO;
	else if (!strcmp(when, "always"))
		color_when = COLOR_ALWAYS;
	else if (!strcmp(when, "never"))
		color_when = COLOR_NEVER;
	else
		return false;
	return true;
}

static bool colored(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (color_when != COLOR_AUTO)
		return color_when == COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
	       term && strcmp(term, "dumb");
}

const char *color(enum color color)
{
	return colored() ? sequences[color] : "";
}

/* ---- tables ---- */

struct cell {
	char *text;
	int width;		/* on a terminal */
	enum color color;
};

struct table {
	const struct column *columns;
	size_t columns_count;
	struct cell *cells;
	size_t count, room;
};

int out_printable(char *text)
{
	mbstate_t state = { };
	size_t left = strlen(text);
	int width = 0;

	while (left) {
		wchar_t wide;
		size_t bytes = mbrtowc(&wide, text, left, &state);

		if (bytes > left || !iswprint(wide)) {
			size_t i, bad = bytes > left ? 1 : bytes;

			for (i = 0; i < bad; i++)
				text[i] = '?';
			memset(&state, 0, sizeof(state));
			width += bad;
			bytes = bad;
		} else {
			width += wcwidth(wide);
		}
		text += bytes;
		left -= bytes;
	}
	return width;
}

struct table *table_new(const struct column *columns, size_t count)
{
	struct table *table = must(calloc(1, sizeof(*table)));
	size_t i;

	table->columns = columns;
	table->columns_count = count;
	for (i = 0; columns[0].name && i < count; i++)
		table_cell(table, COLOR_HEAD, "%s", columns[i].name);
	return table;
}

void table_cell(struct table *table, enum color color, const char *format, ...)
{
	struct cell *cell;
	va_list args;

	if (table->count == table->room) {
		table->room = table->room ? 2 * table->room : 64;
		table->cells = xgrow(table->cells, table->room, sizeof(*cell));
	}
	cell = &table->cells[table->count++];
	va_start(args, format);
	if (vasprintf(&cell->text, format, args) < 0)
		cell->text = NULL;
	va_end(args);
	must(cell->text);
	cell->width = out_printable(cell->text);
	cell->color = color;
}

static void write_cell(FILE *file, const struct cell *cell,
		       const struct column *column, int width, bool last)
{
	int padding = width - cell->width;
	bool shade = cell->color != COLOR_NONE && file == stdout;

	if (column->right)
		fprintf(file, "%*s", padding, "");
	fprintf(file, "%s%s%s", shade ? color(cell->color) : "", cell->text,
		shade ? color(COLOR_NONE) : "");
	if (last)
		fputc('\n', file);
	else
		fprintf(file, "%*s", column->right ? 2 : padding + 2, "");
}

void table_write(struct table *table, FILE *file)
{
	size_t columns = table->columns_count, i;
	int *widths = must(calloc(columns, sizeof(*widths)));

	for (i = 0; i < table->count; i++)
		if (table->cells[i].width > widths[i % columns])
			widths[i % columns] = table->cells[i].width;
	for (i = 0; i < table->count; i++) {
		size_t column = i % columns;

		write_cell(file, &table->cells[i], &table->columns[column],
			   widths[column], column == columns - 1);
		free(table->cells[i].text);
	}
	free(widths);
	free(table->cells);
	free(table);
}

void table_print(struct table *table)
{
	table_write(table, stdout);
}

/* ---- JSON ---- */

void json_add(struct json_object *object, const char *name,
	      struct json_object *value)
{
	json_object_object_add_ex(object, name, value,
				  JSON_C_OBJECT_ADD_KEY_IS_NEW |
				  JSON_C_OBJECT_ADD_CONSTANT_KEY);
}

void json_add_u64(struct json_object *object, const char *name, uint64_t value)
{
	json_add(object, name, json_object_new_uint64(value));
}

void json_add_double(struct json_object *object, const char *name, double value)
{
	char text[32];

	/* Not with all the digits that a double has. */
	snprintf(text, sizeof(text), "%.3f", value);
	json_add(object, name, json_object_new_double_s(value, text));
}

void json_add_bool(struct json_object *object, const char *name, bool value)
{
	json_add(object, name, json_object_new_boolean(value));
}

/* The length of the UTF-8 sequence that @text begins with, 0 if it is none. */
static size_t utf8_length(const unsigned char *text)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} kinds[] = {
		{ 0x80, 0x00, 0x0 },
		{ 0xe0, 0xc0, 0x80 },
		{ 0xf0, 0xe0, 0x800 },
		{ 0xf8, 0xf0, 0x10000 },
	};
	size_t kind, i;
	uint32_t code;

	for (kind = 0; kind < ARRAY_SIZE(kinds); kind++)
		if ((text[0] & kinds[kind].mask) == kinds[kind].lead)
			break;
	if (kind == ARRAY_SIZE(kinds))
		return 0;
	code = text[0] & ~kinds[kind].mask;
	for (i = 1; i <= kind; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (code < kinds[kind].least || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000))
		return 0;
	return kind + 1;
}

void json_add_text(struct json_object *object, const char *name, const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";	/* U+FFFD */
	size_t length = 0;
	char *valid;

	if (!text) {
		json_add(object, name, NULL);
		return;
	}
	valid = must(malloc(strlen(text) * (sizeof(replacement) - 1) + 1));
	while (*text) {
		size_t bytes = utf8_length((const unsigned char *)text);

		memcpy(valid + length, bytes ? text : replacement,
		       bytes ? bytes : sizeof(replacement) - 1);
		length += bytes ? bytes : sizeof(replacement) - 1;
		text += bytes ? bytes : 1;
	}
	json_add(object, name, json_object_new_string_len(valid, length));
	free(valid);
}

const char *json_names(struct json_object *array, char *text, size_t size)
{
	size_t i, length = 0;

	*text = '\0';
	for (i = 0; i < json_object_array_length(array) && length < size; i++)
		length += snprintf(text + length, size - length, "%s%s",
				   i ? ", " : "",
				   json_object_get_string(json_object_array_get_idx(array, i)));
	return text;
}

static int pretty(void)
{
	return isatty(STDOUT_FILENO) ? JSON_C_TO_STRING_PRETTY : 0;
}

static void print_json(struct json_object *object, int flags)
{
	flags |= JSON_C_TO_STRING_NOSLASHESCAPE | JSON_C_TO_STRING_SPACED;
	fputs(must((char *)json_object_to_json_string_ext(object, flags)), stdout);
	json_object_put(object);
}

void json_print(struct json_object *object)
{
	print_json(object, pretty());
	putchar('\n');
}

void json_print_item(struct json_object *object, bool first)
{
	if (!object) {
		puts(first ? "[ ]" : " ]");
		return;
	}
	fputs(first ? "[ " : ",\n  ", stdout);
	print_json(object, pretty());
}

void json_print_line(struct json_object *object)
{
	print_json(object, 0);
	putchar('\n');
	fflush(stdout);
}

/* ---- words ---- */

static const struct unit {
	const char *name;
	uint64_t ns;
	const char *part_name;	/* NULL: decimals */
	uint64_t part_ns;
} units[] = {
	{ "d", UINT64_C(86400000000000), "h", UINT64_C(3600000000000) },
	{ "h", UINT64_C(3600000000000), "m", UINT64_C(60000000000) },
	{ "m", UINT64_C(60000000000), "s", 1000000000 },
	{ "s", 1000000000, NULL, 0 },
	{ "ms", 1000000, NULL, 0 },
	{ "us", 1000, NULL, 0 },
	{ "ns", 1, NULL, 0 },
};

const char *word_time(char word[WORD_SIZE], uint64_t ns)
{
	const struct unit *unit = units;
	double value;

	while (ns < unit->ns && unit->ns > 1)
		unit++;
	value = (double)ns / unit->ns;
	if (unit->part_name)
		snprintf(word, WORD_SIZE, "%" PRIu64 "%s%02" PRIu64 "%s",
			 ns / unit->ns, unit->name,
			 ns % unit->ns / unit->part_ns, unit->part_name);
	else
		snprintf(word, WORD_SIZE, "%.*f%s",
			 unit->ns == 1 || value >= 100 ? 0 : value >= 10 ? 1 : 2,
			 value, unit->name);
	return word;
}

const char *word_percent(char word[WORD_SIZE], uint64_t part, uint64_t whole)
{
	snprintf(word, WORD_SIZE, "%.1f%%",
		 whole ? 100.0 * part / whole : 0.0);
	return word;
}

int out_flush(void)
{
	if (fflush(stdout) || ferror(stdout))
		return failure("cannot write to standard output: %s",
			       strerror(errno));
	return EXIT_DONE;
}
