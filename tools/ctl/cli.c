// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line: options of all commands, and those of one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vctx.h>

#include "common/array.h"
#include "common/duration.h"
#include "cli.h"
#include "color.h"
#include "command.h"
#include "error.h"
#include "help.h"

#define DEFAULT_WATCH_NS	UINT64_C(2000000000)	/* as watch(1) has it */

struct options options;

static const struct command *current;	/* the one that runs */

void cli_set_command(const struct command *command)
{
	current = command;
	error_set_command(command->name);
}

enum {
	OPTION_WATCH = 256,
	OPTION_COLOR,
};

static const struct option common_options[] = {
	{ "json",	no_argument,		NULL, 'j' },
	{ "watch",	optional_argument,	NULL, OPTION_WATCH },
	{ "color",	optional_argument,	NULL, OPTION_COLOR },
	{ "help",	no_argument,		NULL, 'h' },
	{ "version",	no_argument,		NULL, 'V' },
};

/* True if that option is one of all commands. */
static bool common_option(int c, int *status)
{
	switch (c) {
	case 'j':
		options.json = true;
		return true;
	case OPTION_WATCH:
		options.watch_ns = DEFAULT_WATCH_NS;
		if (optarg && !duration_parse(optarg, 1000000000,
					      &options.watch_ns))
			*status = usage_error("cannot run again every '%s': that is not "
					      DURATION_EXAMPLES, optarg);
		return true;
	case OPTION_COLOR:
		if (!color_parse(optarg ? optarg : "always"))
			*status = usage_error("cannot use colours '%s': that is not auto, always or never",
					      optarg);
		return true;
	case 'h':
		if (current)
			help_print_command(current);
		else
			help_print();
		exit(flush_output());
	case 'V':
		puts("vctxctl " VCTX_VERSION);
		exit(flush_output());
	}
	return false;
}

/* In our own words, since getopt_long() would begin with the command's name. */
static void bad_option(int c, const char *word)
{
	char letter[3] = { '-', optopt };

	/* The option may be one of several letters in a word. */
	if (strncmp(word, "--", 2))
		word = letter;
	if (c == ':')
		usage_error("'%s' needs a value", word);
	else
		usage_error("'%s' is not an option, or takes no value", word);
}

static int get_option(int argc, char **argv, const char *prefix,
		      const char *shorts, const struct option *longs)
{
	struct option all[32];
	char all_shorts[64];
	size_t count = 0;
	int c, status = EXIT_DONE;

	for (; longs && longs->name; longs++)
		all[count++] = *longs;
	memcpy(all + count, common_options, sizeof(common_options));
	count += ARRAY_SIZE(common_options);
	all[count] = (struct option) { };
	snprintf(all_shorts, sizeof(all_shorts), "%s:%sjhV", prefix, shorts);
	opterr = 0;

	do
		c = getopt_long(argc, argv, all_shorts, all, NULL);
	while (common_option(c, &status) && status == EXIT_DONE);
	if (status != EXIT_DONE)
		return '?';
	if (c == '?' || c == ':') {
		bad_option(c, argv[optind - 1]);
		return '?';
	}
	return c;
}

bool cli_begin(int argc, char **argv)
{
	/* "+": the first word that is not an option is the command. */
	return get_option(argc, argv, "+", "", NULL) == -1;
}

/* Each round of --watch has the terminal for itself. */
static void clear_screen(void)
{
	if (options.watch_ns && !options.json && isatty(STDOUT_FILENO))
		fputs("\033[H\033[J", stdout);
}

int cli_option(int argc, char **argv, const char *shorts,
	       const struct option *longs)
{
	int c = get_option(argc, argv, "", shorts, longs);

	if (c == -1)
		clear_screen();
	return c;
}
