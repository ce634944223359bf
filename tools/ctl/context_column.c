// SPDX-License-Identifier: GPL-2.0-only
/*
 * The columns of contexts: what list, top and show say of one.
 */
#include <inttypes.h>
#include <vctx.h>

#include "context_column.h"
#include "json.h"
#include "names.h"
#include "sample.h"
#include "table.h"
#include "user.h"
#include "word.h"

static bool has(const struct nl_context *context, int attribute)
{
	return context->has & NL_BIT(attribute);
}

/* ---- who, and how ---- */

static void user_text(struct table *table, const void *value)
{
	table_cell(table, COLOR_NONE, "%s", user_name(*(const uint32_t *)value));
}

static void user_json(struct json_object *object, const char *key,
		      const void *value)
{
	json_add_text(object, key, user_name(*(const uint32_t *)value));
}

static const struct column_type user = { false, user_text, user_json };

enum color context_state_color(uint32_t state)
{
	switch (state) {
	case VCTX_CONTEXT_GUEST:
		return COLOR_GOOD;
	case VCTX_CONTEXT_STOPPED:
	case VCTX_CONTEXT_LEAVING:
		return COLOR_WARN;
	default:
		return COLOR_NONE;
	}
}

static void state_text(struct table *table, const void *value)
{
	uint32_t state = *(const uint32_t *)value;

	table_cell(table, context_state_color(state), "%s",
		   name_of_context_state(state));
}

static void state_json(struct json_object *object, const char *key,
		       const void *value)
{
	json_add_text(object, key,
		      name_of_context_state(*(const uint32_t *)value));
}

static const struct column_type state = { false, state_text, state_json };

static void flags_text(struct table *table, const void *value)
{
	struct json_object *names = names_of_flags(*(const uint64_t *)value);
	char text[256];

	json_names(names, ",", text, sizeof(text));
	table_cell(table, COLOR_NONE, "%s", *text ? text : "-");
	json_object_put(names);
}

static void flags_json(struct json_object *object, const char *key,
		       const void *value)
{
	json_add(object, key, names_of_flags(*(const uint64_t *)value));
}

static const struct column_type flags = { false, flags_text, flags_json };

static void fell_back_text(struct table *table, const void *value)
{
	const struct nl_context *context = value;

	table_cell(table, COLOR_NONE, "%s",
		   has(context, VCTX_A_CONTEXT_FELL_BACK) ?
		   name_of_native(context->fell_back) : "-");
}

static void fell_back_json(struct json_object *object, const char *key,
			   const void *value)
{
	const struct nl_context *context = value;

	json_add_text(object, key, has(context, VCTX_A_CONTEXT_FELL_BACK) ?
		      name_of_native(context->fell_back) : NULL);
}

static const struct column_type fell_back = {
	false, fell_back_text, fell_back_json,
};

/* ---- counters: the largest as text, all of them in JSON ---- */

static void largest_text(struct table *table, const uint64_t *counters,
			 unsigned int count, const char *(*name)(unsigned int))
{
	unsigned int i, top = 0;

	for (i = 1; i < count; i++)
		if (counters[i] > counters[top])
			top = i;
	table_cell(table, COLOR_NONE, "%s", !counters[top] ? "-" :
		   name(top) ? name(top) : "unknown");
}

/* A later module may count what this library has no name for. */
static void counters_json(struct json_object *object, const char *key,
			  const uint64_t *counters, size_t count,
			  const char *(*name)(unsigned int))
{
	struct json_object *named = json_object_new_object();
	uint64_t unnamed = 0;
	size_t i;

	for (i = 0; i < count && name(i); i++)
		json_add_u64(named, name(i), counters[i]);
	for (; i < count; i++)
		unnamed += counters[i];
	if (unnamed)
		json_add_u64(named, "unknown", unnamed);
	json_add(object, key, named);
}

