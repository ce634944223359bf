/* SPDX-License-Identifier: MIT */
#ifndef VCTX_DEVICE_H
#define VCTX_DEVICE_H

#define VCTX_DEVICE	"/dev/vcontext"

/* ioctl() on the process's descriptor of the device; 0 or -errno. */
int vctx_device_ioctl(unsigned long cmd, void *arg);

#endif /* VCTX_DEVICE_H */
