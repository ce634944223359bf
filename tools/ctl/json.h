/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON for programs.
 */
#ifndef JSON_H
#define JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Add a member to an object.  @name has to be a constant that the object does not
 * have yet: it is neither copied nor looked up, since 10,000 contexts have a
 * million of them.
 */
void json_add(struct json_object *object, const char *name,
	      struct json_object *value);
void json_add_u64(struct json_object *object, const char *name, uint64_t value);
void json_add_double(struct json_object *object, const char *name, double value);
void json_add_bool(struct json_object *object, const char *name, bool value);
/* Bytes that are not UTF-8 are replaced; without @text, the value is null. */
void json_add_text(struct json_object *object, const char *name, const char *text);

/* "one, two" of an array of strings, if @separator is ", "; returns @text. */
const char *json_names(struct json_object *array, const char *separator,
		       char *text, size_t size);

/*
 * Print @object and free it: on one line, or on several if standard output is a
 * terminal.
 */
void json_print(struct json_object *object);

/*
 * Print the items of a long array as they come: call this for each, with @first
 * for the first one, and with NULL at the end.
 */
void json_print_item(struct json_object *object, bool first);

/* Print @object like json_print(), but always on one line, and write it out. */
void json_print_line(struct json_object *object);

#endif /* JSON_H */
