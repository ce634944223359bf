// SPDX-License-Identifier: GPL-2.0-only
/*
 * In which modes all is measured: a mode more is a line more in the table.
 */
#include <vctx.h>

#include "column.h"

#define CONTEXT		(VCTX_STRICT | VCTX_INHERIT | VCTX_KEEP_EXEC)
#define TICKLESS	(CONTEXT | VCTX_TICKLESS)

const struct column columns[COLUMNS] = {
	{
		.name = "native",
		.help = "natively",
	},
	{
		.name = "again",
		.help = "natively again, which should make no difference",
		.plant = true,
	},
	{
		.name = "mixed",
		.help = "natively, beside a thread in a context",
		.peer = CONTEXT,
		.needs = FIGURE_PEER,
	},
	{
		.name = "context",
		.help = "in a context",
		.self = CONTEXT,
		.peer = CONTEXT,
	},
	{
		.name = "tickless",
		.help = "in a context that holds the tick",
		.self = TICKLESS,
		.peer = TICKLESS,
		.needs = FIGURE_TICK,
	},
};

bool column_has(const struct column *column, const struct figure *figure)
{
	if ((figure->flags & FIGURE_CONTEXT) && !column->self)
		return false;
	return !column->needs || figure->flags & column->needs;
}
