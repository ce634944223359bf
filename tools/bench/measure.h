/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All samples of all figures, in turn.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include "report.h"

/*
 * @group:	of which figures are measured, or NULL: of all
 * @only:	a part of the names of those that are measured, or NULL: all
 * @is_short:	leave out what takes long
 * @rounds:	how many samples each figure has in each mode
 * @plant_ns:	how much longer each step takes in the column for that
 */
struct measure_options {
	const char *group;
	const char *only;
	bool is_short;
	unsigned int rounds;
	uint64_t plant_ns;
};

/* List what is asked for as the rows of @report, which has none yet. */
void measure_list(const struct measure_options *opt, struct report *report);

/* Measure what is listed, and fill in the rows. */
void measure_all(const struct measure_options *opt, struct report *report);

#endif /* MEASURE_H */
