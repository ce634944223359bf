// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON objects that a tool writes.
 */
#include <errno.h>
#include <stdio.h>

#include "object.h"

void object_add(struct json_object *to, const char *name, uint64_t value)
{
	json_object_object_add(to, name, json_object_new_uint64(value));
}

void object_add_text(struct json_object *to, const char *name, const char *value)
{
	json_object_object_add(to, name, json_object_new_string(value));
}

/* A double has more digits than anybody wants to read. */
void object_add_real(struct json_object *to, const char *name, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.9g", value);
	json_object_object_add(to, name, json_object_new_double_s(value, text));
}

int object_write(FILE *out, struct json_object *object)
{
	int err;

	fprintf(out, "%s\n", json_object_to_json_string_ext(object,
			JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	err = fflush(out) || ferror(out) ? -errno : 0;
	json_object_put(object);
	return err;
}
