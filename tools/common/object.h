/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON objects that a tool writes.
 */
#ifndef OBJECT_H
#define OBJECT_H

#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>

/* Add a member to an object. */
void object_add(struct json_object *to, const char *name, uint64_t value);
void object_add_text(struct json_object *to, const char *name, const char *value);
void object_add_real(struct json_object *to, const char *name, double value);

/* Write @object on a line of its own, and drop it.  Returns 0 or -errno. */
int object_write(FILE *out, struct json_object *object);

#endif /* OBJECT_H */
