// SPDX-License-Identifier: GPL-2.0-only
/*
 * Colour: when it is wanted, and the sequences for it.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "color.h"

static const char *const sequences[] = {
	[COLOR_NONE]	= "\033[0m",
	[COLOR_HEAD]	= "\033[1m",
	[COLOR_DIM]	= "\033[2m",
	[COLOR_GOOD]	= "\033[32m",
	[COLOR_WARN]	= "\033[33m",
	[COLOR_BAD]	= "\033[31m",
};

static enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color_when;

bool color_parse(const char *when)
{
	if (!strcmp(when, "auto"))
		color_when = COLOR_AUTO;
	else if (!strcmp(when, "always"))
		color_when = COLOR_ALWAYS;
	else if (!strcmp(when, "never"))
		color_when = COLOR_NEVER;
	else
		return false;
	return true;
}

bool color_wanted(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (color_when != COLOR_AUTO)
		return color_when == COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
	       term && strcmp(term, "dumb");
}

const char *color_sequence(enum color color)
{
	return sequences[color];
}

const char *color(enum color color)
{
	return color_wanted() ? color_sequence(color) : "";
}
