/* SPDX-License-Identifier: GPL-2.0-only */
/* Possession of the hardware. */
#ifndef VCTX_POWER_H
#define VCTX_POWER_H

#include <linux/vcontext_netlink.h>

enum vctx_unavailable vctx_power_get(bool nested);
void vctx_power_get_more(void);
void vctx_power_put(void);
void vctx_power_put_deferred(void);
enum vctx_cpu_state vctx_power_cpu_state(int cpu);
enum vctx_owner vctx_power_cpu_owner(int cpu);
u64 vctx_power_limits(void);
enum vctx_unavailable vctx_power_unavailable(void);

int vctx_power_init(void);
void vctx_power_exit(void);

#endif /* VCTX_POWER_H */
