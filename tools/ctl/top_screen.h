/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TOP_SCREEN_H
#define TOP_SCREEN_H

#include "top_state.h"

/* Show it on a terminal, and obey keys, until q.  Returns an exit status. */
int top_run_screen(struct top *top);

#endif /* TOP_SCREEN_H */
