// SPDX-License-Identifier: GPL-2.0-only
/* The back end for SVM; see struct vctx_backend_ops. */
#include "svm.h"

static struct vctx_cpu *svm_generic_cpu(int cpu)
{
	return &per_cpu_ptr(&svm_cpu, cpu)->cpu;
}

static int __init svm_init(void)
{
	int ret = svm_capability_init();

	if (ret != VCTX_AVAILABLE)
		return ret;
	vctx_svm_ops.nested_unavailable = svm_capability.nested_unavailable;
	vctx_svm_ops.tags = svm_capability.tags;
	return svm_cpu_alloc();
}

struct vctx_backend_ops vctx_svm_ops = {
	.backend = VCTX_BACKEND_SVM,
	.name = "SVM",
	.kvm = "kvm_amd",
	.kvm_builtin = IS_BUILTIN(CONFIG_KVM_AMD),
	.init = svm_init,
	.exit = svm_cpu_free,
	.busy = svm_busy,
	.cpu_enable = svm_cpu_enable,
	.cpu_disable = svm_cpu_disable,
	.try = svm_try,
	.format = &svm_idmap_format,
	.nested_unavailable = VCTX_UNAVAILABLE_NESTED,
	.cpu = svm_generic_cpu,
	.set_tag = svm_set_tag,
	.flush_tags = svm_flush_tags,
	.loops = {
		{ svm_on_user_return, svm_on_user_return_long },
		{ svm_on_user_return_per_stay, svm_on_user_return_per_stay_long },
	},
};
