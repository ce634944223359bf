// SPDX-License-Identifier: GPL-2.0-only
/* VMX operation: into it and out of it, on each CPU. */
#include <asm/tlbflush.h>

#include "vmx.h"

/* Somebody else is in VMX operation if the bit is set and we have not set it. */
bool vmx_busy(void)
{
	return !this_cpu_read(vmx_cpu.on) && __read_cr4() & X86_CR4_VMXE;
}

static bool enter(struct vmx_cpu *this)
{
	vctx_compat_set_vmxe();
	if (vmx_vmxon(__pa(this->vmxon)))
		return true;
	vctx_compat_clear_vmxe();
	return false;
}

static void leave(struct vmx_cpu *this)
{
	vmx_vmclear(__pa(this->vmcs));
	vmx_vmxoff();
	vctx_compat_clear_vmxe();
}

void vmx_cpu_disable(void)
{
	struct vmx_cpu *this = this_cpu_ptr(&vmx_cpu);

	lockdep_assert_irqs_disabled();
	if (!this->on)
		return;
	this->on = false;
	this->segments = true;
	if (VMX_PER_STAY)
		return;
	leave(this);
	vctx_compat_stop_pt(false);
}

int vmx_cpu_enable(void)
{
	struct vmx_cpu *this = this_cpu_ptr(&vmx_cpu);
	int ret;

	lockdep_assert_irqs_disabled();
	if (vmx_busy())
		return -EBUSY;
	if (!VMX_PER_STAY)
		vctx_compat_stop_pt(true);
	if (!enter(this)) {
		if (!VMX_PER_STAY)
			vctx_compat_stop_pt(false);
		return -EIO;
	}
	this->on = true;

	ret = vmx_vmcs_setup(this);
	if (ret)
		vmx_cpu_disable();
	if (VMX_PER_STAY)
		leave(this);
	return ret;
}

/* VMX operation would stop the trace, and nobody would tell perf. */
static bool is_traced(void)
{
	u64 control;

	if (vmx_capability.pt)
		return false;
	control = native_rdmsrq(MSR_IA32_RTIT_CTL);
	return control & RTIT_CTL_TRACEEN;
}

/**
 * vmx_begin_stay - enter VMX operation for one stay in the guest
 * @this: of this CPU; interrupts are off, and stay so until vmx_end_stay()
 *
 * The kernel does not know of it, but nothing that writes CR4 runs meanwhile.  Return:
 * false if the CPU is not enabled, or if somebody else has it in VMX operation, which
 * is left alone.
 */
bool vmx_begin_stay(struct vmx_cpu *this)
{
	if (!this->on || this->cpu.broken || __read_cr4() & X86_CR4_VMXE || is_traced() ||
	    !enter(this))
		return false;
	this_cpu_write(vmx_launched, 0);
	if (vmx_vmptrld(__pa(this->vmcs)))
		return true;
	leave(this);
	return false;
}

/**
 * vmx_end_stay - undoes vmx_begin_stay()
 * @this: of this CPU
 */
void vmx_end_stay(struct vmx_cpu *this)
{
	leave(this);
}
