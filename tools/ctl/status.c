// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl status: the module, the policy, the CPUs.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <vctx.h>

#include "names.h"
#include "nl.h"
#include "out.h"
#include "policy_key.h"
#include "vctxctl.h"

struct status {
	struct nl_module module;
	struct nl_policy policy;
	struct nl_cpu *cpus;
	size_t cpus_count;
	const char *reason;	/* why contexts are unavailable, NULL if they are not */
};

/* The library has the words, but needs the device for them. */
static const char *unavailable_reason(uint32_t unavailable)
{
	const char *reason;

	switch (vctx_available(&reason)) {
	case 0:
	case -ENOENT:
		return name_of_unavailable(unavailable);
	default:
		return reason;
	}
}

static bool get_status(struct status *status)
{
	if (nl_module_get(&status->module) || nl_policy_get(&status->policy) ||
	    nl_cpus(&status->cpus, &status->cpus_count))
		return false;
	if (status->module.unavailable != VCTX_AVAILABLE)
		status->reason = unavailable_reason(status->module.unavailable);
	return true;
}

/* ---- JSON ---- */

static struct json_object *module_json(const struct status *status)
{
	const struct nl_module *module = &status->module;
	struct json_object *object = json_object_new_object();

	json_add_text(object, "version", module->version);
	json_add_u64(object, "abi_version", module->abi_version);
	json_add_text(object, "backend", name_of_backend(module->backend));
	json_add_bool(object, "available", !status->reason);
	json_add_text(object, "unavailable", status->reason ?
		      name_of_unavailable(module->unavailable) : NULL);
	json_add_text(object, "reason", status->reason);
	json_add(object, "features", names_of_features(module->features));
	json_add(object, "limits", names_of_limits(module->limits));
	json_add_u64(object, "contexts", module->contexts);
	json_add_u64(object, "context_bytes", module->context_bytes);
	json_add_u64(object, "events_lost", module->events_lost);
	return object;
}

static struct json_object *cpu_json(const struct nl_cpu *cpu)
{
	struct json_object *object = json_object_new_object();

	json_add_u64(object, "cpu", cpu->cpu);
	json_add_text(object, "state", name_of_cpu_state(cpu->state));
	if (cpu->has & NL_BIT(VCTX_A_CPU_CONTEXT)) {
		json_add_u64(object, "context", cpu->context);
		json_add_u64(object, "tid", cpu->tid);
		json_add_text(object, "comm", cpu->comm);
	}
	if (cpu->has & NL_BIT(VCTX_A_CPU_STAY_NS))
		json_add_u64(object, "stay_ns", cpu->stay_ns);
	json_add_bool(object, "tick_allowed", cpu->tick_allowed);
	json_add_bool(object, "tick_held", cpu->tick_held);
	json_add_bool(object, "nohz_full", cpu->nohz_full);
	return object;
}

static void print_json(const struct status *status)
{
	struct json_object *object = json_object_new_object();
	struct json_object *cpus = json_object_new_array();
	size_t i;

	json_add(object, "module", module_json(status));
	json_add(object, "policy", policy_json(&status->policy));
	for (i = 0; i < status->cpus_count; i++)
		json_object_array_add(cpus, cpu_json(&status->cpus[i]));
	json_add(object, "cpus", cpus);
	json_print(object);
}

/* ---- text ---- */

static void add_names(struct table *table, const char *what,
		      struct json_object *names)
{
	char text[256];

	json_names(names, text, sizeof(text));
	if (*text) {
		table_cell(table, COLOR_HEAD, "%s", what);
		table_cell(table, COLOR_NONE, "%s", text);
	}
	json_object_put(names);
}

