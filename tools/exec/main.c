// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctx-exec - run a command, and what it starts, in contexts.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <vctx.h>

#include "common/array.h"
#include "common/cpulist.h"
#include "common/duration.h"
#include "common/say.h"
#include "enter.h"
#include "wait.h"

#define DEVICE		"/dev/vcontext"

static void print_plan(const struct options *opt, int fd)
{
	static const char *const backends[] = {
		[VCTX_BACKEND_NONE] = "none",
		[VCTX_BACKEND_VMX] = "vmx",
		[VCTX_BACKEND_SVM] = "svm",
	};
	struct vctx_info info = { .size = sizeof(info) };

	if (fd >= 0 && !ioctl(fd, VCTX_IOC_INFO, &info))
		say("back end %s, ABI version %u",
		    info.backend < ARRAY_SIZE(backends) ?
		    backends[info.backend] : "unknown", info.abi_version);
	say("flags: keep-exec%s%s%s%s%s", opt->inherit ? ", inherit" : "",
	    opt->strict ? ", strict" : "", opt->tickless ? ", tickless" : "",
	    opt->nested ? ", nested" : "", opt->eager ? "" : ", adaptive");
	if (opt->cpus)
		say("CPUs: %s", opt->cpus);
}

/* ---- command line ---- */

static void print_help(void)
{
	puts("Usage: vctx-exec [OPTION]... [--] COMMAND [ARG]...\n"
	     "Run COMMAND, and everything that it starts, in contexts: their user mode runs in\n"
	     "the processor's guest mode while they compute, and nothing else changes.\n"
	     "\n"
	     "  -s, --strict         fail, without running COMMAND, if no context can be had\n"
	     "  -n, --no-inherit     give a context to COMMAND itself only, not to its threads\n"
	     "                       and children\n"
	     "  -e, --eager          run all user mode in guest mode, also that of threads that\n"
	     "                       make system calls and faults all the time\n"
	     "  -c, --cpu LIST       run on these CPUs only, for example 0-3,5\n"
	     "      --tickless[=MAX] hold the scheduler tick while a thread is alone on its\n"
	     "                       CPU, for MAX at a time at most: 250ms, 10s, unlimited;\n"
	     "                       1s if not given; this needs CAP_SYS_NICE\n"
	     "      --nested         have nested paging, whatever the policy says\n"
	     "      --stats[=FILE]   write statistics as JSON to standard error, or to FILE,\n"
	     "                       when COMMAND has ended\n"
	     "  -v, --verbose        print what is done, and a summary at the end\n"
	     "  -h, --help           print this help and exit\n"
	     "  -V, --version        print the version and exit\n"
	     "\n"
	     "If no context can be had, COMMAND runs natively, and standard error says why.  If\n"
	     "the tick cannot be held, COMMAND runs in contexts that do not hold it.\n"
	     "\n"
	     "The exit status is 125 if vctx-exec itself fails, 126 if COMMAND is found but\n"
	     "cannot be run, 127 if it is not found, and that of COMMAND otherwise.");
}

static bool parse(int argc, char **argv, struct options *opt)
{
	static const struct option longs[] = {
		{ "strict",	no_argument,		NULL, 's' },
		{ "no-inherit",	no_argument,		NULL, 'n' },
		{ "eager",	no_argument,		NULL, 'e' },
		{ "cpu",	required_argument,	NULL, 'c' },
		{ "tickless",	optional_argument,	NULL, 't' },
		{ "nested",	no_argument,		NULL, 'N' },
		{ "stats",	optional_argument,	NULL, 'S' },
		{ "verbose",	no_argument,		NULL, 'v' },
		{ "help",	no_argument,		NULL, 'h' },
		{ "version",	no_argument,		NULL, 'V' },
		{ }
	};
	int c;

	/* "+": the first word that is not an option begins the command. */
	while ((c = getopt_long(argc, argv, "+snec:vhV", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			opt->strict = true;
			break;
		case 'n':
			opt->inherit = false;
			break;
		case 'e':
			opt->eager = true;
			break;
		case 'c':
			opt->cpus = optarg;
			break;
		case 't':
			opt->tickless = true;
			opt->tick_bound_ns = 0;
			if (!optarg ||
			    duration_parse_bound(optarg, &opt->tick_bound_ns))
				break;
			say("cannot hold the tick for '%s': that is not "
			    DURATION_EXAMPLES ", nor is it 'unlimited'", optarg);
			return false;
		case 'N':
			opt->nested = true;
			break;
		case 'S':
			opt->stats = true;
			opt->stats_path = optarg;
			break;
		case 'v':
			opt->verbose = true;
			break;
		case 'h':
			print_help();
			exit(fflush(stdout) ? EXIT_OURS : 0);
		case 'V':
			puts("vctx-exec " VCTX_VERSION);
			exit(fflush(stdout) ? EXIT_OURS : 0);
		default:
			fputs("Try 'vctx-exec --help'.\n", stderr);
			return false;
		}
	}
	if (optind == argc) {
		say("no command given; try 'vctx-exec --help'");
		return false;
	}
	opt->command = argv + optind;
	return true;
}

int main(int argc, char **argv)
{
	struct options opt = { .inherit = true };
	struct outcome outcome;
	FILE *out = stderr;
	int fd;

	if (!parse(argc, argv, &opt))
		return EXIT_OURS;

	if (opt.cpus) {
		const char *why = cpulist_pin(opt.cpus);

		if (why) {
			say("cannot run on CPUs '%s': %s", opt.cpus, why);
			return EXIT_OURS;
		}
	}
	if (opt.stats_path) {
		out = fopen(opt.stats_path, "we");
		if (!out) {
			say("cannot write the statistics to '%s': %s",
			    opt.stats_path, strerror(errno));
			return EXIT_OURS;
		}
	}

	fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (opt.verbose)
		print_plan(&opt, fd);

	if (options_report(&opt))
		return wait_and_report(&opt, fd, out);
	enter_and_exec(&opt, fd, &outcome);
}
