// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names for what the module numbers.
 */
#include <stdio.h>
#include <string.h>
#include <vctx.h>

#include "common/array.h"
#include "name_tables.h"
#include "names.h"

struct names {
	const char *const *names;
	size_t count;
};

#define NAMES(array)	{ array, ARRAY_SIZE(array) }

static const struct names backends = NAMES(backend_words);
static const struct names context_states = NAMES(context_state_words);
static const struct names cpu_states = NAMES(cpu_state_words);
static const struct names owners = NAMES(owner_words);
static const struct names events = NAMES(event_words);
static const struct names pagings = NAMES(paging_words);
static const struct names bells = NAMES(bell_words);
static const struct names features = NAMES(feature_words);
static const struct names limits = NAMES(limit_words);
static const struct names flags = NAMES(flag_words);

static const char *name(const struct names *names, uint32_t value)
{
	return value < names->count ? names->names[value] : "unknown";
}

static bool find(const struct names *names, const char *word, uint32_t *value)
{
	for (*value = 0; *value < names->count; ++*value)
		if (!strcmp(word, names->names[*value]))
			return true;
	return false;
}

static void list(const struct names *names, char *text, size_t size)
{
	size_t i, length = 0;

	for (i = 0; i < names->count && length < size; i++)
		length += snprintf(text + length, size - length, "%s%s",
				   i ? ", " : "", names->names[i]);
}

static struct json_object *set(const struct names *names, uint64_t bits)
{
	struct json_object *array = json_object_new_array();
	char unknown[16];
	unsigned int i;

	for (i = 0; i < 64; i++) {
		if (!(bits >> i & 1))
			continue;
		snprintf(unknown, sizeof(unknown), "bit %u", i);
		json_object_array_add(array,
				      json_object_new_string(i < names->count ?
							     names->names[i] :
							     unknown));
	}
	return array;
}

const char *name_of_backend(uint32_t backend)
{
	return name(&backends, backend);
}

const char *name_of_unavailable(uint32_t why)
{
	const char *known = vctx_unavailable_name(why);

	return known ? known : "unknown";
}

const char *name_of_context_state(uint32_t state)
{
	return name(&context_states, state);
}

const char *name_of_owner(uint32_t owner)
{
	return name(&owners, owner);
}

const char *name_of_cpu_state(uint32_t state)
{
	return name(&cpu_states, state);
}

const char *name_of_event(uint32_t type)
{
	return name(&events, type);
}

const char *name_of_paging(uint32_t paging)
{
	return name(&pagings, paging);
}

const char *name_of_bell_count(uint32_t count)
{
	return name(&bells, count);
}

const char *name_of_native(uint32_t reason)
{
	const char *known = vctx_native_name(reason);

	return known ? known : "unknown";
}

bool find_context_state(const char *word, uint32_t *state)
{
	return find(&context_states, word, state);
}

bool find_event(const char *word, uint32_t *type)
{
	return find(&events, word, type);
}

bool find_paging(const char *word, uint32_t *paging)
{
	return find(&pagings, word, paging);
}

const char *context_state_names(void)
{
	static char text[128];

	list(&context_states, text, sizeof(text));
	return text;
}

const char *event_names(void)
{
	static char text[128];

	list(&events, text, sizeof(text));
	return text;
}

struct json_object *names_of_features(uint64_t bits)
{
	return set(&features, bits);
}

struct json_object *names_of_limits(uint64_t bits)
{
	return set(&limits, bits);
}

struct json_object *names_of_flags(uint64_t bits)
{
	return set(&flags, bits);
}
