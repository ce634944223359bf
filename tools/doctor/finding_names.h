/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Findings that name several things.
 */
#ifndef FINDING_NAMES_H
#define FINDING_NAMES_H

#include <stddef.h>

/*
 * @text:	the first names; to be freed
 * @count:	of all names
 */
struct names {
	char *text;
	size_t count;
};

void names_add(struct names *names, const char *name);

/* A finding whose answer is NO: how many, @what of them, and who they are. */
void names_report(const char *check, const struct names *names,
		  const char *advice, const char *what);

#endif /* FINDING_NAMES_H */
