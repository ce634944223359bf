// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl status: the module, the policy, the CPUs.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <vctx.h>

#include "common/array.h"
#include "cli.h"
#include "cpu_column.h"
#include "error.h"
#include "json.h"
#include "names.h"
#include "nl.h"
#include "policy_key.h"
#include "table.h"

struct status {
	struct nl_module module;
	struct nl_policy policy;
	struct nl_cpu *cpus;
	size_t cpus_count;
	const char *reason;	/* why contexts are unavailable, or NULL */
};

static const char *unavailable_reason(uint32_t unavailable)
{
	const char *reason = vctx_unavailable_reason(unavailable, 0);

	return reason ? reason : "for a reason that is newer than vctxctl";
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

/* ---- the module: properties, of which each is a line and a member ---- */

static void version_text(struct table *table, const void *value)
{
	const struct status *status = value;

	table_cell(table, COLOR_NONE, "%s, ABI version %" PRIu32,
		   status->module.version, status->module.abi_version);
}

static void version_json(struct json_object *object, const char *key,
			 const void *value)
{
	const struct status *status = value;

	json_add_text(object, key, status->module.version);
	json_add_u64(object, "abi_version", status->module.abi_version);
}

static const struct column_type version = { false, version_text, version_json };

static void backend_text(struct table *table, const void *value)
{
	table_cell(table, COLOR_NONE, "%s",
		   name_of_backend(*(const uint32_t *)value));
}

static void backend_json(struct json_object *object, const char *key,
			 const void *value)
{
	json_add_text(object, key, name_of_backend(*(const uint32_t *)value));
}

static const struct column_type backend = { false, backend_text, backend_json };

static void available_text(struct table *table, const void *value)
{
	const struct status *status = value;

	if (status->reason)
		table_cell(table, COLOR_BAD, "no: %s", status->reason);
	else
		table_cell(table, COLOR_GOOD, "yes");
}

static void available_json(struct json_object *object, const char *key,
			   const void *value)
{
	const struct status *status = value;

	json_add_bool(object, key, !status->reason);
	json_add_text(object, "unavailable", status->reason ?
		      name_of_unavailable(status->module.unavailable) : NULL);
	json_add_text(object, "reason", status->reason);
}

static const struct column_type available = {
	false, available_text, available_json,
};

static void names_text(struct table *table, struct json_object *names)
{
	char text[256];

	json_names(names, ", ", text, sizeof(text));
	table_cell(table, COLOR_NONE, "%s", *text ? text : "none");
	json_object_put(names);
}

static void features_text(struct table *table, const void *value)
{
	names_text(table, names_of_features(*(const uint64_t *)value));
}

static void features_json(struct json_object *object, const char *key,
			  const void *value)
{
	json_add(object, key, names_of_features(*(const uint64_t *)value));
}

static const struct column_type features = { false, features_text, features_json };

static void limits_text(struct table *table, const void *value)
{
	names_text(table, names_of_limits(*(const uint64_t *)value));
}

static void limits_json(struct json_object *object, const char *key,
			const void *value)
{
	json_add(object, key, names_of_limits(*(const uint64_t *)value));
}

static const struct column_type limits = { false, limits_text, limits_json };

static void contexts_text(struct table *table, const void *value)
{
	const struct nl_module *module = value;

	table_cell(table, COLOR_NONE, "%" PRIu32 ", %" PRIu32 " bytes of kernel memory each",
		   module->contexts, module->context_bytes);
}

static void contexts_json(struct json_object *object, const char *key,
			  const void *value)
{
	const struct nl_module *module = value;

	json_add_u64(object, key, module->contexts);
	json_add_u64(object, "context_bytes", module->context_bytes);
}

static const struct column_type contexts = { false, contexts_text, contexts_json };

static void lost_text(struct table *table, const void *value)
{
	uint64_t lost = *(const uint64_t *)value;

	table_cell(table, lost ? COLOR_WARN : COLOR_NONE, "%" PRIu64, lost);
}

static void lost_json(struct json_object *object, const char *key,
		      const void *value)
{
	json_add_u64(object, key, *(const uint64_t *)value);
}

static const struct column_type lost = { false, lost_text, lost_json };

static void idmap_text(struct table *table, const void *value)
{
	uint64_t bytes = *(const uint64_t *)value;

	if (bytes)
		table_cell(table, COLOR_NONE, "%" PRIu64 " bytes of kernel memory", bytes);
	else
		table_cell(table, COLOR_NONE, "none, since no context has needed it");
}

static void idmap_json(struct json_object *object, const char *key,
		       const void *value)
{
	json_add_u64(object, key, *(const uint64_t *)value);
}

static const struct column_type idmap = { false, idmap_text, idmap_json };

#define STATUS(member)	offsetof(struct status, member)

static const struct column properties[] = {
	{ "module", "version", NULL, &version, 0 },
	{ "back end", "backend", NULL, &backend, STATUS(module.backend) },
	{ "available", "available", NULL, &available, 0 },
	{ "features", "features", NULL, &features, STATUS(module.features) },
	{ "limits", "limits", NULL, &limits, STATUS(module.limits) },
	{ "contexts", "contexts", NULL, &contexts, STATUS(module) },
	{ "identity map", "idmap_bytes", NULL, &idmap, STATUS(module.idmap_bytes) },
	{ "events lost", "events_lost", NULL, &lost, STATUS(module.events_lost) },
	{ }
};

/* ---- JSON ---- */

static struct json_object *cpus_json(const struct status *status,
				     const struct column_choice *choice)
{
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; i < status->cpus_count; i++)
		json_object_array_add(array, column_json(choice,
							 &status->cpus[i]));
	return array;
}

