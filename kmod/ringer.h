/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors that ring bells, and eventfds that do. */
#ifndef VCTX_RINGER_H
#define VCTX_RINGER_H

struct vctx_receiver;
struct vctx_ringer;

int vctx_ringer_create(struct vctx_receiver *receiver, struct vctx_ringer *ringer);

#endif /* VCTX_RINGER_H */
