// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers on a command line.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "number.h"

bool number_parse(const char *text, uint64_t least, uint64_t most,
		  uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return isdigit((unsigned char)*text) && !*end && !errno &&
	       *value >= least && *value <= most;
}
