// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a command ends, and how it says why.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

static const char *command;

void error_set_command(const char *name)
{
	command = name;
}

static void complain(const char *format, va_list args, const char *hint)
{
	/* The message must not land in the middle of what is printed. */
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
		 command ? command : "", command ? " " : "");
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

int flush_output(void)
{
	if (fflush(stdout) || ferror(stdout))
		return failure("cannot write to standard output: %s",
			       strerror(errno));
	return EXIT_DONE;
}
