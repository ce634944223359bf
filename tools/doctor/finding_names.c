// SPDX-License-Identifier: GPL-2.0-only
/*
 * Findings that name several things.
 */
#include <stdlib.h>

#include "common/alloc.h"
#include "finding.h"
#include "finding_names.h"

#define MOST_NAMES	4	/* printed in one line */

void names_add(struct names *names, const char *name)
{
	char *more;

	if (names->count++ >= MOST_NAMES)
		return;
	more = xasprintf("%s%s%s", names->text ? names->text : "",
			 names->text ? ", " : "", name);
	free(names->text);
	names->text = more;
}

void names_report(const char *check, const struct names *names,
		  const char *advice, const char *what)
{
	if (names->count > MOST_NAMES)
		finding_add(check, NO, advice, "%zu %s: %s and %zu more",
			    names->count, what, names->text,
			    names->count - MOST_NAMES);
	else
		finding_add(check, NO, advice, "%zu %s: %s", names->count, what,
			    names->text);
}
