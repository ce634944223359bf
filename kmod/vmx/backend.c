// SPDX-License-Identifier: GPL-2.0
/* VMX operation: into it and out of it, on each CPU. */
#include <linux/gfp.h>
#include <asm/perf_event.h>
#include <asm/tlbflush.h>

#include "vmx.h"

DEFINE_PER_CPU(struct vmx_cpu, vmx_cpu) = { .segments = true };

static struct vctx_run_cpu *vmx_run_cpu(int cpu)
{
	return &per_cpu_ptr(&vmx_cpu, cpu)->run;
}

static void *alloc_region(int cpu)
{
	struct page *page = alloc_pages_node(cpu_to_node(cpu),
					     GFP_KERNEL | __GFP_ZERO, 0);

	if (!page)
		return NULL;
	*(u32 *)page_address(page) = vmx_capability.revision;
	return page_address(page);
}

static void vmx_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct vmx_cpu *this = per_cpu_ptr(&vmx_cpu, cpu);

		free_page((unsigned long)this->vmxon);
		free_page((unsigned long)this->vmcs);
	}
}

static int __init alloc_regions(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct vmx_cpu *this = per_cpu_ptr(&vmx_cpu, cpu);

		this->vmxon = alloc_region(cpu);
		this->vmcs = alloc_region(cpu);
		if (!this->vmxon || !this->vmcs) {
			vmx_exit();
			return -ENOMEM;
		}
	}
	return 0;
}

static int __init vmx_init(void)
{
	int ret;

	ret = vmx_capability_init();
	if (ret != VCTX_AVAILABLE)
		return ret;
	if (vmx_capability.cpu2 & SECONDARY_EXEC_ENABLE_VPID)
		vctx_vmx_ops.tags = 8;
	return alloc_regions();
}

/* Whoever is in VMX operation has set the bit, and it was not us. */
static bool vmx_busy(void)
{
	return !this_cpu_read(vmx_cpu.on) && __read_cr4() & X86_CR4_VMXE;
}

static void vmx_cpu_disable(void)
{
	struct vmx_cpu *this = this_cpu_ptr(&vmx_cpu);

	lockdep_assert_irqs_disabled();
	if (!this->on)
		return;
	this->on = false;
	this->segments = true;
	vmx_vmclear(__pa(this->vmcs));
	vmx_vmxoff();
	cr4_clear_bits_irqsoff(X86_CR4_VMXE);
	intel_pt_handle_vmx(0);
}

static int vmx_cpu_enable(void)
{
	struct vmx_cpu *this = this_cpu_ptr(&vmx_cpu);
	int ret;

	lockdep_assert_irqs_disabled();
	if (vmx_busy())
		return -EBUSY;
	intel_pt_handle_vmx(1);
	cr4_set_bits_irqsoff(X86_CR4_VMXE);
	if (!vmx_vmxon(__pa(this->vmxon))) {
		cr4_clear_bits_irqsoff(X86_CR4_VMXE);
		intel_pt_handle_vmx(0);
		return -EIO;
	}
	this->on = true;

	ret = vmx_vmcs_setup(this);
	if (ret)
		vmx_cpu_disable();
	return ret;
}

struct vctx_hw_ops vctx_vmx_ops = {
	.backend = VCTX_BACKEND_VMX,
	.name = "VMX",
	.kvm = "kvm_intel",
	.init = vmx_init,
	.exit = vmx_exit,
	.busy = vmx_busy,
	.cpu_enable = vmx_cpu_enable,
	.cpu_disable = vmx_cpu_disable,
	.format = &vmx_idmap_format,
	.run_cpu = vmx_run_cpu,
	.set_tag = vmx_set_tag,
	.on_user_return = vmx_on_user_return,
	.on_user_return_long = vmx_on_user_return_long,
};
