// SPDX-License-Identifier: GPL-2.0-only
/* What is known of this machine, and the parameter for those who know better. */
#include <linux/cc_platform.h>
#include <linux/moduleparam.h>
#include <asm/hypervisor.h>
#include <asm/kvm_para.h>
#include <asm/msr.h>

#include "hazard.h"

static bool force;
module_param(force, bool, 0444);
MODULE_PARM_DESC(force, "Give contexts also on machines where they are not known to be safe");

static u64 __init read_async_pf(void)
{
	u64 value;

	if (!hypervisor_is_type(X86_HYPER_KVM) ||
	    rdmsrq_safe(MSR_KVM_ASYNC_PF_EN, &value))
		return 0;
	return value;
}

/**
 * vctx_hazard_find - whether contexts are known to be safe on this machine
 *
 * Return: VCTX_AVAILABLE, also with the parameter; or why not.
 */
enum vctx_unavailable __init vctx_hazard_find(void)
{
	const struct vctx_machine machine = {
		.snp_host = vctx_compat_snp_host(),
		.async_pf = read_async_pf(),
	};
	enum vctx_unavailable why = vctx_hazard_of(&machine);

	if (why == VCTX_AVAILABLE || !force)
		return why;
	pr_warn("forced to give contexts where they are not known to be safe (%d)\n",
		why);
	return VCTX_AVAILABLE;
}
