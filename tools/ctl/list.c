// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl list: the contexts.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "filter.h"
#include "names.h"
#include "nl.h"
#include "out.h"
#include "vctxctl.h"

static void add_context(struct table *table, const struct nl_context *context)
{
	char word[WORD_SIZE];

	table_cell(table, COLOR_NONE, "%" PRIu32, context->id);
	table_cell(table, COLOR_NONE, "%" PRIu32, context->pid);
	table_cell(table, COLOR_NONE, "%" PRIu32, context->tid);
	table_cell(table, COLOR_NONE, "%s", context_user(context->uid));
	table_cell(table, COLOR_NONE, "%" PRIu32, context->cpu);
	table_cell(table, context_state_color(context->state), "%s",
		   name_of_context_state(context->state));
	table_cell(table, COLOR_NONE, "%s", word_time(word, context->age_ns));
	table_cell(table, COLOR_NONE, "%" PRIu64, context->entries);
	table_cell(table, COLOR_NONE, "%s",
		   word_percent(word, context->guest_ns,
				context->guest_ns + context->native_ns));
	table_cell(table, COLOR_NONE, "%" PRIu64, context->ticks_held);
	table_cell(table, COLOR_NONE, "%s", context_top_native(context));
	table_cell(table, COLOR_NONE, "%s", context->comm);
}

static void print_table(const struct nl_context *contexts, size_t count)
{
	static const struct column columns[] = {
		RIGHT("ID"), RIGHT("PID"), RIGHT("TID"), LEFT("USER"),
		RIGHT("CPU"), LEFT("STATE"), RIGHT("AGE"),
		RIGHT("ENTRIES"), RIGHT("GUEST"), RIGHT("TICKS-HELD"),
		LEFT("NATIVE"), LEFT("COMMAND"),
	};
	struct table *table = table_new(columns, ARRAY_SIZE(columns));
	size_t i;

	for (i = 0; i < count; i++)
		add_context(table, &contexts[i]);
	table_print(table);
}

static void print_json(const struct nl_context *contexts, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		json_print_item(context_json(&contexts[i]), !i);
	json_print_item(NULL, !count);
}

static const struct option longs[] = {
	FILTER_LONGS,
	{ }
};

static int run(int argc, char **argv)
{
	struct nl_context filter = { };
	struct nl_context *contexts;
	size_t count;
	int c;

	while ((c = next_option(argc, argv, FILTER_SHORTS, longs)) != -1)
		if (c == '?' || !filter_option(&filter, c, optarg))
			return EXIT_USAGE;
	if (optind < argc)
		return usage_error("'%s' is too much", argv[optind]);
	if (nl_contexts(&filter, &contexts, &count))
		return failure("cannot list the contexts: %s", nl_error());
	if (options.json)
		print_json(contexts, count);
	else
		print_table(contexts, count);
	free(contexts);
	return out_flush();
}

const struct command list_command = {
	.name = "list",
	.usage = "[FILTER]...",
	.summary = "the contexts, or those that fit each filter",
	.help =
	FILTER_HELP
	"\n"
	"\n"
	"GUEST is the part of its age that a context was in guest mode, NATIVE the most\n"
	"frequent reason for which it was not.  --json tells all.",
	.run = run,
};
