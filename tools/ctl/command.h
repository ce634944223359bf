/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each command of vctxctl has.
 */
#ifndef COMMAND_H
#define COMMAND_H

struct column;

/*
 * @name:	"list"
 * @usage:	what follows the name: "[OPTION]... ID"
 * @summary:	one line for the list of commands
 * @help:	lines on options and arguments, without a new line at their end, or
 *		NULL
 * @columns:	what --columns may name, or NULL; the last one has no name
 * @run:	returns an exit status; argv[0] is the name.  It calls cli_option()
 *		until that returns -1, even if it has no options of its own
 */
struct command {
	const char *name;
	const char *usage;
	const char *summary;
	const char *help;
	const struct column *columns;
	int (*run)(int argc, char **argv);
};

/* Each is in a file of its name; the table is in main.c. */
extern const struct command status_command;
extern const struct command list_command;
extern const struct command show_command;
extern const struct command top_command;
extern const struct command monitor_command;
extern const struct command policy_command;
extern const struct command evict_command;
extern const struct command isolate_command, release_command;	/* isolate.c */
extern const struct command doctor_command;

#endif /* COMMAND_H */
