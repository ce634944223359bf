/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A context, for people and for programs.
 */
#ifndef CONTEXT_H
#define CONTEXT_H

#include <json-c/json.h>

#include "nl.h"
#include "out.h"

/* The name of a user, or the number if there is no name. */
const char *context_user(uint32_t uid);

/* The number of a user by name or number; false if there is none. */
bool context_find_user(const char *name, uint32_t *uid);

/* The reason with most native returns, "-" if there were none. */
const char *context_top_native(const struct nl_context *context);

enum color context_state_color(uint32_t state);

struct json_object *context_json(const struct nl_context *context);

#endif /* CONTEXT_H */
