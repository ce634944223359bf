/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_INFO_H
#define VCTX_INFO_H

#include <linux/vcontext.h>

void vctx_info_read(struct vctx_info *info);

#endif /* VCTX_INFO_H */
