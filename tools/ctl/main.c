// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl - show, limit, watch and evict the contexts of a machine.
 */
#include <locale.h>
#include <string.h>
#include <time.h>

#include "common/array.h"
#include "cli.h"
#include "command.h"
#include "error.h"
#include "help.h"

static const struct command help_command;

static const struct command *const commands[] = {
	&status_command,
	&list_command,
	&show_command,
	&top_command,
	&monitor_command,
	&evict_command,
	&policy_command,
	&isolate_command,
	&release_command,
	&doctor_command,
	&help_command,
};

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i]->name))
			return commands[i];
	usage_error("there is no command '%s'", name);
	return NULL;
}

static int run_help(int argc, char **argv)
{
	const struct command *command;

	if (cli_option(argc, argv, "", NULL) != -1)
		return EXIT_USAGE;
	if (argc - optind > 1)
		return usage_error("there is one argument too many: '%s'",
				   argv[optind + 1]);
	if (optind == argc) {
		help_print();
		return flush_output();
	}
	command = find_command(argv[optind]);
	if (!command)
		return EXIT_USAGE;
	help_print_command(command);
	return flush_output();
}

static const struct command help_command = {
	.name = "help",
	.usage = "[COMMAND]",
	.summary = "print this help, or that of a command",
	.run = run_help,
};

static void pause_watch(void)
{
	struct timespec time = {
		.tv_sec = options.watch_ns / 1000000000,
		.tv_nsec = options.watch_ns % 1000000000,
	};

	nanosleep(&time, NULL);
}

int main(int argc, char **argv)
{
	const struct command *command;
	int status;

	setlocale(LC_CTYPE, "");
	help_init(commands, ARRAY_SIZE(commands));
	if (!cli_begin(argc, argv))
		return EXIT_USAGE;
	if (optind == argc)
		return usage_error("no command given");
	argc -= optind;
	argv += optind;
	command = find_command(argv[0]);
	if (!command)
		return EXIT_USAGE;
	cli_set_command(command);
	do {
		optind = 0;	/* getopt_long() begins anew */
		status = command->run(argc, argv);
		if (status == EXIT_DONE && options.watch_ns)
			pause_watch();
	} while (status == EXIT_DONE && options.watch_ns);
	return status;
}
