// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctx-bench - measure what contexts cost, beside native runs.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vctx.h>

#include "common/duration.h"
#include "common/number.h"
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
	bool json;
	const char *json_path;	/* NULL: standard output */
	const char *plot_path;
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

typedef void figure_fn(const struct group *group, const struct figure *figure);

/* Call @fn for each figure that is asked for; returns how many there are. */
static size_t visit_figures(const struct measure_options *opt, figure_fn *fn)
{
	const struct figure *figure;
	const struct group *group;
	size_t count = 0;

	for (group = groups; group->name; group++) {
		for (figure = group->figures; figure->name; figure++) {
			if (!measure_wants(opt, group, figure))
				continue;
			fn(group, figure);
			count++;
		}
	}
	return count;
}

static void print_figure(const struct group *group, const struct figure *figure)
{
	printf("%-12s %s\n", group->name, figure->name);
}

static void ignore_figure(const struct group *group, const struct figure *figure)
{
	(void)group;
	(void)figure;
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
		opt->json = true;
		opt->json_path = optarg;
		return true;
	case 'P':
		opt->plot_path = optarg;
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

static bool parse(int argc, char **argv, struct options *opt)
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
	if (!visit_figures(&opt->measure, list ? print_figure : ignore_figure)) {
		say("nothing that is measured has '%s' in its name; see --list",
		    opt->measure.only);
		return false;
	}
	if (list)
		exit(flushed());
	if (!opt->measure.rounds)
		opt->measure.rounds = opt->measure.is_short ? SHORT_ROUNDS : ROUNDS;
	return true;
}

/* Errors are to be found before a long measurement; *json is set if it is asked for. */
static bool prepare(const struct options *opt, FILE **json)
{
	const char *why;

	if (vctx_in_context()) {
		say("cannot measure: the calling thread has a context already; run vctx-bench without vctx-exec");
		return false;
	}
	if (opt->json)
		*json = opt->json_path ? fopen(opt->json_path, "we") : stdout;
	if (opt->json && !*json) {
		say("cannot write the JSON to '%s': %s", opt->json_path,
		    strerror(errno));
		return false;
	}
	why = opt->plot_path ? report_can_draw(opt->plot_path) : NULL;
	if (why)
		say("cannot draw '%s': %s", opt->plot_path, why);
	return !why;
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
	int err = json ? report_write(json, report) : 0;
	const char *why;

	if (err) {
		say("cannot write the JSON to %s: %s",
		    opt->json_path ? opt->json_path : "standard output",
		    strerror(-err));
		return false;
	}
	if (json != stdout)
		report_print(stdout, report);
	if (fflush(stdout) || ferror(stdout)) {
		say("cannot write to standard output: %s", strerror(errno));
		return false;
	}
	why = opt->plot_path ? report_draw(opt->plot_path, report) : NULL;
	if (why)
		say("cannot draw '%s': %s", opt->plot_path, why);
	return !why;
}

int main(int argc, char **argv)
{
	struct options opt = { };
	struct report report = { };
	FILE *json = NULL;

	if (!parse(argc, argv, &opt) || !prepare(&opt, &json) ||
	    !measure(&opt, &report) || !show(&opt, json, &report))
		return EXIT_OURS;
	return 0;
}
