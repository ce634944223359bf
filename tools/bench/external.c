// SPDX-License-Identifier: GPL-2.0-only
/*
 * Benchmarks of others, if they are installed, and what vctxctl knows.
 */
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "group.h"

/*
 * @command:	for the shell
 * @pattern:	of its output; the first group is the figure
 * @scale:	its unit, in nanoseconds, or in the figure's own unit
 */
struct command {
	const char *command;
	const char *pattern;
	double scale;
};

/* All that the command writes, up to some size. */
static void read_all(struct sample *sample, const struct command *command,
		     char *text, size_t size)
{
	FILE *out = popen(command->command, "r");
	size_t length;
	int status;

	if (!out)
		sample_give_up(sample, "cannot run it: %s", strerror(errno));
	length = fread(text, 1, size - 1, out);
	text[length] = '\0';
	status = pclose(out);
	if (status == 127 << 8)
		sample_give_up(sample, "%.*s is not installed",
			       (int)strcspn(command->command, " "),
			       command->command);
	if (status)
		sample_give_up(sample, "'%s' failed", command->command);
}

static double find(struct sample *sample, const char *text, const char *pattern)
{
	regmatch_t match[2];
	regex_t regex;

	if (regcomp(&regex, pattern, REG_EXTENDED) ||
	    regexec(&regex, text, 2, match, 0))
		sample_give_up(sample, "its output has no figure");
	return strtod(text + match[1].rm_so, NULL);
}

static void run_command(struct sample *sample)
{
	const struct command *command = sample->figure->arg;
	char text[8192];
	double value;

	/* The command inherits the context, and keeps it when it is executed. */
	if (!(sample->figure->flags & FIGURE_CONTEXT))
		sample_enter(sample, sample->self);
	read_all(sample, command, text, sizeof(text));
	value = find(sample, text, command->pattern) * command->scale;
	sample->value = sample->figure->unit == UNIT_TIME ?
			sample_ticks(sample, value) : value;
}

#define COMMAND(...)	(&(const struct command){ __VA_ARGS__ })

const struct figure external_figures[] = {
	{ "memory of a context", .unit = UNIT_BYTES, .flags = FIGURE_CONTEXT, .run = run_command,
	  .arg = COMMAND("vctxctl status --json 2>/dev/null", "\"context_bytes\": *([0-9]+)", 1) },
	{ "perf bench syscall basic", .flags = FIGURE_LONG, .run = run_command,
	  .arg = COMMAND("perf bench syscall basic -l 100000 2>&1", "([0-9.]+) usecs/op", 1e3) },
	{ "perf bench sched pipe", .flags = FIGURE_LONG, .run = run_command,
	  .arg = COMMAND("perf bench sched pipe -l 10000 2>&1", "([0-9.]+) usecs/op", 1e3) },
	{ "perf bench sched messaging", .flags = FIGURE_LONG, .run = run_command,
	  .arg = COMMAND("perf bench sched messaging -g 2 -l 50 2>&1", "Total time: *([0-9.]+)", 1e9) },
	{ "hackbench", .flags = FIGURE_LONG, .run = run_command,
	  .arg = COMMAND("hackbench -g 2 -l 50 2>&1", "Time: *([0-9.]+)", 1e9) },
	{ "cyclictest, average", .flags = FIGURE_LONG, .run = run_command,
	  .arg = COMMAND("cyclictest -q -t1 -i 1000 -l 200 2>&1", "Avg: *([0-9]+)", 1e3) },
	{ }
};
