/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SAY_H
#define SAY_H

#include <errno.h>
#include <stdio.h>

/* One line on standard error, after the tool's name. */
#define say(format, ...) \
	fprintf(stderr, "%s: " format "\n", program_invocation_short_name, \
		##__VA_ARGS__)

#endif /* SAY_H */
