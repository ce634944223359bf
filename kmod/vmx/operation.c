// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMX operation on each CPU: ours from the first context to the last, or ours for one
 * stay in the guest, or KVM's, in which a stay takes part.
 *
 * What a stay changes it undoes before interrupts are enabled: KVM believes that the VMCS
 * that it made current is current still, and an interrupt of KVM may hand that VMCS to
 * another CPU, or enter or leave VMX operation.
 */
#include <asm/tlbflush.h>

#include "owner.h"
#include "share.h"
#include "vmx.h"

#define NO_VMCS	U64_MAX	/* what VMPTRST stores if no VMCS is current */

static bool is_in_operation(void)
{
	return __read_cr4() & X86_CR4_VMXE;
}

/* Somebody else is in VMX operation if the bit is set and we have not set it. */
bool vmx_busy(void)
{
	return !this_cpu_read(vmx_cpu.on) && is_in_operation();
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

/*
 * The kernel's copy of CR4, which KVM looks at, does not get to know.  No code of the
 * kernel may write CR4 until it is undone.
 */
static void write_cr4(unsigned long cr4)
{
	asm volatile("mov %0, %%cr4" : : "r" (cr4) : "memory");
}

static bool enter(struct vmx_cpu *this)
{
	unsigned long cr4 = __read_cr4();

	if (is_traced())
		return false;
	write_cr4(cr4 | X86_CR4_VMXE);
	if (!vmx_vmxon(__pa(this->vmxon))) {
		write_cr4(cr4);
		return false;
	}
	this->own = true;
	this->previous = NO_VMCS;
	return true;
}

/* Return: false outside VMX operation. */
static bool clear(struct vmx_cpu *this)
{
	this_cpu_write(vmx_launched, 0);
	return vmx_vmclear(this->vmcs_pa);
}

static void leave(struct vmx_cpu *this)
{
	clear(this);
	vmx_vmxoff();
	write_cr4(__read_cr4() & ~X86_CR4_VMXE);
	this->own = false;
}

/*
 * The instruction faults while KVM is between setting CR4.VMXE and VMXON, or between
 * VMXOFF and clearing the bit.
 */
static bool take_part(struct vmx_cpu *this)
{
	return vctx_share_may_borrow() && vmx_vmptrst(&this->previous);
}

static void end(struct vmx_cpu *this)
{
	if (this->own) {
		leave(this);
		return;
	}
	/* If KVM may leave VMX operation before the next stay, nothing may stay cached. */
	if (!this->cpu.pinned)
		clear(this);
	if (this->previous != NO_VMCS && this->previous != this->vmcs_pa)
		vmx_vmptrld(this->previous);
}

/* Makes our VMCS current, in VMX operation of our own or of KVM's. */
static bool begin(struct vmx_cpu *this)
{
	if (!(is_in_operation() ? take_part(this) : enter(this)))
		return false;
	if (likely(this->previous == this->vmcs_pa) ||
	    vmx_vmptrld(this->vmcs_pa))
		return true;
	end(this);
	return false;
}

/* The slow half of vmx_begin_stay(). */
bool vmx_begin_any_stay(struct vmx_cpu *this)
{
	if (!this->on || this->cpu.broken || !begin(this))
		return false;
	if (unlikely(!this->cpu.mine))
		vctx_share_arrive(&this->cpu);
	return true;
}

/* The slow half of vmx_end_stay(). */
void vmx_end_any_stay(struct vmx_cpu *this)
{
	end(this);
	if (unlikely(this->nmi)) {
		this->nmi = false;
		vmx_take_nmi();
	}
}

static int enable_for_stays(struct vmx_cpu *this)
{
	int ret;

	if (!begin(this))
		return is_in_operation() || is_traced() ? -EBUSY : -EIO;
	this->cpu.pinned = !this->own && vctx_owner_pinned();
	ret = vmx_vmcs_setup(this);
	end(this);
	return ret;
}

static int enable_lasting(struct vmx_cpu *this)
{
	if (is_in_operation())
		return -EBUSY;
	vctx_compat_stop_pt(true);
	vctx_compat_set_vmxe();
	if (!vmx_vmxon(__pa(this->vmxon))) {
		vctx_compat_clear_vmxe();
		vctx_compat_stop_pt(false);
		return -EIO;
	}
	this->lasting = true;
	return vmx_vmcs_setup(this);
}

static void disable_lasting(struct vmx_cpu *this)
{
	this->lasting = false;
	clear(this);
	vmx_vmxoff();
	vctx_compat_clear_vmxe();
	vctx_compat_stop_pt(false);
}

/*
 * KVM may leave VMX operation from now on, and may have left it already, at suspend: then
 * what the processor has cached of the VMCS is lost.
 */
static void unpin(struct vmx_cpu *this)
{
	this->cpu.pinned = false;
	if (!clear(this))
		this->filled = false;
}

void vmx_cpu_disable(void)
{
	struct vmx_cpu *this = this_cpu_ptr(&vmx_cpu);

	lockdep_assert_irqs_disabled();
	if (!this->on)
		return;
	this->on = false;
	this->segments = VCTX_SEGMENTS_UNKNOWN;
	if (this->lasting)
		disable_lasting(this);
	else if (this->cpu.pinned)
		unpin(this);
}

int vmx_cpu_enable(bool per_stay)
{
	struct vmx_cpu *this = this_cpu_ptr(&vmx_cpu);
	int ret;

	lockdep_assert_irqs_disabled();
	ret = per_stay ? enable_for_stays(this) : enable_lasting(this);
	this->on = true;
	if (ret)
		vmx_cpu_disable();
	return ret;
}
