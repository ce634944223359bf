// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keys of the policy: on the command line, in /etc/vcontext.conf, in JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/duration.h"
#include "common/number.h"
#include "json.h"
#include "names.h"
#include "policy_key.h"

#define NO_LIMIT	"unlimited"

/*
 * @values:	the values, for an error
 * @parse:	false if @text is not one of them
 * @format:	the value as text
 * @add:	add it to a JSON object, under @name
 */
struct policy_type {
	const char *values;
	bool (*parse)(const char *text, void *value);
	void (*format)(const void *value, char *text, size_t size);
	void (*add)(struct json_object *object, const char *name,
		    const void *value);
};

/* ---- yes or no, u8 ---- */

static bool parse_switch(const char *text, void *value)
{
	static const char *const words[][2] = {
		{ "no", "yes" }, { "off", "on" }, { "false", "true" }, { "0", "1" },
	};
	size_t i, on;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		for (on = 0; on < 2; on++) {
			if (!strcmp(text, words[i][on])) {
				*(uint8_t *)value = on;
				return true;
			}
		}
	}
	return false;
}

static void format_switch(const void *value, char *text, size_t size)
{
	snprintf(text, size, "%s", *(const uint8_t *)value ? "yes" : "no");
}

static void add_switch(struct json_object *object, const char *name,
		       const void *value)
{
	json_add_bool(object, name, *(const uint8_t *)value);
}

static const struct policy_type switch_type = {
	"yes or no", parse_switch, format_switch, add_switch,
};

/* ---- numbers, u32, one of which stands for no limit ---- */

static bool parse_u32(const char *text, uint32_t unlimited, uint32_t *value)
{
	uint64_t number = unlimited;

	if (strcmp(text, NO_LIMIT) &&
	    !number_parse(text, 0, UINT32_MAX, &number))
		return false;
	*value = number;
	return true;
}

static void format_u32(uint32_t value, uint32_t unlimited, char *text, size_t size)
{
	if (value == unlimited)
		snprintf(text, size, NO_LIMIT);
	else
		snprintf(text, size, "%" PRIu32, value);
}

static void add_u32(struct json_object *object, const char *name, uint32_t value,
		    uint32_t unlimited)
{
	if (value == unlimited)
		json_add_text(object, name, NULL);
	else
		json_add_u64(object, name, value);
}

static bool parse_count(const char *text, void *value)
{
	return parse_u32(text, 0, value);
}

static void format_count(const void *value, char *text, size_t size)
{
	format_u32(*(const uint32_t *)value, 0, text, size);
}

static void add_count(struct json_object *object, const char *name,
		      const void *value)
{
	add_u32(object, name, *(const uint32_t *)value, 0);
}

static const struct policy_type count_type = {
	"a number, or " NO_LIMIT, parse_count, format_count, add_count,
};

/* ---- milliseconds and microseconds, u32 ---- */

/* A time with a unit, in units of @unit_ns, of which there may be @most. */
static bool parse_time(const char *text, uint64_t unit_ns, uint32_t most,
		       uint32_t *value)
{
	uint64_t ns;

	if (!duration_parse(text, 0, &ns) || ns % unit_ns || ns / unit_ns > most)
		return false;
	*value = ns / unit_ns;
	return true;
}

static bool parse_ms(const char *text, void *value)
{
	return parse_u32(text, UINT32_MAX, value) ||
	       parse_time(text, 1000000, UINT32_MAX - 1, value);
}

static void format_ms(const void *value, char *text, size_t size)
{
	format_u32(*(const uint32_t *)value, UINT32_MAX, text, size);
}

static void add_ms(struct json_object *object, const char *name,
		   const void *value)
{
	add_u32(object, name, *(const uint32_t *)value, UINT32_MAX);
}

static const struct policy_type ms_type = {
	"milliseconds, a time such as 10s, or " NO_LIMIT,
	parse_ms, format_ms, add_ms,
};

static bool parse_us(const char *text, void *value)
{
	uint64_t us;

	if (!number_parse(text, 0, UINT32_MAX, &us))
		return parse_time(text, 1000, UINT32_MAX, value);
	*(uint32_t *)value = us;
	return true;
}

static void format_us(const void *value, char *text, size_t size)
{
	snprintf(text, size, "%" PRIu32, *(const uint32_t *)value);
}

static void add_us(struct json_object *object, const char *name,
		   const void *value)
{
	json_add_u64(object, name, *(const uint32_t *)value);
}