#define COUNTERS(what, max) \
static void what##_text(struct table *table, const void *value) \
{ \
	largest_text(table, value, max, vctx_##what##_name); \
} \
\
static void what##_json(struct json_object *object, const char *key, \
			const void *value) \
{ \
	counters_json(object, key, value, max, vctx_##what##_name); \
} \
\
static const struct column_type what##_counters = { \
	false, what##_text, what##_json, \
}

COUNTERS(exit, VCTX_MAX_EXITS);
COUNTERS(native, VCTX_MAX_NATIVE);
COUNTERS(held, VCTX_MAX_HELD);

/* ---- the tick ---- */

static void bound_text(struct table *table, const void *value)
{
	const struct nl_context *context = value;
	char word[WORD_SIZE];

	if (!has(context, VCTX_A_CONTEXT_TICK_BOUND_NS))
		table_cell(table, COLOR_NONE, "-");
	else if (context->tick_bound_ns == VCTX_UNLIMITED)
		table_cell(table, COLOR_NONE, "unlimited");
	else
		table_cell(table, COLOR_NONE, "%s",
			   word_time(word, context->tick_bound_ns));
}

static void bound_json(struct json_object *object, const char *key,
		       const void *value)
{
	const struct nl_context *context = value;

	if (!has(context, VCTX_A_CONTEXT_TICK_BOUND_NS) ||
	    context->tick_bound_ns == VCTX_UNLIMITED)
		json_add_text(object, key, NULL);
	else
		json_add_u64(object, key, context->tick_bound_ns);
}

static const struct column_type bound = { true, bound_text, bound_json };

static void tick_text(struct table *table, const void *value)
{
	bool held = *(const bool *)value;

	table_cell(table, held ? COLOR_GOOD : COLOR_NONE, "%s",
		   held ? "held" : "-");
}

static void tick_json(struct json_object *object, const char *key,
		      const void *value)
{
	json_add_bool(object, key, *(const bool *)value);
}

static const struct column_type tick = { false, tick_text, tick_json };

/* ---- paging ---- */

static const char *paging_name(const struct nl_context *context)
{
	return has(context, VCTX_A_CONTEXT_PAGING) ?
		name_of_paging(context->paging) : NULL;
}

static void paging_text(struct table *table, const void *value)
{
	const char *name = paging_name(value);

	table_cell(table, COLOR_NONE, "%s", name ? name : "-");
}

static void paging_json(struct json_object *object, const char *key,
			const void *value)
{
	json_add_text(object, key, paging_name(value));
}

static const struct column_type paging = { false, paging_text, paging_json };

/* ---- its bell ---- */

static void bell_text(struct table *table, const void *value)
{
	const struct nl_context *context = value;

	if (has(context, VCTX_A_CONTEXT_BELL))
		table_cell(table, COLOR_NONE, "%" PRIu64,
			   context->bell[VCTX_BELL_COUNT_RUNG]);
	else
		table_cell(table, COLOR_NONE, "-");
}

static void bell_json(struct json_object *object, const char *key,
		      const void *value)
{
	const struct nl_context *context = value;

	if (has(context, VCTX_A_CONTEXT_BELL))
		counters_json(object, key, context->bell, VCTX_NR_BELL_COUNTS,
			      name_of_bell_count);
	else
		json_add_text(object, key, NULL);
}

static const struct column_type bell = { true, bell_text, bell_json };

/* ---- rates ---- */

static void part_text(struct table *table, const void *value)
{
	table_cell(table, COLOR_NONE, "%.1f%%", 100 * *(const double *)value);
}

static void rate_text(struct table *table, const void *value)
{
	table_cell(table, COLOR_NONE, "%.1f", *(const double *)value);
}

static void rate_json(struct json_object *object, const char *key,
		      const void *value)
{
	json_add_double(object, key, *(const double *)value);
}

static const struct column_type part = { true, part_text, rate_json };
static const struct column_type rate = { true, rate_text, rate_json };

