/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The columns of contexts: what list, top and show say of one.
 */
#ifndef CONTEXT_COLUMN_H
#define CONTEXT_COLUMN_H

#include "column.h"
#include "nl.h"

/* Of records that are a struct activity. */
extern const struct column context_columns[];

/* All that the module tells of a context: the JSON of list and show. */
#define CONTEXT_DOCUMENT \
	"ID,PID,TID,UID,USER,COMMAND,CPU,STATE,AGE,FLAGS,ENTRIES,EXITS,NATIVE," \
	"FELL-BACK,GUEST-TIME,NATIVE-TIME,TLB-FLUSHES,TICK-BOUND,TICK," \
	"TICKS-HELD,INTERRUPTED-BY,LONGEST,PAGING,RINGS"

enum color context_state_color(uint32_t state);

#endif /* CONTEXT_COLUMN_H */
