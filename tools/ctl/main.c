// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl - see the contexts of a machine, limit them, be told of events.
 */
#include <ctype.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <vctx.h>

#include "common/duration.h"
#include "out.h"
#include "vctxctl.h"

#define DEFAULT_WATCH_NS	UINT64_C(2000000000)	/* as watch(1) */

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

struct options options;

static const struct command *current;	/* the one that runs */

/* ---- errors ---- */

static void complain(const char *format, va_list args, const char *hint)
{
	/* Not in the middle of what is printed. */
	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, format, args);
	fprintf(stderr, "%s\n", hint);
}

int usage_error(const char *format, ...)
{
	char hint[64];
	va_list args;

	snprintf(hint, sizeof(hint), "; try 'vctxctl %s%s--help'",
		 current ? current->name : "", current ? " " : "");
	va_start(args, format);
	complain(format, args, hint);
	va_end(args);
	return EXIT_USAGE;
}

int failure(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args, "");
	va_end(args);
	return EXIT_FAILED;
}

bool parse_number(const char *text, uint64_t least, uint64_t most,
		  uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return isdigit((unsigned char)*text) && !*end && !errno &&
	       *value >= least && *value <= most;
}

/* ---- help ---- */

static const char common_help[] =
	"  -j, --json             print JSON\n"
	"      --watch[=TIME]     again every TIME, for example 500ms; 2s if not given\n"
	"      --color[=WHEN]     auto, which is on a terminal only, always, never\n"
	"  -h, --help             print this and exit\n"
	"  -V, --version          print the version and exit";

static void print_help(void)
{
	size_t i;

	puts("Usage: vctxctl [OPTION]... COMMAND [ARG]...\n"
	     "See the contexts of this machine, limit them, evict them, be told of events.\n"
	     "\n"
	     "Commands:");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-22s %s\n", commands[i]->name, commands[i]->summary);
	printf("\n"
	       "Options, before the command or after it:\n"
	       "%s\n"
	       "\n"
	       "'vctxctl COMMAND --help' tells the options of a command, vctxctl(8) all of them.\n"
	       "\n"
	       "Exit status: 0, 1 if something could not be done, 2 if the command line is wrong.\n",
	       common_help);
}

static void print_command_help(const struct command *command)
{
	printf("Usage: vctxctl %s%s%s\n%c%s.\n", command->name,
	       *command->usage ? " " : "", command->usage,
	       toupper((unsigned char)*command->summary), command->summary + 1);
	if (command->help)
		printf("\n%s\n", command->help);
	printf("\n%s\n", common_help);
}

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

	if (next_option(argc, argv, "", NULL) != -1)
		return EXIT_USAGE;
	if (argc - optind > 1)
		return usage_error("'%s' is too much", argv[optind + 1]);
	if (optind == argc) {
		print_help();
		return out_flush();
	}
	command = find_command(argv[optind]);
	if (!command)
		return EXIT_USAGE;
	print_command_help(command);
	return out_flush();
}

static const struct command help_command = {
	.name = "help",
	.usage = "[COMMAND]",
	.summary = "print this, or what there is to say about a command",
	.run = run_help,
};

/* ---- options ---- */

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
			*status = usage_error("cannot print again every '%s': that is not "
					      DURATION_EXAMPLES, optarg);
		return true;
	case OPTION_COLOR:
		if (!color_parse(optarg ? optarg : "always"))
			*status = usage_error("cannot have colours '%s': that is not auto, always or never",
					      optarg);
		return true;
	case 'h':
		if (current)
			print_command_help(current);
		else
			print_help();
		exit(out_flush());
	case 'V':
		puts("vctxctl " VCTX_VERSION);
		exit(out_flush());
	}
	return false;
}

/* In our own words: getopt_long() would begin with the name of the command. */
static void bad_option(int c, const char *word)
{
	char letter[3] = { '-', optopt };

	/* One of several letters in a word. */
	if (strncmp(word, "--", 2))
		word = letter;
	if (c == ':')
		usage_error("'%s' needs a value", word);
	else
		usage_error("'%s' is no option, or not with a value", word);
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

static void begin_round(void)
{
	if (options.watch_ns && !options.json && isatty(STDOUT_FILENO))
		fputs("\033[H\033[J", stdout);
}

int next_option(int argc, char **argv, const char *shorts,
		const struct option *longs)
{
	int c = get_option(argc, argv, "", shorts, longs);

	if (c == -1)
		begin_round();
	return c;
}

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
	int status;

	setlocale(LC_CTYPE, "");
	/* "+": the first word that is no option is the command. */
	if (get_option(argc, argv, "+", "", NULL) != -1)
		return EXIT_USAGE;
	if (optind == argc)
		return usage_error("no command given");
	argc -= optind;
	argv += optind;
	current = find_command(argv[0]);
	if (!current)
		return EXIT_USAGE;
	/* Options before the command count as if they came after it. */
	do {
		optind = 0;	/* begin anew */
		status = current->run(argc, argv);
		if (status == EXIT_DONE && options.watch_ns)
			pause_watch();
	} while (status == EXIT_DONE && options.watch_ns);
	return status;
}
