// SPDX-License-Identifier: GPL-2.0-only
/* What VMX has for each CPU. */
#include <linux/gfp.h>

#include "vmx.h"

DEFINE_PER_CPU(struct vmx_cpu, vmx_cpu) = { .segments = VCTX_SEGMENTS_UNKNOWN };

DEFINE_PER_CPU(u32, vmx_launched);

static void *alloc_region(int cpu)
{
	struct page *page = alloc_pages_node(cpu_to_node(cpu),
					     GFP_KERNEL | __GFP_ZERO, 0);

	if (!page)
		return NULL;
	*(u32 *)page_address(page) = vmx_capability.revision;
	return page_address(page);
}

void vmx_cpu_free(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct vmx_cpu *this = per_cpu_ptr(&vmx_cpu, cpu);

		free_page((unsigned long)this->vmxon);
		free_page((unsigned long)this->vmcs);
	}
}

int __init vmx_cpu_alloc(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct vmx_cpu *this = per_cpu_ptr(&vmx_cpu, cpu);

		this->vmxon = alloc_region(cpu);
		this->vmcs = alloc_region(cpu);
		if (!this->vmxon || !this->vmcs) {
			vmx_cpu_free();
			return -ENOMEM;
		}
		this->vmcs_pa = __pa(this->vmcs);
	}
	return 0;
}
