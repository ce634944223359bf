// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl list: the contexts.
 */
#include <stdlib.h>

#include "cli.h"
#include "context_column.h"
#include "error.h"
#include "filter.h"
#include "json.h"
#include "nl.h"
#include "sample.h"
#include "table.h"

static const struct column_view view = {
	.all = context_columns,
	.text = "ID,PID,TID,USER,CPU,STATE,AGE,ENTRIES,GUEST,TICKS-HELD,NATIVE,COMMAND",
	.json = CONTEXT_DOCUMENT,
};

static void print_table(const struct column_choice *choice,
			const struct nl_context *contexts, size_t count)
{
	struct table *table = column_table(choice);
	size_t i;

	for (i = 0; i < count; i++) {
		struct activity activity = sample_context(&contexts[i]);

		column_row(table, choice, &activity);
	}
	table_print(table);
}

static void print_json(const struct column_choice *choice,
		       const struct nl_context *contexts, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct activity activity = sample_context(&contexts[i]);

		json_print_item(column_json(choice, &activity), !i);
	}
	json_print_item(NULL, !count);
}

static const struct option longs[] = {
	FILTER_LONGS,
	{ "columns",	required_argument,	NULL, 'o' },
	{ "noheadings",	no_argument,		NULL, 'n' },
	{ }
};

static int parse(int argc, char **argv, struct nl_context *filter,
		 struct column_choice *choice)
{
	const char *names = NULL;
	int c;

	while ((c = cli_option(argc, argv, FILTER_SHORTS "no:", longs)) != -1) {
		if (c == 'o')
			names = optarg;
		else if (c == 'n')
			choice->no_headings = true;
		else if (c == '?' || !filter_option(filter, c, optarg))
			return EXIT_USAGE;
	}
	if (optind < argc)
		return usage_error("there is one argument too many: '%s'",
				   argv[optind]);
	return column_choose(choice, &view, options.json, names) ? EXIT_DONE :
								   EXIT_USAGE;
}

static int run(int argc, char **argv)
{
	struct column_choice choice = { };
	struct nl_context filter = { };
	struct nl_context *contexts;
	size_t count;
	int status;

	status = parse(argc, argv, &filter, &choice);
	if (status != EXIT_DONE)
		return status;
	if (nl_contexts(&filter, &contexts, &count))
		return failure("cannot list the contexts: %s", nl_error());
	if (options.json)
		print_json(&choice, contexts, count);
	else
		print_table(&choice, contexts, count);
	free(contexts);
	return flush_output();
}

const struct command list_command = {
	.name = "list",
	.usage = "[OPTION]... [FILTER]...",
	.summary = "list the contexts, or those that match all filters",
	.help =
	COLUMN_HELP "\n"
	"  -n, --noheadings       print no line of headings\n"
	"\n"
	FILTER_HELP,
	.columns = context_columns,
	.run = run,
};
