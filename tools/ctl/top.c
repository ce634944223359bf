// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl top: what contexts do now, again and again.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/duration.h"
#include "common/number.h"
#include "cli.h"
#include "context_column.h"
#include "error.h"
#include "filter.h"
#include "json.h"
#include "table.h"
#include "top_screen.h"
#include "top_state.h"

#define DEFAULT_DELAY_NS	UINT64_C(2000000000)

static const struct column_view view = {
	.all = context_columns,
	.text = "ID,TID,USER,CPU,STATE,GUEST,EXITS/s,NATIVE/s,PASSED/s,TICKS/s,AGE,COMMAND",
	.json = "ID,PID,TID,USER,COMMAND,CPU,STATE,AGE,GUEST,EXITS/s,NATIVE/s,PASSED/s,TICKS/s,RINGS/s",
};

/* ---- without a terminal ---- */

static void print_text(const struct top *top)
{
	top_write_summary(top, stdout);
	table_print(top_table(top, SIZE_MAX));
}

static void print_json(const struct top *top)
{
	struct json_object *object = json_object_new_object();
	struct json_object *contexts = json_object_new_array();
	size_t i;

	json_add_text(object, "time", top_time());
	for (i = 0; i < top->now.count; i++)
		json_object_array_add(contexts, column_json(&top->choice,
							    top_shown(top, i)));
	json_add(object, "contexts", contexts);
	json_print_line(object);
}

static int run_batch(struct top *top)
{
	const struct timespec delay = {
		.tv_sec = top->delay_ns / 1000000000,
		.tv_nsec = top->delay_ns % 1000000000,
	};
	int status;

	for (;;) {
		if (top_update(top))
			return failure("cannot list the contexts: %s", nl_error());
		if (options.json)
			print_json(top);
		else
			print_text(top);
		status = flush_output();
		if (status != EXIT_DONE || (top->left && !--top->left))
			return status;
		if (!options.json)
			putchar('\n');
		nanosleep(&delay, NULL);
	}
}

/* ---- command line ---- */

enum {
	OPTION_NOHEADINGS = 768,
};

static const struct top_sort *find_sort(const char *name)
{
	const struct top_sort *sort;

	for (sort = top_sorts; sort->name; sort++)
		if (!strcmp(name, sort->name))
			return sort;
	return NULL;
}

static const struct option longs[] = {
	FILTER_LONGS,
	{ "columns",	required_argument,	NULL, 'o' },
	{ "noheadings",	no_argument,		NULL, OPTION_NOHEADINGS },
	{ "batch",	no_argument,		NULL, 'b' },
	{ "count",	required_argument,	NULL, 'n' },
	{ "delay",	required_argument,	NULL, 'd' },
	{ "sort",	required_argument,	NULL, 's' },
	{ }
};

static int parse_option(struct top *top, int c, const char *value)
{
	switch (c) {
	case '?':
		return EXIT_USAGE;
	case 'b':
		top->batch = true;
		return EXIT_DONE;
	case 'n':
		if (number_parse(value, 1, UINT64_MAX, &top->left))
			return EXIT_DONE;
		return usage_error("'%s' is not a number of tables", value);
	case 'd':
		if (duration_parse(value, 1000000000, &top->delay_ns))
			return EXIT_DONE;
		return usage_error("cannot wait for '%s': that is not "
				   DURATION_EXAMPLES, value);
	case OPTION_NOHEADINGS:
		top->choice.no_headings = true;
		return EXIT_DONE;
	case 's':
		top->sort = find_sort(value);
		if (top->sort)
			return EXIT_DONE;
		return usage_error("cannot sort by '%s': that is not guest, exits, native, ticks, age or id",
				   value);
	default:
		return filter_option(&top->filter, c, value) ? EXIT_DONE :
							       EXIT_USAGE;
	}
}

static int parse(struct top *top, int argc, char **argv)
{
	const char *names = NULL;
	int c, status;

	while ((c = cli_option(argc, argv, FILTER_SHORTS "bn:d:o:s:", longs)) != -1) {
		if (c == 'o') {
			names = optarg;
			continue;
		}
		status = parse_option(top, c, optarg);
		if (status != EXIT_DONE)
			return status;
	}
	if (optind < argc)
		return usage_error("there is one argument too many: '%s'",
				   argv[optind]);
	if (options.watch_ns)
		return usage_error("top repeats without --watch; --delay sets how often");
	return column_choose(&top->choice, &view, options.json, names) ?
	       EXIT_DONE : EXIT_USAGE;
}

static int run(int argc, char **argv)
{
	struct top top = { .sort = &top_sorts[0], .delay_ns = DEFAULT_DELAY_NS };
	int status;

	status = parse(&top, argc, argv);
	if (status != EXIT_DONE)
		return status;
	/* In a pipe, top(1) does the same. */
	if (top.batch || options.json || !isatty(STDOUT_FILENO))
		status = run_batch(&top);
	else
		status = top_run_screen(&top);
	top_free(&top);
	return status;
}

const struct command top_command = {
	.name = "top",
	.usage = "[OPTION]... [FILTER]...",
	.summary = "show what contexts do now, per second",
	.help =
	"  -b, --batch            print tables one after the other; this is done in any\n"
	"                         case if standard output is not a terminal\n"
	"  -n, --count COUNT      end after COUNT tables\n"
	"  -d, --delay TIME       wait for TIME between two tables, for example 500ms; 2s\n"
	"                         if not given\n"
	"  -s, --sort KEY         sort by guest, exits, native, ticks, age or id; by guest\n"
	"                         if not given\n"
	"      --noheadings       print no line of headings\n"
	COLUMN_HELP "\n"
	"\n"
	FILTER_HELP
	"\n"
	"\n"
	"On a terminal, the last line shows the keys.  In the first table, and for a\n"
	"context that is new, rates are averages since the context was entered.  With\n"
	"--json, each table is an object on a line of its own.",
	.columns = context_columns,
	.run = run,
};
