/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_DEVICE_H
#define VCTX_DEVICE_H

int vctx_device_init(void);
void vctx_device_exit(void);

#endif /* VCTX_DEVICE_H */
