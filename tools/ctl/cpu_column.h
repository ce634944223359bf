/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The columns of CPUs: what status says of one.
 */
#ifndef CPU_COLUMN_H
#define CPU_COLUMN_H

#include "column.h"

/* Of records that are a struct nl_cpu. */
extern const struct column cpu_columns[];
extern const struct column_view cpu_view;

#endif /* CPU_COLUMN_H */
