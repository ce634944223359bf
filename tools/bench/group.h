/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The figures, by the penalties of a monitor: what it costs by itself, what it does
 * to those who share the CPU, and what to those who share data.
 */
#ifndef GROUP_H
#define GROUP_H

#include "sample.h"

/* @figures: the last one has no name */
struct group {
	const char *name;
	const struct figure *figures;
};

/* The last one has no name. */
extern const struct group groups[];

extern const struct figure overhead_figures[], management_figures[],
			   sharing_figures[], external_figures[];

#endif /* GROUP_H */
