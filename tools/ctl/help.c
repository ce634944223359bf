// SPDX-License-Identifier: GPL-2.0-only
/*
 * The help of vctxctl and of each command.
 */
#include <ctype.h>
#include <stdio.h>

#include "column.h"
#include "command.h"
#include "help.h"

static const char common_help[] =
	"  -j, --json             print JSON\n"
	"      --watch[=TIME]     run the command again every TIME, for example 500ms;\n"
	"                         2s if no TIME is given\n"
	"      --color[=WHEN]     auto, which is on a terminal only, always or never\n"
	"  -h, --help             print this help and exit\n"
	"  -V, --version          print the version and exit";

static const struct command *const *commands;
static size_t commands_count;

void help_init(const struct command *const *all, size_t count)
{
	commands = all;
	commands_count = count;
}

void help_print(void)
{
	size_t i;

	puts("Usage: vctxctl [OPTION]... COMMAND [ARG]...\n"
	     "Show, limit, watch and evict the contexts of this machine.\n"
	     "\n"
	     "Commands:");
	for (i = 0; i < commands_count; i++)
		printf("  %-22s %s\n", commands[i]->name, commands[i]->summary);
	printf("\n"
	       "Options, before the command or after it:\n"
	       "%s\n"
	       "\n"
	       "'vctxctl COMMAND --help' lists the options of a command, vctxctl(8) all of them.\n"
	       "\n"
	       "The exit status is 0, or 1 if something could not be done, or 2 if the command\n"
	       "line is wrong.\n",
	       common_help);
}

static void print_columns(const struct column *column)
{
	puts("\nColumns:");
	for (; column->name; column++)
		printf("  %-22s %s\n", column->name, column->help);
}

void help_print_command(const struct command *command)
{
	printf("Usage: vctxctl %s%s%s\n%c%s.\n", command->name,
	       *command->usage ? " " : "", command->usage,
	       toupper((unsigned char)*command->summary), command->summary + 1);
	if (command->help)
		printf("\n%s\n", command->help);
	if (command->columns)
		print_columns(command->columns);
	printf("\n%s\n", common_help);
}
