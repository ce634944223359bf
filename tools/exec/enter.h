/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entering a context, and becoming the command.
 */
#ifndef ENTER_H
#define ENTER_H

#include "options.h"

/* What has come of a request: 0, or -errno. */
struct outcome {
	int context;
	int tick;
};

/* Become the command, in a context if one can be had through @fd or -errno. */
void enter_and_exec(const struct options *opt, int fd, struct outcome *outcome)
	__attribute__((noreturn));

/* Why contexts are unavailable in general, or else what @err means. */
const char *enter_reason(int err);
const char *enter_tick_reason(const struct options *opt, int err);

#endif /* ENTER_H */