static void print_json(const struct status *status,
		       const struct column_choice *choice)
{
	struct json_object *object = json_object_new_object();

	json_add(object, "module", column_properties_json(properties, status));
	json_add(object, "policy", policy_json(&status->policy));
	json_add(object, "cpus", cpus_json(status, choice));
	json_print(object);
}

/* ---- text ---- */

static void print_policy(const struct nl_policy *policy)
{
	static const struct heading headings[] = { LEFT("POLICY"), LEFT("VALUE") };
	struct table *table = table_new(headings, ARRAY_SIZE(headings));
	const struct policy_key *key;
	size_t i;

	for (i = 0; (key = policy_key(i)); i++) {
		table_cell(table, COLOR_NONE, "%s", key->name);
		table_cell(table, COLOR_NONE, "%s", policy_key_format(key, policy));
	}
	table_print(table);
}

static void print_cpus(const struct status *status,
		       const struct column_choice *choice)
{
	struct table *table = column_table(choice);
	size_t i;

	for (i = 0; i < status->cpus_count; i++)
		column_row(table, choice, &status->cpus[i]);
	table_print(table);
}

static void print_text(const struct status *status,
		       const struct column_choice *choice)
{
	table_print(column_properties(properties, status));
	putchar('\n');
	print_policy(&status->policy);
	putchar('\n');
	print_cpus(status, choice);
}

/* ---- command line ---- */

static const struct option longs[] = {
	{ "columns",	required_argument,	NULL, 'o' },
	{ "noheadings",	no_argument,		NULL, 'n' },
	{ }
};

static void print(const struct status *status,
		  const struct column_choice *choice, bool cpus_only)
{
	if (options.json && cpus_only)
		json_print(cpus_json(status, choice));
	else if (options.json)
		print_json(status, choice);
	else if (cpus_only)
		print_cpus(status, choice);
	else
		print_text(status, choice);
}

static int run(int argc, char **argv)
{
	struct column_choice choice = { };
	struct status status = { };
	const char *names = NULL;
	int c;

	while ((c = cli_option(argc, argv, "no:", longs)) != -1) {
		if (c == '?')
			return EXIT_USAGE;
		if (c == 'n')
			choice.no_headings = true;
		else
			names = optarg;
	}
	if (optind < argc)
		return usage_error("there is one argument too many: '%s'",
				   argv[optind]);
	if (!column_choose(&choice, &cpu_view, options.json, names))
		return EXIT_USAGE;
	if (!get_status(&status))
		return failure("cannot get the status: %s", nl_error());
	print(&status, &choice, names || choice.no_headings);
	free(status.cpus);
	return flush_output();
}

const struct command status_command = {
	.name = "status",
	.usage = "[OPTION]...",
	.summary = "show the module, the policy and the CPUs",
	.help =
	COLUMN_HELP "\n"
	"  -n, --noheadings       print no line of headings\n"
	"\n"
	"With one of these options, only the table of CPUs is printed.",
	.columns = cpu_columns,
	.run = run,
};
