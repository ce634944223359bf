/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_IOCTL_H
#define VCTX_IOCTL_H

struct file;

long vctx_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

#endif /* VCTX_IOCTL_H */
