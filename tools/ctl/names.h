/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names for what the module numbers; those of exits, native returns and held
 * interrupts are in libvcontext.
 */
#ifndef NAMES_H
#define NAMES_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

/* "unknown" for what a later module has. */
const char *name_of_backend(uint32_t backend);
const char *name_of_unavailable(uint32_t why);
const char *name_of_context_state(uint32_t state);
const char *name_of_cpu_state(uint32_t state);
const char *name_of_event(uint32_t type);
const char *name_of_native(uint32_t reason);

/* False if there is none of that name. */
bool find_context_state(const char *name, uint32_t *state);
bool find_event(const char *name, uint32_t *type);

/* All of them, for a help: "guest, native, ready" */
const char *context_state_names(void);
const char *event_names(void);

/* Sets of bits, as an array of names; the unknown ones as "bit N". */
struct json_object *names_of_features(uint64_t features);
struct json_object *names_of_limits(uint64_t limits);
struct json_object *names_of_flags(uint64_t flags);

#endif /* NAMES_H */
