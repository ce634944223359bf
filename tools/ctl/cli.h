/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line: options of all commands, and those of one.
 */
#ifndef CLI_H
#define CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "command.h"

/* Options of all commands, before the command's name or after it. */
extern struct options {
	bool json;		/* --json */
	uint64_t watch_ns;	/* --watch; 0: the command runs once */
} options;

/*
 * Parse the options before the command.  Returns false if they are wrong, which
 * has been reported then.
 */
bool cli_begin(int argc, char **argv);

/* From here on, options are those of @command, too. */
void cli_set_command(const struct command *command);

/*
 * getopt_long() with the options of all commands added, which this handles
 * itself, like --help; @longs may be NULL.  When it has returned -1, optind is
 * the index of the first argument.  When it returns '?', the error has been
 * reported: return EXIT_USAGE.
 */
int cli_option(int argc, char **argv, const char *shorts,
	       const struct option *longs);

#endif /* CLI_H */
