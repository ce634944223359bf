/* SPDX-License-Identifier: GPL-2.0-only */
/* How many contexts there are, and may be: on the machine, and of each user. */
#ifndef VCTX_QUOTA_H
#define VCTX_QUOTA_H

#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/vcontext.h>

struct vctx_quota_user;

struct vctx_quota_user *vctx_quota_reserve(gfp_t gfp);
enum vctx_unavailable vctx_quota_get(kuid_t uid, gfp_t gfp,
				     struct vctx_quota_user **got);
enum vctx_unavailable vctx_quota_get_reserved(kuid_t uid,
					      struct vctx_quota_user *fresh,
					      struct vctx_quota_user **got);
struct vctx_quota_user *vctx_quota_put(struct vctx_quota_user *user);
unsigned int vctx_quota_contexts(void);

#endif /* VCTX_QUOTA_H */
