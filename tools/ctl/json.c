// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON for programs, by json-c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/array.h"
#include "json.h"

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

/* The length of the UTF-8 sequence at the beginning of @text, or 0 without one. */
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

const char *json_names(struct json_object *array, const char *separator,
		       char *text, size_t size)
{
	size_t i, length = 0;

	*text = '\0';
	for (i = 0; i < json_object_array_length(array) && length < size; i++)
		length += snprintf(text + length, size - length, "%s%s",
				   i ? separator : "",
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
