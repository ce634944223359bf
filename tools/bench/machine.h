/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What figures depend on.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include "report.h"

/* Find out what the machine is, and how the calling thread may use it. */
struct machine machine_look(void);

/*
 * Set @conditions but for @runs.  Returns NULL or what is wrong.
 */
const char *machine_conditions(struct conditions *conditions);

#endif /* MACHINE_H */