/* ---- all columns ---- */

#define CONTEXT(member)		offsetof(struct activity, context.member)
#define ACTIVITY(member)	offsetof(struct activity, member)

/* The type looks at the context as a whole. */
#define WHOLE			offsetof(struct activity, context)

const struct column context_columns[] = {
	{ "ID", "id", "the context's ID", &column_u32, CONTEXT(id) },
	{ "PID", "pid", "its process", &column_u32, CONTEXT(pid) },
	{ "TID", "tid", "its thread", &column_u32, CONTEXT(tid) },
	{ "UID", "uid", "the user's number", &column_u32, CONTEXT(uid) },
	{ "USER", "user", "the user's name", &user, CONTEXT(uid) },
	{ "COMMAND", "comm", "the thread's name", &column_text, CONTEXT(comm) },
	{ "CPU", "cpu", "the CPU on which the thread runs or ran last",
	  &column_u32, CONTEXT(cpu) },
	{ "STATE", "state", "what the thread does now", &state, CONTEXT(state) },
	{ "AGE", "age_ns", "the time since the context was entered", &column_time,
	  CONTEXT(age_ns) },
	{ "FLAGS", "flags", "how it was entered", &flags, CONTEXT(flags) },
	{ "ENTRIES", "entries", "entries into guest mode", &column_u64,
	  CONTEXT(entries) },
	{ "EXITS", "exits", "the most frequent exit; JSON has the number of each",
	  &exit_counters, CONTEXT(exits) },
	{ "NATIVE", "native",
	  "the most frequent reason to run natively; JSON has all", &native_counters,
	  CONTEXT(native) },
	{ "FELL-BACK", "fell_back", "why the thread last fell back to native mode",
	  &fell_back, WHOLE },
	{ "GUEST-TIME", "guest_ns", "the time in guest mode", &column_time,
	  CONTEXT(guest_ns) },
	{ "NATIVE-TIME", "native_ns", "the rest of the time, asleep or not",
	  &column_time, CONTEXT(native_ns) },
	{ "TLB-FLUSHES", "tlb_flushes", "flushes of TLB tags because page tables had changed",
	  &column_u64, CONTEXT(tlb_flushes) },
	{ "TICK-BOUND", "tick_bound_ns", "how long a tick hold may last", &bound,
	  WHOLE },
	{ "TICK", "tick_held", "whether the tick is held now", &tick,
	  CONTEXT(tick_held) },
	{ "TICKS-HELD", "ticks_held", "ticks that were held", &column_u64,
	  CONTEXT(ticks_held) },
	{ "INTERRUPTED-BY", "held",
	  "the most frequent interruption of tick holds; JSON has all",
	  &held_counters, CONTEXT(held) },
	{ "LONGEST", "longest_ns", "the longest stay in guest mode without an interruption",
	  &column_time, CONTEXT(longest_ns) },
	{ "PAGING", "paging", "how addresses are translated: direct, nested", &paging,
	  WHOLE },
	{ "RINGS", "bell", "how often its bell was rung; JSON also has what came of it",
	  &bell, WHOLE },
	{ "GUEST", "guest", "the part of the time in guest mode", &part,
	  ACTIVITY(guest) },
	{ "EXITS/s", "exits_per_s", "exits per second", &rate, ACTIVITY(exits) },
	{ "NATIVE/s", "native_per_s", "native returns per second", &rate,
	  ACTIVITY(native) },
	{ "PASSED/s", "passed_by_per_s",
	  "stretches per second that an adaptive context passes by", &rate,
	  ACTIVITY(passed_by) },
	{ "TICKS/s", "ticks_held_per_s", "held ticks per second", &rate,
	  ACTIVITY(ticks_held) },
	{ "RINGS/s", "rings_per_s", "rings of its bell per second", &rate,
	  ACTIVITY(rings) },
	{ }
};
