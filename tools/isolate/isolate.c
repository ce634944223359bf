// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl isolate, vctxctl release: move work off CPUs, and put it back.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/textfile.h"
#include "ctl/cli.h"
#include "ctl/error.h"
#include "cpu.h"
#include "move.h"

/* ---- hints ---- */

static void hint_siblings(struct operation *op)
{
	struct cpulist siblings, busy = { };
	unsigned int cpu;
	char *list, *text;

	for (cpu = 0; cpu < CPULIST_MAX; cpu++) {
		if (!cpulist_has(&op->report.cpus, cpu))
			continue;
		siblings = cpu_siblings(cpu);
		busy = cpulist_or(&busy, &siblings);
	}
	busy = cpulist_minus(&busy, &op->target);
	if (cpulist_empty(&busy))
		return;
	list = must(cpulist_format(&busy));
	text = xasprintf("CPU %s shares the core; isolate it as well", list);
	report_hint(&op->report, text);
	free(text);
	free(list);
}

static void add_hints(struct operation *op)
{
	long value;

	if (op->report.release)
		return;
	if (op->irqbalance)
		report_hint(&op->report,
			    "irqbalance runs and may move interrupts back; stop it, or set IRQBALANCE_BANNED_CPULIST");
	if (textfile_number("/proc/sys/kernel/timer_migration", &value) && !value)
		report_hint(&op->report,
			    "timers stay on the CPU where they were set; sysctl kernel.timer_migration=1 lets the kernel move them off idle CPUs");
	hint_siblings(op);
}

/* ---- the commands ---- */

/* EXIT_DONE, or report why these CPUs cannot be isolated now. */
static int check_isolate(const struct operation *op, const char *list)
{
	struct cpulist online = cpu_online(), rest;
	char *both;
	int status;

	rest = cpulist_and(&op->report.cpus, &op->where.state.cpus);
	if (!cpulist_empty(&rest)) {
		both = must(cpulist_format(&rest));
		status = failure("CPU %s is isolated already; 'vctxctl release %s' ends that",
				 both, both);
		free(both);
		return status;
	}
	rest = cpu_isolated_at_boot();
	rest = cpulist_or(&rest, &op->target);
	rest = cpulist_minus(&online, &rest);
	if (cpulist_empty(&rest))
		return failure("cannot isolate CPU %s: no CPU would be left for everything else; leave out at least one",
			       list);
	return EXIT_DONE;
}

static int check_release(const struct operation *op)
{
	struct cpulist rest = cpulist_minus(&op->report.cpus,
					    &op->where.state.cpus);
	char *away, *isolated;
	int status;

	if (cpulist_empty(&rest))
		return EXIT_DONE;
	away = must(cpulist_format(&rest));
	isolated = must(cpulist_format(&op->where.state.cpus));
	status = failure("CPU %s is not isolated; those that are: %s", away,
			 *isolated ? isolated : "none");
	free(away);
	free(isolated);
	return status;
}

static int change(struct operation *op, char **words)
{
	const char *verb = op->report.release ? "release" : "isolate";
	bool all = op->report.release && !strcmp(words[0], "all") && !words[1];
	int status;
	char *list;

	if (!all && !cpu_parse_words(&op->report.cpus, words, !op->report.release))
		return EXIT_USAGE;
	if (geteuid() && !op->report.dry_run)
		return failure("cannot %s CPUs: root is needed; --dry-run only prints what would be done",
			       verb);
	if (!isolation_load(&op->where.state, !op->report.dry_run))
		return EXIT_FAILED;
	if (all)
		op->report.cpus = op->where.state.cpus;
	op->target = (op->report.release ? cpulist_minus : cpulist_or)(
			&op->where.state.cpus, &op->report.cpus);

	list = must(cpulist_format(&op->report.cpus));
	status = op->report.release ? check_release(op) : check_isolate(op, list);
	free(list);
	if (status != EXIT_DONE)
		return status;
	if (!move_all(op))
		return EXIT_FAILED;
	op->report.isolated = op->report.dry_run ? op->where.state.sets[0] :
						   op->where.state.cpus;
	add_hints(op);
	report_print(&op->report);
	status = flush_output();
	if (status == EXIT_DONE && op->report.incomplete)
		status = failure("not everything could be put back, as printed above; try again, or give up on the rest with --force");
	return status;
}

static int run_isolate(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "dry-run",	no_argument,	NULL, 'n' },
		{ "verbose",	no_argument,	NULL, 'v' },
		{ }
	};
	struct operation op = { };
	int c;

	report_init(&op.report);
	while ((c = cli_option(argc, argv, "nv", longs)) != -1) {
		if (c == 'n')
			op.report.dry_run = true;
		else if (c == 'v')
			op.report.verbose = true;
		else
			return EXIT_USAGE;
	}
	if (optind == argc)
		return usage_error("which CPU is to be isolated?");
	return change(&op, argv + optind);
}

static int run_release(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "dry-run",	no_argument,	NULL, 'n' },
		{ "force",	no_argument,	NULL, 'f' },
		{ "verbose",	no_argument,	NULL, 'v' },
		{ }
	};
	struct operation op = { };
	int c;

	report_init(&op.report);
	op.report.release = true;
	while ((c = cli_option(argc, argv, "nfv", longs)) != -1) {
		if (c == 'n')
			op.report.dry_run = true;
		else if (c == 'f')
			op.force = true;
		else if (c == 'v')
			op.report.verbose = true;
		else
			return EXIT_USAGE;
	}
	if (optind == argc)
		return usage_error("which CPU is to be released?");
	return change(&op, argv + optind);
}

const struct command isolate_command = {
	.name = "isolate",
	.usage = "[OPTION]... CPU...",
	.summary = "move interrupts, threads and other work off CPUs",
	.help =
	"CPU is a number or a list such as 2-3,5.  Threads that are bound to these CPUs\n"
	"only are left there.  'vctxctl release' puts everything else back.\n"
	"\n"
	"  -n, --dry-run          only print what would be moved\n"
	"  -v, --verbose          print each thing that is moved",
	.run = run_isolate,
};

const struct command release_command = {
	.name = "release",
	.usage = "[OPTION]... CPU...|all",
	.summary = "put back what isolate has moved",
	.help =
	"CPU is a number or a list such as 2-3,5.  Things that somebody else has moved\n"
	"meanwhile are left alone.\n"
	"\n"
	"  -n, --dry-run          only print what would be put back\n"
	"  -f, --force            forget what cannot be put back\n"
	"  -v, --verbose          print each thing that is put back",
	.run = run_release,
};
