/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each command of vctxctl has, and what all have in common.
 */
#ifndef VCTXCTL_H
#define VCTXCTL_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/say.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Exit statuses, as in vctxctl(8). */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,	/* it could not be done, standard error says why */
	EXIT_USAGE = 2,		/* the command line is wrong */
};

/*
 * @name:	"list"
 * @usage:	what follows the name: "[OPTION]... ID"
 * @summary:	one line, for the list of commands
 * @help:	lines on options and arguments, without a new line at their end, or
 *		NULL
 * @run:	returns an exit status; argv[0] is the name.  Calls next_option()
 *		until it returns -1, also if it has no options of its own
 */
struct command {
	const char *name;
	const char *usage;
	const char *summary;
	const char *help;
	int (*run)(int argc, char **argv);
};

/* One per file of that name; the table is in main.c. */
extern const struct command status_command;
extern const struct command list_command;
extern const struct command show_command;
extern const struct command top_command;
extern const struct command monitor_command;
extern const struct command policy_command;
extern const struct command evict_command;
extern const struct command isolate_command, release_command;	/* isolate.c */
extern const struct command doctor_command;

/* Options of all commands, before the command's name or after it. */
extern struct options {
	bool json;		/* --json */
	uint64_t watch_ns;	/* --watch, 0 is once */
} options;

/*
 * getopt_long() with the options of all commands added, which it deals with
 * itself, as it does with --help; @longs may be NULL.  Arguments are where optind
 * points when it has returned -1.  With '?', the error has been reported: return
 * EXIT_USAGE.
 */
int next_option(int argc, char **argv, const char *shorts,
		const struct option *longs);

/* Report on standard error what is wrong with the command line: EXIT_USAGE. */
int usage_error(const char *format, ...)
	__attribute__((__format__(printf, 1, 2)));

/*
 * Report "vctxctl: cannot ...: why; what helps" (it begins with the text given) on
 * standard error: EXIT_FAILED.
 */
int failure(const char *format, ...)
	__attribute__((__format__(printf, 1, 2)));

/* Whether @text is a whole number from @least to @most. */
bool parse_number(const char *text, uint64_t least, uint64_t most,
		  uint64_t *value);

#endif /* VCTXCTL_H */
