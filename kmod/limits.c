// SPDX-License-Identifier: GPL-2.0-only
/* What this kernel reserves for KVM, and what is slower without. */
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
	  "FPU registers are loaded by way of a native return after each switch to a thread" },
	{ VCTX_LIMIT_VMX_OPERATION,
	  "VMX operation is entered and left with each stay in the guest" },
	{ VCTX_LIMIT_PROCESSOR_TRACE,
	  "threads run natively while processor trace is on" },
};

/* Return: a set of VCTX_LIMIT_*. */
u64 vctx_limits(void)
{
	return VCTX_COMPAT_LIMITS | vctx_backend->limits;
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
			pr_notice("this kernel reserves for KVM what contexts need, so %s\n",
				  explain[i].text);
}
