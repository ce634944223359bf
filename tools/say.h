/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SAY_H
#define SAY_H

#include <stdio.h>

/* One line on standard error. */
#define say(format, ...) \
	fprintf(stderr, "vctx-exec: " format "\n", ##__VA_ARGS__)

#endif /* SAY_H */
