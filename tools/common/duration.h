/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DURATION_H
#define DURATION_H

#include <stdbool.h>
#include <stdint.h>

#define DURATION_EXAMPLES	"a duration such as 1s, 250ms, 20us or 500ns"

/*
 * Parse a duration, which is more than 0.  @bare is the unit, in nanoseconds, of a
 * number without one, or 0 if it needs one.
 */
bool duration_parse(const char *text, uint64_t bare, uint64_t *ns);

/* The same for a bound on the tick hold: with a unit, or "unlimited". */
bool duration_parse_bound(const char *text, uint64_t *ns);

#endif /* DURATION_H */