static void print_module(const struct status *status)
{
	static const struct column columns[] = { LEFT(NULL), LEFT(NULL) };
	const struct nl_module *module = &status->module;
	struct table *table = table_new(columns, ARRAY_SIZE(columns));

	table_cell(table, COLOR_HEAD, "module");
	table_cell(table, COLOR_NONE, "%s, ABI version %" PRIu32,
		   module->version, module->abi_version);
	table_cell(table, COLOR_HEAD, "back end");
	table_cell(table, COLOR_NONE, "%s", name_of_backend(module->backend));
	table_cell(table, COLOR_HEAD, "available");
	if (status->reason)
		table_cell(table, COLOR_BAD, "no: %s", status->reason);
	else
		table_cell(table, COLOR_GOOD, "yes");
	table_cell(table, COLOR_HEAD, "contexts");
	table_cell(table, COLOR_NONE, "%" PRIu32 ", %" PRIu32 " bytes of kernel memory each",
		   module->contexts, module->context_bytes);
	add_names(table, "features", names_of_features(module->features));
	add_names(table, "limits", names_of_limits(module->limits));
	if (module->events_lost) {
		table_cell(table, COLOR_HEAD, "events lost");
		table_cell(table, COLOR_WARN, "%" PRIu64, module->events_lost);
	}
	table_print(table);
}

static void print_policy(const struct nl_policy *policy)
{
	static const struct column columns[] = { LEFT("POLICY"), LEFT("VALUE") };
	struct table *table = table_new(columns, ARRAY_SIZE(columns));
	const struct policy_key *key;
	size_t i;

	for (i = 0; (key = policy_key(i)); i++) {
		table_cell(table, COLOR_NONE, "%s", key->name);
		table_cell(table, COLOR_NONE, "%s", policy_key_format(key, policy));
	}
	table_print(table);
}

static const char *tick_word(const struct nl_cpu *cpu)
{
	if (cpu->tick_held)
		return "held";
	if (cpu->nohz_full)
		return "nohz_full";
	return cpu->tick_allowed ? "may be held" : "not to be held";
}

static void add_cpu(struct table *table, const struct nl_cpu *cpu)
{
	static const enum color colors[] = {
		[VCTX_CPU_OFF]		= COLOR_DIM,
		[VCTX_CPU_ON]		= COLOR_GOOD,
		[VCTX_CPU_FAILED]	= COLOR_BAD,
	};
	char word[WORD_SIZE] = "-";

	table_cell(table, COLOR_NONE, "%" PRIu32, cpu->cpu);
	table_cell(table, cpu->state < ARRAY_SIZE(colors) ?
		   colors[cpu->state] : COLOR_NONE, "%s",
		   name_of_cpu_state(cpu->state));
	table_cell(table, cpu->tick_held ? COLOR_GOOD : COLOR_NONE, "%s",
		   tick_word(cpu));
	if (cpu->has & NL_BIT(VCTX_A_CPU_STAY_NS))
		word_time(word, cpu->stay_ns);
	table_cell(table, COLOR_NONE, "%s", word);
	if (cpu->has & NL_BIT(VCTX_A_CPU_CONTEXT)) {
		table_cell(table, COLOR_NONE, "%" PRIu32, cpu->context);
		table_cell(table, COLOR_NONE, "%" PRIu32, cpu->tid);
		table_cell(table, COLOR_NONE, "%s", cpu->comm);
	} else {
		table_cell(table, COLOR_NONE, "-");
		table_cell(table, COLOR_NONE, "-");
		table_cell(table, COLOR_NONE, "-");
	}
}

static void print_cpus(const struct nl_cpu *cpus, size_t count)
{
	static const struct column columns[] = {
		RIGHT("CPU"), LEFT("STATE"), LEFT("TICK"), RIGHT("IN GUEST"),
		RIGHT("CONTEXT"), RIGHT("TID"), LEFT("COMMAND"),
	};
	struct table *table = table_new(columns, ARRAY_SIZE(columns));
	size_t i;

	for (i = 0; i < count; i++)
		add_cpu(table, &cpus[i]);
	table_print(table);
}

static int run(int argc, char **argv)
{
	struct status status = { };

	if (next_option(argc, argv, "", NULL) != -1)
		return EXIT_USAGE;
	if (optind < argc)
		return usage_error("'%s' is too much", argv[optind]);
	if (!get_status(&status))
		return failure("cannot get the status: %s", nl_error());
	if (options.json) {
		print_json(&status);
	} else {
		print_module(&status);
		putchar('\n');
		print_policy(&status.policy);
		putchar('\n');
		print_cpus(status.cpus, status.cpus_count);
	}
	free(status.cpus);
	return out_flush();
}

const struct command status_command = {
	.name = "status",
	.usage = "",
	.summary = "the module, whether contexts can be had, the policy, the CPUs",
	.run = run,
};
