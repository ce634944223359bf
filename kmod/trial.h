/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_TRIAL_H
#define VCTX_TRIAL_H

#include <linux/types.h>

bool vctx_trial(void);
void vctx_trial_again(void);

#endif /* VCTX_TRIAL_H */
