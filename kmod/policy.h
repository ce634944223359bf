/* SPDX-License-Identifier: GPL-2.0-only */
/* What the administrator allows: parameters of the module, and VCTX_CMD_POLICY_SET. */
#ifndef VCTX_POLICY_H
#define VCTX_POLICY_H

#include <linux/cpumask.h>
#include <linux/types.h>

/**
 * struct vctx_policy - see enum vctx_a_policy and vcontext(4)
 * @enabled:	new contexts may be entered
 * @max_contexts: how many contexts the machine may have; 0 is no limit
 * @max_per_user: how many contexts each user may have; 0 is no limit
 * @share:	contexts may run on CPUs that KVM has enabled virtualisation on
 * @paging:	enum vctx_paging, how the addresses of new contexts are translated
 * @tick_hold:	ticks may be held
 * @tick_unprivileged: threads without CAP_SYS_NICE may hold them, too
 * @tick_max_ms: for how long they may be held at most; UINT_MAX is no limit
 * @min_stay_us: a stay that its thread ends earlier takes an adaptive context out of the
 *		guest, in microseconds
 * @bells:	new bells may be opened
 * @bell_timer_us: the shortest time of a timer that rings a bell, in microseconds
 * @tick_cpus:	the CPUs on which they may be held
 *
 * Each member may change at any time, so that it is read once where this matters.
 */
struct vctx_policy {
	bool enabled;
	unsigned int max_contexts;
	unsigned int max_per_user;
	int share;
	unsigned int paging;
	bool tick_hold;
	bool tick_unprivileged;
	unsigned int tick_max_ms;
	unsigned int min_stay_us;
	bool bells;
	unsigned int bell_timer_us;
	struct cpumask tick_cpus;
};

extern struct vctx_policy vctx_policy;

struct vctx_policy *vctx_policy_copy(void);
struct vctx_policy *vctx_policy_change_begin(void);
void vctx_policy_change_end(struct vctx_policy *policy, bool apply);

void vctx_policy_init(void);

#endif /* VCTX_POLICY_H */
