// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl show: all about one context.
 */
#include <inttypes.h>
#include <limits.h>
#include <vctx.h>

#include "common/array.h"
#include "common/number.h"
#include "cli.h"
#include "context_column.h"
#include "error.h"
#include "json.h"
#include "names.h"
#include "nl.h"
#include "sample.h"
#include "table.h"
#include "user.h"
#include "word.h"

static void add_flags(struct table *table, uint64_t flags)
{
	struct json_object *names = names_of_flags(flags);
	char text[256];

	table_cell(table, COLOR_HEAD, "flags");
	table_cell(table, COLOR_NONE, "%s", json_names(names, ", ", text, sizeof(text)));
	json_object_put(names);
}

static void add_tick(struct table *table, const struct nl_context *context)
{
	char word[WORD_SIZE];

	table_cell(table, COLOR_HEAD, "tick");
	if (!(context->has & NL_BIT(VCTX_A_CONTEXT_TICK_BOUND_NS)))
		table_cell(table, COLOR_NONE, "not to be held");
	else
		table_cell(table, context->tick_held ? COLOR_GOOD : COLOR_NONE,
			   "%s, for %s at a time at most",
			   context->tick_held ? "held" : "not held now",
			   context->tick_bound_ns == VCTX_UNLIMITED ?
			   "any time" : word_time(word, context->tick_bound_ns));
	table_cell(table, COLOR_HEAD, "ticks held");
	table_cell(table, COLOR_NONE, "%" PRIu64, context->ticks_held);
	table_cell(table, COLOR_HEAD, "longest hold");
	table_cell(table, COLOR_NONE, "%s", context->longest_ns ?
		   word_time(word, context->longest_ns) : "none");
}

static void add_bell(struct table *table, const struct nl_context *context)
{
	const uint64_t *bell = context->bell;

	table_cell(table, COLOR_HEAD, "bell");
	if (!(context->has & NL_BIT(VCTX_A_CONTEXT_BELL)))
		table_cell(table, COLOR_NONE, "none");
	else
		table_cell(table, COLOR_NONE,
			   "%" PRIu64 " rings, %" PRIu64 " of them merged; %" PRIu64 " kicks, %" PRIu64 " deliveries",
			   bell[VCTX_BELL_COUNT_RUNG], bell[VCTX_BELL_COUNT_MERGED],
			   bell[VCTX_BELL_COUNT_KICKED], bell[VCTX_BELL_COUNT_DELIVERED]);
}

static void print_properties(const struct nl_context *context)
{
	static const struct heading headings[] = { LEFT(NULL), LEFT(NULL) };
	struct table *table = table_new(headings, ARRAY_SIZE(headings));
	uint64_t age_ns = context->guest_ns + context->native_ns;
	char word[WORD_SIZE], percent[WORD_SIZE];

	table_cell(table, COLOR_HEAD, "context");
	table_cell(table, COLOR_NONE, "%" PRIu32, context->id);
	table_cell(table, COLOR_HEAD, "command");
	table_cell(table, COLOR_NONE, "%s", context->comm);
	table_cell(table, COLOR_HEAD, "thread");
	table_cell(table, COLOR_NONE, "%" PRIu32 " of process %" PRIu32,
		   context->tid, context->pid);
	table_cell(table, COLOR_HEAD, "user");
	table_cell(table, COLOR_NONE, "%s (%" PRIu32 ")",
		   user_name(context->uid), context->uid);
	table_cell(table, COLOR_HEAD, "CPU");
	table_cell(table, COLOR_NONE, "%" PRIu32, context->cpu);
	table_cell(table, COLOR_HEAD, "state");
	table_cell(table, context_state_color(context->state), "%s",
		   name_of_context_state(context->state));
	add_flags(table, context->flags);
	table_cell(table, COLOR_HEAD, "paging");
	table_cell(table, COLOR_NONE, "%s",
		   context->has & NL_BIT(VCTX_A_CONTEXT_PAGING) ?
		   name_of_paging(context->paging) : "unknown");
	table_cell(table, COLOR_HEAD, "age");
	table_cell(table, COLOR_NONE, "%s", word_time(word, context->age_ns));
	table_cell(table, COLOR_HEAD, "guest time");
	table_cell(table, COLOR_NONE, "%s, %s",
		   word_time(word, context->guest_ns),
		   word_percent(percent, context->guest_ns, age_ns));
	table_cell(table, COLOR_HEAD, "native time");
	table_cell(table, COLOR_NONE, "%s, %s",
		   word_time(word, context->native_ns),
		   word_percent(percent, context->native_ns, age_ns));
	table_cell(table, COLOR_HEAD, "fell back");
	table_cell(table, COLOR_NONE, "%s",
		   context->has & NL_BIT(VCTX_A_CONTEXT_FELL_BACK) ?
		   name_of_native(context->fell_back) : "never");
	table_cell(table, COLOR_HEAD, "entries");
	table_cell(table, COLOR_NONE, "%" PRIu64, context->entries);
	table_cell(table, COLOR_HEAD, "TLB flushes");
	table_cell(table, COLOR_NONE, "%" PRIu64, context->tlb_flushes);
	add_tick(table, context);
	add_bell(table, context);
	table_print(table);
}

