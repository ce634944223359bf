// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctx-bench - measure what contexts cost, beside native runs.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vctx.h>

#include "common/duration.h"
#include "common/number.h"
#include "common/output.h"
#include "common/say.h"
#include "machine.h"
#include "measure.h"

#define EXIT_OURS	125	/* as vctx-exec has it */

#define ROUNDS		15
#define SHORT_ROUNDS	7
#define MOST_ROUNDS	1000
#define RUNS		301
#define SHORT_RUNS	21
#define SHORT_BYTES	(64U << 20)

struct options {
	struct measure_options measure;
	struct output output;
};

static void print_help(void)
{
	unsigned int i;

	puts("Usage: vctx-bench [OPTION]...\n"
	     "Measure what contexts cost by themselves (overhead), those who share a CPU with\n"
	     "them (management) and those who share data with them (sharing); and run the\n"
	     "benchmarks of others that are installed (external).\n"
	     "\n"
	     "  -s, --short            measure less often, and leave out what takes long\n"
	     "  -g, --group GROUP      measure this group only\n"
	     "  -o, --only TEXT        measure only what has TEXT in its name\n"
	     "  -n, --samples N        take N samples of each figure in each mode, at least 6;\n"
	     "                         15 if not given, and 7 with --short\n"
	     "      --plant TIME       make each step in the column 'again' longer by TIME, to\n"
	     "                         see that such a difference is seen\n"
	     "  -l, --list             print the names of what is measured, and exit\n"
	     "      --json[=FILE]      write JSON to FILE, or to standard output in place of\n"
	     "                         the table\n"
	     "      --plot FILE        draw a picture; FILE ends in .png or .svg\n"
	     "  -h, --help             print this help and exit\n"
	     "  -V, --version          print the version and exit\n"
	     "\n"
	     "Each figure is measured in these modes in turn:\n");
	for (i = 0; i < COLUMNS; i++)
		printf("  %-10s %s\n", columns[i].name, columns[i].help);
	puts("\nThe exit status is 0, or 125 if nothing can be measured, written or drawn.  A\n"
	     "figure that cannot be measured in a mode has a line that says why.");
}

static const char short_options[] = "sg:o:n:lhV";

static const struct option long_options[] = {
	{ "short",	no_argument,		NULL, 's' },
	{ "group",	required_argument,	NULL, 'g' },
	{ "only",	required_argument,	NULL, 'o' },
	{ "samples",	required_argument,	NULL, 'n' },
	{ "plant",	required_argument,	NULL, 'D' },
	{ "list",	no_argument,		NULL, 'l' },
	{ "json",	optional_argument,	NULL, 'J' },
	{ "plot",	required_argument,	NULL, 'P' },
	{ "help",	no_argument,		NULL, 'h' },
	{ "version",	no_argument,		NULL, 'V' },
	{ }
};

static bool parse_group(const char *arg, struct options *opt)
{
	const struct group *group;

	opt->measure.group = arg;
	for (group = groups; group->name; group++)
		if (!strcmp(arg, group->name))
			return true;
	say("there is no group '%s'; it is overhead, management, sharing or external",
	    arg);
	return false;
}

static bool parse_samples(const char *arg, struct options *opt)
{
	uint64_t number;

	if (number_parse(arg, INTERVAL_LEAST, MOST_ROUNDS, &number)) {
		opt->measure.rounds = number;
		return true;
	}
	say("cannot take '%s' samples: that is not a number from %d to %d", arg,
	    INTERVAL_LEAST, MOST_ROUNDS);
	return false;
}

static bool parse_plant(const char *arg, struct options *opt)
{
	if (duration_parse(arg, 1, &opt->measure.plant_ns))
		return true;
	say("cannot make a step longer by '%s': that is not " DURATION_EXAMPLES,
	    arg);
	return false;
}

static void print_figures(const struct report *report)
{
	size_t i;

	for (i = 0; i < report->count; i++)
		printf("%-12s %s\n", report->rows[i].group->name,
		       report->rows[i].figure->name);
}

static int flushed(void)
{
	return fflush(stdout) ? EXIT_OURS : 0;
}

static bool parse_option(int c, struct options *opt, bool *list)
{
	switch (c) {
	case 's':
		opt->measure.is_short = true;
		return true;
	case 'g':
		return parse_group(optarg, opt);
	case 'o':
		opt->measure.only = optarg;
		return true;
	case 'n':
		return parse_samples(optarg, opt);
	case 'D':
		return parse_plant(optarg, opt);
	case 'l':
		*list = true;
		return true;
	case 'J':
		opt->output.json = true;
		opt->output.json_path = optarg;
		return true;
	case 'P':
		opt->output.plot_path = optarg;
		return true;
	case 'h':
		print_help();
		exit(flushed());
	case 'V':
		puts("vctx-bench " VCTX_VERSION);
		exit(flushed());
	default:
		fputs("Try 'vctx-bench --help'.\n", stderr);
		return false;
	}
}

static bool parse(int argc, char **argv, struct options *opt, struct report *report)
{
	bool list = false;
	int c;

	while ((c = getopt_long(argc, argv, short_options, long_options, NULL)) != -1)
		if (!parse_option(c, opt, &list))
			return false;
	if (optind < argc) {
		say("'%s' is not an option; try 'vctx-bench --help'", argv[optind]);
		return false;
	}
	measure_list(&opt->measure, report);
	if (!report->count) {
		say("nothing that is measured has '%s' in its name; see --list",
		    opt->measure.only);
		return false;
	}
	if (list) {
		print_figures(report);
		exit(flushed());
	}
	if (!opt->measure.rounds)
		opt->measure.rounds = opt->measure.is_short ? SHORT_ROUNDS : ROUNDS;
	return true;
}

/* Errors are to be found before a long measurement; *json is set if it is asked for. */
static bool prepare(const struct options *opt, FILE **json)
{
	const char *plot = opt->output.plot_path;

	if (vctx_in_context()) {
		say("cannot measure: the calling thread has a context already; run vctx-bench without vctx-exec");
		return false;
	}
	return output_open(&opt->output, json) &&
	       (!plot || output_drew(&opt->output, report_can_draw(plot)));
}

static bool measure(const struct options *opt, struct report *report)
{
	struct conditions *conditions = &report->conditions;
	const char *why = machine_conditions(conditions);

	if (why) {
		say("cannot measure: %s", why);
		return false;
	}
	conditions->runs = opt->measure.is_short ? SHORT_RUNS : RUNS;
	if (opt->measure.is_short && conditions->bytes > SHORT_BYTES)
		conditions->bytes = SHORT_BYTES;
	report->machine = machine_look();
	measure_all(&opt->measure, report);
	return true;
}

static bool show(const struct options *opt, FILE *json, const struct report *report)
{
	const char *plot = opt->output.plot_path;

	if (json && !output_wrote(&opt->output, report_write(json, report)))
		return false;
	if (json != stdout)
		report_print(stdout, report);
	return output_flush() &&
	       (!plot || output_drew(&opt->output, report_draw(plot, report)));
}

int main(int argc, char **argv)
{
	struct options opt = { };
	struct report report = { };
	FILE *json = NULL;

	if (!parse(argc, argv, &opt, &report) || !prepare(&opt, &json) ||
	    !measure(&opt, &report) || !show(&opt, json, &report))
		return EXIT_OURS;
	return 0;
}
