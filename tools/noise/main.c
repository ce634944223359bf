// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctx-noise - measure what interrupts a thread that computes.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vctx.h>

#include "common/cpulist.h"
#include "common/duration.h"
#include "common/number.h"
#include "common/output.h"
#include "common/say.h"
#include "measure.h"
#include "noise.h"
#include "plot.h"

#define EXIT_OURS	125	/* as vctx-exec has it */
#define DEFAULT_FIFO	50

struct options {
	struct measure_options measure;
	struct output output;
};

static void print_help(void)
{
	puts("Usage: vctx-noise [OPTION]...\n"
	     "Measure how often and for how long a thread that spins on a CPU is interrupted.\n"
	     "\n"
	     "  -m, --mode MODE        measure in this mode: native, which is the default,\n"
	     "                         context, or tickless, which is a context that holds the\n"
	     "                         scheduler tick\n"
	     "  -C, --compare          measure in all three modes in turn\n"
	     "  -d, --duration TIME    take TIME for each measurement, for example 500ms; 10s if\n"
	     "                         not given\n"
	     "  -c, --cpu N            measure on this CPU; the last one allowed if not given\n"
	     "  -b, --bound MAX        hold the tick for MAX at a time at most: 250ms, 10s,\n"
	     "                         unlimited; 1s if not given\n"
	     "  -f, --fifo[=PRIORITY]  run under SCHED_FIFO; priority 50 if not given\n"
	     "  -t, --threshold TIME   count what lasts longer than TIME, for example 1us; 8\n"
	     "                         times the median of the loop if not given\n"
	     "  -l, --label TEXT       name the measurement TEXT, not after its mode\n"
	     "      --from FILE        do not measure, show what --json has written to FILE;\n"
	     "                         may be given several times\n"
	     "      --json[=FILE]      write JSON to FILE, or to standard output in place of\n"
	     "                         the table\n"
	     "      --plot FILE        draw a picture; FILE ends in .png or .svg\n"
	     "  -h, --help             print this help and exit\n"
	     "  -V, --version          print the version and exit\n"
	     "\n"
	     "The exit status is 0, or 125 if something cannot be measured or drawn.  With\n"
	     "--compare, a mode that is not available has a row that says why.");
}

static const struct measure_mode *find_mode(const char *name)
{
	const struct measure_mode *mode;

	for (mode = measure_modes; mode->name; mode++)
		if (!strcmp(name, mode->name))
			return mode;
	return NULL;
}

static bool parse_option(int c, const char *arg, struct options *opt)
{
	uint64_t number = DEFAULT_FIFO;

	switch (c) {
	case 'm':
		opt->measure.mode = find_mode(arg);
		if (opt->measure.mode)
			return true;
		say("there is no mode '%s'; it is native, context or tickless", arg);
		return false;
	case 'd':
		if (duration_parse(arg, 1000000000, &opt->measure.duration_ns) &&
		    opt->measure.duration_ns >= 1000000)
			return true;
		say("cannot measure for '%s': that is not " DURATION_EXAMPLES
		    ", or is below 1ms", arg);
		return false;
	case 't':
		if (duration_parse(arg, 1, &opt->measure.threshold_ns))
			return true;
		say("cannot use the threshold '%s': that is not "
		    DURATION_EXAMPLES, arg);
		return false;
	case 'b':
		if (duration_parse_bound(arg, &opt->measure.bound_ns))
			return true;
		say("cannot hold the tick for '%s': that is not "
		    DURATION_EXAMPLES ", nor is it 'unlimited'", arg);
		return false;
	case 'c':
		if (number_parse(arg, 0, CPULIST_MAX - 1, &number)) {
			opt->measure.cpu = number;
			return true;
		}
		say("cannot run on CPU '%s': that is not a CPU's number", arg);
		return false;
	case 'f':
		if (!arg || number_parse(arg, 1, 99, &number)) {
			opt->measure.fifo = number;
			return true;
		}
		say("cannot use the priority '%s': that is not a number from 1 to 99",
		    arg);
		return false;
	}
	return false;
}

static const char short_options[] = "m:Cd:c:b:f::t:l:hV";

static const struct option long_options[] = {
	{ "mode",	required_argument,	NULL, 'm' },
	{ "compare",	no_argument,		NULL, 'C' },
	{ "duration",	required_argument,	NULL, 'd' },
	{ "cpu",	required_argument,	NULL, 'c' },
	{ "bound",	required_argument,	NULL, 'b' },
	{ "fifo",	optional_argument,	NULL, 'f' },
	{ "threshold",	required_argument,	NULL, 't' },
	{ "label",	required_argument,	NULL, 'l' },
	{ "from",	required_argument,	NULL, 'F' },
	{ "json",	optional_argument,	NULL, 'J' },
	{ "plot",	required_argument,	NULL, 'P' },
	{ "help",	no_argument,		NULL, 'h' },
	{ "version",	no_argument,		NULL, 'V' },
	{ }
};

static bool read_file(const char *path, struct noise **noises, size_t *count)
{
	const char *why = noise_read(path, noises, count);

	if (why)
		say("cannot read a measurement from '%s': %s", path, why);
	return !why;
}

static bool parse(int argc, char **argv, struct options *opt,
		  struct noise **noises, size_t *count)
{
	int c;

	while ((c = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		switch (c) {
		case 'C':
			opt->measure.compare = true;
			break;
		case 'l':
			opt->measure.label = optarg;
			break;
		case 'F':
			if (!read_file(optarg, noises, count))
				return false;
			break;
		case 'J':
			opt->output.json = true;
			opt->output.json_path = optarg;
			break;
		case 'P':
			opt->output.plot_path = optarg;
			break;
		case 'h':
			print_help();
			exit(fflush(stdout) ? EXIT_OURS : 0);
		case 'V':
			puts("vctx-noise " VCTX_VERSION);
			exit(fflush(stdout) ? EXIT_OURS : 0);
		case '?':
			fputs("Try 'vctx-noise --help'.\n", stderr);
			return false;
		default:
			if (!parse_option(c, optarg, opt))
				return false;
		}
	}
	if (optind < argc) {
		say("'%s' is not an option; try 'vctx-noise --help'", argv[optind]);
		return false;
	}
	if (opt->measure.compare && opt->measure.label) {
		say("--label names one measurement, --compare makes three");
		return false;
	}
	return true;
}

static bool report(const struct options *opt, FILE *json,
		   const struct noise *noises, size_t count)
{
	const char *plot = opt->output.plot_path;

	if (json && !output_wrote(&opt->output, noise_write(json, noises, count)))
		return false;
	if (json != stdout)
		noise_print(stdout, noises, count);
	return output_flush() &&
	       (!plot || output_drew(&opt->output, plot_draw(plot, noises, count)));
}

int main(int argc, char **argv)
{
	struct options opt = {
		.measure = {
			.mode = &measure_modes[0],
			.duration_ns = UINT64_C(10000000000),
			.cpu = -1,
		},
	};
	struct noise *noises = NULL;
	size_t count = 0;
	FILE *json = NULL;

	if (!parse(argc, argv, &opt, &noises, &count))
		return EXIT_OURS;
	/* Errors are to be found before a long measurement. */
	if (!output_open(&opt.output, &json) ||
	    (opt.output.plot_path &&
	     !output_drew(&opt.output, plot_check(opt.output.plot_path))))
		return EXIT_OURS;
	if (!count && !measure_all(&opt.measure, &noises, &count))
		return EXIT_OURS;
	return report(&opt, json, noises, count) ? 0 : EXIT_OURS;
}
