// SPDX-License-Identifier: GPL-2.0-only
#include "kinds.h"

#define NAME(name, ...)	name,

const char *const kinds_names[NR_KINDS] = { COUNTED_KINDS(NAME) };

struct kinds kinds_now(void)
{
	struct kinds kinds;

	for (int i = 0; i < NR_KINDS; i++)
		kinds.value[i] = counted_read(COUNTED_KIND + i);
	return kinds;
}

struct kinds kinds_less(struct kinds left, struct kinds right)
{
	for (int i = 0; i < NR_KINDS; i++)
		left.value[i] -= right.value[i];
	return left;
}
