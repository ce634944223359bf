// SPDX-License-Identifier: GPL-2.0-only
/*
 * In which modes all is measured: a mode more is a line more in the table.
 */
#include <vctx.h>

#include "column.h"

#define CONTEXT		(VCTX_STRICT | VCTX_INHERIT | VCTX_KEEP_EXEC)
#define EAGER		(CONTEXT | VCTX_EAGER)
#define NESTED		(EAGER | VCTX_NESTED)
#define TICKLESS	(EAGER | VCTX_TICKLESS)

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
		.help = "natively, beside a thread in an eager context",
		.peer = EAGER,
		.needs = FIGURE_PEER,
	},
	{
		.name = "adaptive",
		.help = "in a context as vctx-exec and vctx_run() have it",
		.self = CONTEXT,
		.peer = CONTEXT,
	},
	{
		.name = "eager",
		.help = "in a context with all user mode in guest mode",
		.self = EAGER,
		.peer = EAGER,
	},
	{
		.name = "nested",
		.help = "in a context that is eager and has nested paging",
		.self = NESTED,
		.peer = NESTED,
	},
	{
		.name = "tickless",
		.help = "in a context that is eager and holds the tick",
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
