// SPDX-License-Identifier: GPL-2.0-only
/*
 * Durations on a command line.
 */
#include <stdlib.h>
#include <string.h>
#include <vctx.h>

#include "array.h"
#include "duration.h"

#define LONGEST_NS	9e18	/* fits into 63 bits */

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
};

static uint64_t unit_ns(const char *name, uint64_t bare)
{
	size_t i;

	if (!*name)
		return bare;
	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(name, units[i].name))
			return units[i].ns;
	return 0;
}

bool duration_parse(const char *text, uint64_t bare, uint64_t *ns)
{
	/* strtod() takes more than decimal numbers. */
	const char *unit = text + strspn(text, "0123456789.");
	uint64_t factor = unit_ns(unit, bare);
	double value;
	char *end;

	if (unit == text || !factor)
		return false;
	value = strtod(text, &end) * factor;
	if (end != unit || value < 1 || value > LONGEST_NS)
		return false;
	*ns = value;
	return true;
}

bool duration_parse_bound(const char *text, uint64_t *ns)
{
	if (strcmp(text, "unlimited"))
		return duration_parse(text, 0, ns);
	*ns = VCTX_UNLIMITED;
	return true;
}
