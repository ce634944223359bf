// SPDX-License-Identifier: GPL-2.0-only
/* The back end for VMX; see struct vctx_backend_ops. */
#include "vmx.h"

static struct vctx_cpu *vmx_generic_cpu(int cpu)
{
	return &per_cpu_ptr(&vmx_cpu, cpu)->cpu;
}

static int __init vmx_init(void)
{
	int ret;

	ret = vmx_capability_init();
	if (ret != VCTX_AVAILABLE)
		return ret;
	if (vmx_capability.eptp)
		vctx_vmx_ops.nested_unavailable = VCTX_AVAILABLE;
	if (vmx_capability.cpu2 & SECONDARY_EXEC_ENABLE_VPID)
		vctx_vmx_ops.tags = VMX_TAGS;
	if (VCTX_COMPAT_VMX_PER_STAY && !vmx_capability.pt)
		vctx_vmx_ops.limits = VCTX_LIMIT_PROCESSOR_TRACE;
	return vmx_cpu_alloc();
}

struct vctx_backend_ops vctx_vmx_ops = {
	.backend = VCTX_BACKEND_VMX,
	.name = "VMX",
	.kvm = "kvm_intel",
	.kvm_builtin = IS_BUILTIN(CONFIG_KVM_INTEL),
	.only_per_stay = VCTX_COMPAT_VMX_PER_STAY,
	.init = vmx_init,
	.exit = vmx_cpu_free,
	.busy = vmx_busy,
	.cpu_enable = vmx_cpu_enable,
	.cpu_disable = vmx_cpu_disable,
	.try = vmx_try,
	.format = &vmx_idmap_format,
	.nested_unavailable = VCTX_UNAVAILABLE_NESTED,
	.cpu = vmx_generic_cpu,
	.set_tag = vmx_set_tag,
	.loops = {
		{ vmx_on_user_return, vmx_on_user_return_long },
		{ vmx_on_user_return_per_stay, vmx_on_user_return_per_stay_long },
	},
};
