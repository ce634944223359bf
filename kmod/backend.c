// SPDX-License-Identifier: GPL-2.0-only
/* Which back end the processor has, and whether it can be used. */
#include <linux/kernel.h>
#include <linux/bitops.h>

#include "backend.h"
#include "hazard.h"

const struct vctx_backend_ops *vctx_backend;
enum vctx_unavailable vctx_backend_unavailable = VCTX_UNAVAILABLE_NO_HW;

/* What the log says after the name of the back end. */
static const char *const texts[] = {
	[VCTX_UNAVAILABLE_NO_HW] =
		"is missing in this processor; threads run natively",
	[VCTX_UNAVAILABLE_FIRMWARE] =
		"is disabled by the firmware; enable virtualisation (\"VT-x\", \"SVM mode\") in its set-up",
	[VCTX_UNAVAILABLE_FEATURE] =
		"lacks a feature that is needed; threads run natively",
	[VCTX_UNAVAILABLE_BUSY] =
		"is in use, probably by KVM; have it shared (vctxctl policy set share yes), or stop the virtual machines and unload KVM's module",
	[VCTX_UNAVAILABLE_FAILED] =
		"could not be enabled on a CPU; threads run natively",
	[VCTX_UNAVAILABLE_ENCRYPTED] =
		"has no nested paging while memory is encrypted; do without it (vctxctl policy set paging direct), or boot with mem_encrypt=off",
	[VCTX_UNAVAILABLE_SNP] =
		"is not known to be safe on a host with SEV-SNP; boot with kvm_amd.sev_snp=0",
	[VCTX_UNAVAILABLE_ASYNC_FAULT] =
		"is not known to be safe in a guest with asynchronous page faults; boot with no-kvmapf",
	[VCTX_UNAVAILABLE_NESTED] =
		"has no nested paging in this processor; do without it (vctxctl policy set paging direct)",
};

/**
 * vctx_backend_explain - say in the log why contexts cannot be had
 * @why: the reason
 *
 * Each reason that lies in the machine is said once, and with it the way out.
 */
void vctx_backend_explain(enum vctx_unavailable why)
{
	static unsigned long said;

	if (why < ARRAY_SIZE(texts) && texts[why] &&
	    !test_and_set_bit(why, &said))
		pr_notice("%s %s\n", why == VCTX_UNAVAILABLE_NO_HW ?
			  "hardware virtualisation" : vctx_backend->name,
			  texts[why]);
}

/* The first back end that the processor has, whether or not it can be used. */
static int __init choose(struct vctx_backend_ops *const backends[], int n)
{
	int ret = VCTX_UNAVAILABLE_NO_HW, i;

	for (i = 0; i < n; i++) {
		vctx_backend = backends[i];
		ret = vctx_backend->init();
		if (ret != VCTX_UNAVAILABLE_NO_HW)
			break;
	}
	if (ret == VCTX_AVAILABLE) {
		ret = vctx_hazard_find();
		if (ret != VCTX_AVAILABLE)
			vctx_backend->exit();
	}
	/* With FRED there is no SWAPGS, and INT is no way to hand on an NMI. */
	if (ret == VCTX_AVAILABLE && vctx_compat_fred()) {
		pr_notice("FRED is in use, which is not supported yet: boot with fred=off\n");
		vctx_backend->exit();
		ret = VCTX_UNAVAILABLE_FEATURE;
	}
	return ret;
}

/**
 * vctx_backend_init - find the back end
 * @backends: all back ends
 * @n: how many there are
 *
 * Return: 0, also where contexts cannot be had; -errno if the module cannot load.
 */
int __init vctx_backend_init(struct vctx_backend_ops *const backends[], int n)
{
	int ret = choose(backends, n);

	if (ret < 0)
		return ret;
	vctx_backend_unavailable = ret;
	vctx_backend_explain(ret);
	return 0;
}

void vctx_backend_exit(void)
{
	if (vctx_backend_unavailable == VCTX_AVAILABLE)
		vctx_backend->exit();
}