static const struct policy_type us_type = {
	"microseconds, or a time such as 1ms", parse_us, format_us, add_us,
};

/* ---- CPU lists, a text ---- */

static bool parse_cpus(const char *text, void *value)
{
	/* Only the kernel checks the list. */
	return snprintf(value, NL_LIST_SIZE, "%s", text) < NL_LIST_SIZE;
}

static void format_cpus(const void *value, char *text, size_t size)
{
	snprintf(text, size, "%s", (const char *)value);
}

static void add_cpus(struct json_object *object, const char *name,
		     const void *value)
{
	json_add_text(object, name, value);
}

static const struct policy_type cpus_type = {
	"a list of CPUs such as 1,3-5", parse_cpus, format_cpus, add_cpus,
};

/* ---- paging, u32 ---- */

static bool parse_paging(const char *text, void *value)
{
	return find_paging(text, value);
}

static void format_paging(const void *value, char *text, size_t size)
{
	snprintf(text, size, "%s", name_of_paging(*(const uint32_t *)value));
}

static void add_paging(struct json_object *object, const char *name,
		       const void *value)
{
	json_add_text(object, name, name_of_paging(*(const uint32_t *)value));
}

static const struct policy_type paging_type = {
	"auto, direct or nested", parse_paging, format_paging, add_paging,
};

/* ---- the keys ---- */

#define KEY(name, attribute, member, type) \
	{ name, #member, VCTX_A_POLICY_##attribute, \
	  offsetof(struct nl_policy, member), \
	  sizeof(((struct nl_policy *)0)->member), &(type) }

static const struct policy_key keys[] = {
	KEY("enabled", ENABLED, enabled, switch_type),
	KEY("max-contexts", MAX_CONTEXTS, max_contexts, count_type),
	KEY("max-per-user", MAX_PER_USER, max_per_user, count_type),
	KEY("share", SHARE, share, switch_type),
	KEY("paging", PAGING, paging, paging_type),
	KEY("min-stay-us", MIN_STAY_US, min_stay_us, us_type),
	KEY("bells", BELLS, bells, switch_type),
	KEY("bell-timer-us", BELL_TIMER_US, bell_timer_us, us_type),
	KEY("tick-hold", TICK_HOLD, tick_hold, switch_type),
	KEY("tick-unprivileged", TICK_UNPRIVILEGED, tick_unprivileged, switch_type),
	KEY("tick-max-ms", TICK_MAX_MS, tick_max_ms, ms_type),
	KEY("tick-cpus", TICK_CPUS, tick_cpus, cpus_type),
};

const struct policy_key *policy_key(size_t i)
{
	return i < ARRAY_SIZE(keys) ? &keys[i] : NULL;
}

static bool same_name(const char *name, const char *given)
{
	for (; *name && (*name == *given || (*name == '-' && *given == '_')); name++)
		given++;
	return !*name && !*given;
}

const struct policy_key *policy_key_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (same_name(keys[i].name, name))
			return &keys[i];
	return NULL;
}

const char *policy_key_names(void)
{
	static char text[256];
	size_t i, length = 0;

	for (i = 0; i < ARRAY_SIZE(keys) && length < sizeof(text); i++)
		length += snprintf(text + length, sizeof(text) - length, "%s%s",
				   i ? ", " : "", keys[i].name);
	return text;
}

bool policy_key_parse(const struct policy_key *key, const char *value,
		      struct nl_policy *policy)
{
	if (!key->type->parse(value, (char *)policy + key->offset))
		return false;
	policy->has |= NL_BIT(key->attribute);
	return true;
}

const char *policy_key_values(const struct policy_key *key)
{
	return key->type->values;
}

const char *policy_key_format(const struct policy_key *key,
			      const struct nl_policy *policy)
{
	static char text[NL_LIST_SIZE];

	key->type->format((const char *)policy + key->offset, text, sizeof(text));
	return text;
}

void policy_overlay(struct nl_policy *policy, const struct nl_policy *other)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (other->has & NL_BIT(keys[i].attribute))
			memcpy((char *)policy + keys[i].offset,
			       (const char *)other + keys[i].offset,
			       keys[i].size);
	policy->has |= other->has;
}

struct json_object *policy_json(const struct nl_policy *policy)
{
	struct json_object *object = json_object_new_object();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (policy->has & NL_BIT(keys[i].attribute))
			keys[i].type->add(object, keys[i].json_name,
					  (const char *)policy + keys[i].offset);
	return object;
}