/* Counters that are 0 are left out. */
static void print_counters(const char *what, const uint64_t *counters,
			   size_t count, const char *(*name)(unsigned int))
{
	struct heading headings[] = { LEFT(what), RIGHT("COUNT"), RIGHT("PART") };
	struct table *table = table_new(headings, ARRAY_SIZE(headings));
	char word[WORD_SIZE];
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < count; i++)
		sum += counters[i];
	for (i = 0; i < count; i++) {
		if (!counters[i])
			continue;
		table_cell(table, COLOR_NONE, "%s", name(i) ? name(i) : "unknown");
		table_cell(table, COLOR_NONE, "%" PRIu64, counters[i]);
		table_cell(table, COLOR_NONE, "%s",
			   word_percent(word, counters[i], sum));
	}
	putchar('\n');
	table_print(table);
}

static void print_context(const struct nl_context *context)
{
	print_properties(context);
	print_counters("EXIT", context->exits, VCTX_MAX_EXITS, vctx_exit_name);
	print_counters("NATIVE", context->native, VCTX_MAX_NATIVE,
		       vctx_native_name);
	if (context->has & NL_BIT(VCTX_A_CONTEXT_TICK_BOUND_NS))
		print_counters("INTERRUPTION WHILE HELD", context->held,
			       VCTX_MAX_HELD, vctx_held_name);
}

static void print_json(const struct nl_context *context)
{
	static const struct column_view view = {
		.all = context_columns,
		.json = CONTEXT_DOCUMENT,
	};
	struct activity activity = sample_context(context);
	struct column_choice choice;

	column_choose(&choice, &view, true, NULL);
	json_print(column_json(&choice, &activity));
}

static const struct option longs[] = {
	{ "tid",	required_argument,	NULL, 't' },
	{ }
};

static int parse(int argc, char **argv, struct nl_context *context)
{
	const char *tid = NULL;
	uint64_t number;
	int c;

	while ((c = cli_option(argc, argv, "t:", longs)) != -1) {
		if (c == '?')
			return EXIT_USAGE;
		tid = optarg;
	}
	if (argc - optind != (tid ? 0 : 1))
		return usage_error("give the ID of one context, or --tid");
	if (!number_parse(tid ? tid : argv[optind], 1, INT_MAX, &number))
		return usage_error("'%s' is not the %s", tid ? tid : argv[optind],
				   tid ? "number of a thread" :
				   "ID of a context");
	context->id = number;
	context->tid = number;
	context->has = NL_BIT(tid ? VCTX_A_CONTEXT_TID : VCTX_A_CONTEXT_ID);
	return EXIT_DONE;
}

static int run(int argc, char **argv)
{
	struct nl_context context = { };
	uint32_t number;
	bool by_tid;
	int status;

	status = parse(argc, argv, &context);
	if (status != EXIT_DONE)
		return status;
	number = context.id;
	by_tid = context.has & NL_BIT(VCTX_A_CONTEXT_TID);
	if (nl_context_get(&context))
		return failure("cannot show %s %" PRIu32 ": %s",
			       by_tid ? "the context of thread" : "context",
			       number, nl_error());
	if (options.json)
		print_json(&context);
	else
		print_context(&context);
	return flush_output();
}

const struct command show_command = {
	.name = "show",
	.usage = "ID | --tid TID",
	.summary = "show all about one context, its exits and native returns",
	.help =
	"  -t, --tid TID          show the context of this thread",
	.run = run,
};
