// SPDX-License-Identifier: GPL-2.0-only
/*
 * The columns of CPUs: what status says of one.
 */
#include <inttypes.h>

#include "common/array.h"
#include "cpu_column.h"
#include "json.h"
#include "names.h"
#include "nl.h"
#include "table.h"
#include "word.h"

static bool has_context(const struct nl_cpu *cpu)
{
	return cpu->has & NL_BIT(VCTX_A_CPU_CONTEXT);
}

static void state_text(struct table *table, const void *value)
{
	static const enum color colors[] = {
		[VCTX_CPU_OFF]		= COLOR_DIM,
		[VCTX_CPU_ON]		= COLOR_GOOD,
		[VCTX_CPU_FAILED]	= COLOR_BAD,
	};
	uint32_t state = *(const uint32_t *)value;

	table_cell(table, state < ARRAY_SIZE(colors) ? colors[state] : COLOR_NONE,
		   "%s", name_of_cpu_state(state));
}

static void state_json(struct json_object *object, const char *key,
		       const void *value)
{
	json_add_text(object, key, name_of_cpu_state(*(const uint32_t *)value));
}

static const struct column_type state = { false, state_text, state_json };

static void owner_text(struct table *table, const void *value)
{
	uint32_t owner = *(const uint32_t *)value;

	table_cell(table, COLOR_NONE, "%s",
		   owner == VCTX_OWNER_NONE ? "-" : name_of_owner(owner));
}

static void owner_json(struct json_object *object, const char *key,
		       const void *value)
{
	json_add_text(object, key, name_of_owner(*(const uint32_t *)value));
}

static const struct column_type owner = { false, owner_text, owner_json };

static const char *tick_word(const struct nl_cpu *cpu)
{
	if (cpu->tick_held)
		return "held";
	if (cpu->nohz_full)
		return "nohz_full";
	return cpu->tick_allowed ? "may be held" : "not to be held";
}

static void tick_text(struct table *table, const void *value)
{
	const struct nl_cpu *cpu = value;

	table_cell(table, cpu->tick_held ? COLOR_GOOD : COLOR_NONE, "%s",
		   tick_word(cpu));
}

static void tick_json(struct json_object *object, const char *key,
		      const void *value)
{
	const struct nl_cpu *cpu = value;

	json_add_bool(object, "tick_allowed", cpu->tick_allowed);
	json_add_bool(object, key, cpu->tick_held);
	json_add_bool(object, "nohz_full", cpu->nohz_full);
}

static const struct column_type tick = { false, tick_text, tick_json };

static void stay_text(struct table *table, const void *value)
{
	const struct nl_cpu *cpu = value;
	char word[WORD_SIZE];

	table_cell(table, COLOR_NONE, "%s",
		   cpu->has & NL_BIT(VCTX_A_CPU_STAY_NS) ?
		   word_time(word, cpu->stay_ns) : "-");
}

static void stay_json(struct json_object *object, const char *key,
		      const void *value)
{
	const struct nl_cpu *cpu = value;

	if (cpu->has & NL_BIT(VCTX_A_CPU_STAY_NS))
		json_add_u64(object, key, cpu->stay_ns);
}

static const struct column_type stay = { true, stay_text, stay_json };

/* ---- the context that runs there, if there is one ---- */

static void number_text(struct table *table, const struct nl_cpu *cpu,
			uint32_t number)
{
	if (has_context(cpu))
		table_cell(table, COLOR_NONE, "%" PRIu32, number);
	else
		table_cell(table, COLOR_NONE, "-");
}

static void context_text(struct table *table, const void *value)
{
	const struct nl_cpu *cpu = value;

	number_text(table, cpu, cpu->context);
}

static void context_json(struct json_object *object, const char *key,
			 const void *value)
{
	const struct nl_cpu *cpu = value;

	if (has_context(cpu))
		json_add_u64(object, key, cpu->context);
}

static const struct column_type context = { true, context_text, context_json };

static void tid_text(struct table *table, const void *value)
{
	const struct nl_cpu *cpu = value;

	number_text(table, cpu, cpu->tid);
}

static void tid_json(struct json_object *object, const char *key,
		     const void *value)
{
	const struct nl_cpu *cpu = value;

	if (has_context(cpu))
		json_add_u64(object, key, cpu->tid);
}

static const struct column_type tid = { true, tid_text, tid_json };

static void comm_text(struct table *table, const void *value)
{
	const struct nl_cpu *cpu = value;

	table_cell(table, COLOR_NONE, "%s", has_context(cpu) ? cpu->comm : "-");
}

static void comm_json(struct json_object *object, const char *key,
		      const void *value)
{
	const struct nl_cpu *cpu = value;

	if (has_context(cpu))
		json_add_text(object, key, cpu->comm);
}

static const struct column_type comm = { false, comm_text, comm_json };

/* ---- all columns ---- */

/* Most types look at the CPU as a whole. */
const struct column cpu_columns[] = {
	{ "CPU", "cpu", "the CPU's number", &column_u32,
	  offsetof(struct nl_cpu, cpu) },
	{ "STATE", "state", "whether it is enabled for contexts: on, off, failed",
	  &state, offsetof(struct nl_cpu, state) },
	{ "OWNER", "owner", "who has enabled VMX or SVM there: contexts, stay, kvm",
	  &owner, offsetof(struct nl_cpu, owner) },
	{ "TICK", "tick_held", "what becomes of its tick; three members in JSON",
	  &tick, 0 },
	{ "IN-GUEST", "stay_ns", "how long it has been in guest mode", &stay, 0 },
	{ "CONTEXT", "context", "the ID of the context that runs there", &context,
	  0 },
	{ "TID", "tid", "the thread of that context", &tid, 0 },
	{ "COMMAND", "comm", "the thread's name", &comm, 0 },
	{ }
};

const struct column_view cpu_view = {
	.all = cpu_columns,
	.text = "CPU,STATE,OWNER,TICK,IN-GUEST,CONTEXT,TID,COMMAND",
	.json = "CPU,STATE,OWNER,CONTEXT,TID,COMMAND,IN-GUEST,TICK",
};
