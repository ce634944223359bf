/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of what the module numbers.  Those of exits, native returns and interrupts
 * in a tick hold are in libvcontext.
 */
#ifndef NAMES_H
#define NAMES_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

/* The name, or "unknown" for a number that a later module has. */
const char *name_of_backend(uint32_t backend);
const char *name_of_unavailable(uint32_t why);
const char *name_of_context_state(uint32_t state);
const char *name_of_cpu_state(uint32_t state);
const char *name_of_owner(uint32_t owner);
const char *name_of_event(uint32_t type);
const char *name_of_paging(uint32_t paging);
const char *name_of_bell_count(uint32_t count);
const char *name_of_native(uint32_t reason);

/* False if nothing has that name. */
bool find_context_state(const char *name, uint32_t *state);
bool find_event(const char *name, uint32_t *type);
bool find_paging(const char *name, uint32_t *paging);

/* All names, for a help: "guest, native, ready" */
const char *context_state_names(void);
const char *event_names(void);

/* The names of the bits that are set, as an array; an unknown one is "bit N". */
struct json_object *names_of_features(uint64_t features);
struct json_object *names_of_limits(uint64_t limits);
struct json_object *names_of_flags(uint64_t flags);

#endif /* NAMES_H */
