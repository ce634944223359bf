// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which contexts have nested paging.  The guest runs on the process's own page tables,
 * whose addresses are those of the host: so a nested page table behind them is not
 * needed, and makes each TLB miss slower.
 */
#include <asm/cpufeature.h>

#include "backend.h"
#include "paging.h"
#include "policy.h"

/**
 * vctx_paging_is_nested - whether a new context gets nested paging
 * @flags: VCTX_ENTER_* of the context
 *
 * Return: true, also if nested paging is wanted and cannot be had.
 */
bool vctx_paging_is_nested(u64 flags)
{
	const struct vctx_paging_wish wish = {
		.flags = flags,
		.policy = READ_ONCE(vctx_policy.paging),
		.hypervisor = boot_cpu_has(X86_FEATURE_HYPERVISOR),
		.possible = vctx_backend->nested_unavailable == VCTX_AVAILABLE,
	};

	return vctx_paging_decide(&wish);
}
