// SPDX-License-Identifier: GPL-2.0-only
/* What is slower because the kernel reserves something for KVM, or because KVM is there. */
#include <linux/bits.h>
#include <linux/vcontext.h>

#include "backend.h"
#include "limits.h"
#include "power.h"

static const struct {
	u64 limit;
	const char *text;
} explain[] = {
	{ VCTX_LIMIT_FPU,
	  "this kernel reserves for KVM what contexts need, so FPU registers are loaded by way of a native return after each switch to a thread" },
	{ VCTX_LIMIT_VMX_OPERATION,
	  "virtualisation is enabled and disabled with each stay in the guest, because of KVM or of what this kernel reserves for it" },
	{ VCTX_LIMIT_PROCESSOR_TRACE,
	  "this kernel reserves for KVM what contexts need, so threads run natively while processor trace is on" },
};

/* Return: a set of VCTX_LIMIT_*. */
u64 vctx_limits(void)
{
	return VCTX_COMPAT_LIMITS | vctx_backend->limits | vctx_power_limits();
}

/* After vctx_backend_init(). */
void __init vctx_limits_init(void)
{
	u64 limits = vctx_limits();
	int i;

	if (vctx_power_unavailable() != VCTX_AVAILABLE)
		return;
	for (i = 0; i < ARRAY_SIZE(explain); i++)
		if (limits & explain[i].limit)
			pr_notice("%s\n", explain[i].text);
}
