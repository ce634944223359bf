/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_OWNER_H
#define VCTX_OWNER_H

#include <linux/types.h>

bool vctx_owner_has_kvm(void);
const char *vctx_owner_other(void);

bool vctx_owner_is_lasting(void);
void vctx_owner_pin(void);
void vctx_owner_unpin(void);
bool vctx_owner_pinned(void);

int vctx_owner_init(void (*changed)(void));
void vctx_owner_exit(void);

#endif /* VCTX_OWNER_H */
