/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In which modes all is measured: a mode more is a line more in the table.
 */
#ifndef COLUMN_H
#define COLUMN_H

#include <stdbool.h>
#include <stdint.h>

#include "sample.h"

#define COLUMNS		7

/*
 * @name:	of the column
 * @help:	what it is, for --help
 * @self:	flags of the context of the measured thread; 0 is none
 * @peer:	those of the thread beside it
 * @needs:	flags of a figure without which the column has no sample of it
 * @plant:	it is the one to which --plant adds
 */
struct column {
	const char *name;
	const char *help;
	uint64_t self;
	uint64_t peer;
	unsigned int needs;
	bool plant;
};

/* The first one is what the others are compared with. */
extern const struct column columns[COLUMNS];

/* Whether a column has samples of a figure. */
bool column_has(const struct column *column, const struct figure *figure);

#endif /* COLUMN_H */
