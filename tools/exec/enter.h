/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entering a context, and becoming the command.
 */
#ifndef ENTER_H
#define ENTER_H

#include "options.h"

/* What has come of a request: NULL, or why it was refused, a constant string. */
struct outcome {
	const char *context;
	const char *tick;
};

/*
 * Become the command, in a context if one can be had through @fd, which is negative
 * if the device could not be opened.
 */
void enter_and_exec(const struct options *opt, int fd, struct outcome *outcome)
	__attribute__((noreturn));

#endif /* ENTER_H */
