/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Colour on a terminal.
 */
#ifndef COLOR_H
#define COLOR_H

#include <stdbool.h>

enum color {
	COLOR_NONE,
	COLOR_HEAD,	/* of a heading, or a title */
	COLOR_DIM,
	COLOR_GOOD,
	COLOR_WARN,
	COLOR_BAD,
};

/* --color: "auto", which is on a terminal, "always" or "never"; else false. */
bool color_parse(const char *when);

bool color_wanted(void);

/* The escape sequence for a colour; the one of COLOR_NONE ends all others. */
const char *color_sequence(enum color color);

/* The same where colour is wanted, else "". */
const char *color(enum color color);

#endif /* COLOR_H */
