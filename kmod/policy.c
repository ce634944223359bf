// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vcontext_netlink.h>
#include <asm/processor.h>

#include "policy.h"

struct vctx_policy vctx_policy = {
	.enabled = true,
	.share = -1,
	.tick_hold = true,
	.tick_max_ms = UINT_MAX,
	.min_stay_us = 50,
	.bells = true,
	.bell_timer_us = 20,
};

module_param_named(enabled, vctx_policy.enabled, bool, 0644);
MODULE_PARM_DESC(enabled, "Let new contexts be entered");

module_param_named(max_contexts, vctx_policy.max_contexts, uint, 0644);
MODULE_PARM_DESC(max_contexts, "Contexts on the machine at one time; 0 is no limit");

module_param_named(max_per_user, vctx_policy.max_per_user, uint, 0644);
MODULE_PARM_DESC(max_per_user, "Contexts of each user at one time; 0 is no limit");

module_param_named(share, vctx_policy.share, bint, 0644);
MODULE_PARM_DESC(share, "Run contexts also on CPUs that KVM has enabled virtualisation on; 1 with Intel's processors, else 0");

static const char *const pagings[] = {
	[VCTX_PAGING_AUTO] = "auto",
	[VCTX_PAGING_DIRECT] = "direct",
	[VCTX_PAGING_NESTED] = "nested",
};

static int set_paging(const char *text, const struct kernel_param *param)
{
	int paging = sysfs_match_string(pagings, text);

	if (paging < 0)
		return paging;
	WRITE_ONCE(vctx_policy.paging, paging);
	return 0;
}

static int get_paging(char *text, const struct kernel_param *param)
{
	return scnprintf(text, PAGE_SIZE, "%s\n",
			 pagings[READ_ONCE(vctx_policy.paging)]);
}

static const struct kernel_param_ops paging_ops = {
	.set = set_paging,
	.get = get_paging,
};

module_param_cb(paging, &paging_ops, NULL, 0644);
MODULE_PARM_DESC(paging, "How addresses of new contexts are translated: direct, nested, or auto: direct, but nested under a hypervisor");

module_param_named(tick_hold, vctx_policy.tick_hold, bool, 0644);
MODULE_PARM_DESC(tick_hold, "Hold the tick for contexts that ask for it");

module_param_named(tick_unprivileged, vctx_policy.tick_unprivileged, bool, 0644);
MODULE_PARM_DESC(tick_unprivileged, "Hold the tick also for threads without CAP_SYS_NICE");

module_param_named(tick_max_ms, vctx_policy.tick_max_ms, uint, 0644);
MODULE_PARM_DESC(tick_max_ms, "Longest bound that may be asked for, in ms; 4294967295 is no limit");

module_param_named(min_stay_us, vctx_policy.min_stay_us, uint, 0644);
MODULE_PARM_DESC(min_stay_us, "Stays in guest mode that the thread ends earlier take an adaptive context out of it, in us");

module_param_named(bells, vctx_policy.bells, bool, 0644);
MODULE_PARM_DESC(bells, "Let new bells be opened");

module_param_named(bell_timer_us, vctx_policy.bell_timer_us, uint, 0644);
MODULE_PARM_DESC(bell_timer_us, "Shortest time of a timer that rings a bell, in us");

static int set_cpus(const char *text, const struct kernel_param *param)
{
	static struct cpumask mask;	/* under the lock of parameters */
	int ret = cpulist_parse(text, &mask);

	if (!ret)
		cpumask_copy(&vctx_policy.tick_cpus, &mask);
	return ret;
}

static int get_cpus(char *text, const struct kernel_param *param)
{
	return scnprintf(text, PAGE_SIZE, "%*pbl\n",
			 cpumask_pr_args(&vctx_policy.tick_cpus));
}

static const struct kernel_param_ops cpus_ops = {
	.set = set_cpus,
	.get = get_cpus,
};

module_param_cb(tick_cpus, &cpus_ops, NULL, 0644);
MODULE_PARM_DESC(tick_cpus, "CPUs on which the tick may be held, as a list; all by default");

/* A copy of the policy, as it is between changes, for kfree(); NULL without memory. */
struct vctx_policy *vctx_policy_copy(void)
{
	struct vctx_policy *policy;

	kernel_param_lock(THIS_MODULE);
	policy = kmemdup(&vctx_policy, sizeof(vctx_policy), GFP_KERNEL);
	kernel_param_unlock(THIS_MODULE);
	return policy;
}

/**
 * vctx_policy_change_begin - begin to change the policy
 *
 * Nobody else changes the policy until vctx_policy_change_end().  Return: a copy of
 * it for the caller to change, or NULL if there is no memory.
 */
struct vctx_policy *vctx_policy_change_begin(void)
{
	struct vctx_policy *policy;

	kernel_param_lock(THIS_MODULE);
	policy = kmemdup(&vctx_policy, sizeof(vctx_policy), GFP_KERNEL);
	if (!policy)
		kernel_param_unlock(THIS_MODULE);
	return policy;
}

/* Each value is read without the lock, so that it changes at once. */
static void set_all(const struct vctx_policy *policy)
{
	WRITE_ONCE(vctx_policy.enabled, policy->enabled);
	WRITE_ONCE(vctx_policy.max_contexts, policy->max_contexts);
	WRITE_ONCE(vctx_policy.max_per_user, policy->max_per_user);
	WRITE_ONCE(vctx_policy.share, policy->share);
	WRITE_ONCE(vctx_policy.paging, policy->paging);
	WRITE_ONCE(vctx_policy.tick_hold, policy->tick_hold);
	WRITE_ONCE(vctx_policy.tick_unprivileged, policy->tick_unprivileged);
	WRITE_ONCE(vctx_policy.tick_max_ms, policy->tick_max_ms);
	WRITE_ONCE(vctx_policy.min_stay_us, policy->min_stay_us);
	WRITE_ONCE(vctx_policy.bells, policy->bells);
	WRITE_ONCE(vctx_policy.bell_timer_us, policy->bell_timer_us);
	cpumask_copy(&vctx_policy.tick_cpus, &policy->tick_cpus);
}

/**
 * vctx_policy_change_end - make a copy the policy, or forget the copy
 * @policy: from vctx_policy_change_begin(); it is freed
 * @apply: make it the policy
 */
void vctx_policy_change_end(struct vctx_policy *policy, bool apply)
{
	if (apply)
		set_all(policy);
	kernel_param_unlock(THIS_MODULE);
	kfree(policy);
}

void __init vctx_policy_init(void)
{
	/* Nobody has seen it on AMD's, where more depends on it: see share.c. */
	if (vctx_policy.share < 0)
		vctx_policy.share = boot_cpu_data.x86_vendor == X86_VENDOR_INTEL;
	if (cpumask_empty(&vctx_policy.tick_cpus))
		cpumask_copy(&vctx_policy.tick_cpus, cpu_possible_mask);
}
