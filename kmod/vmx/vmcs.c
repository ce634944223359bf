// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMCS of a CPU: everything in it that does not change from entry to entry.
 * guest.h has the rest.
 */
#include <asm/cpu_entry_area.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/msr.h>
#include <asm/segment.h>

#include "idmap.h"
#include "vmx.h"

/* Access rights (SDM, "Guest Register State"). */
#define AR_TSS		0x0008b	/* busy 64-bit TSS */

struct field {
	unsigned long field;
	u64 value;
};

static bool write_all(const struct field *fields, size_t n)
{
	bool ok = true;

	while (n--) {
		ok &= vmx_write_checked(fields->field, fields->value);
		fields++;
	}
	return ok;
}

static bool write_controls(void)
{
	const struct field fields[] = {
		{ PIN_BASED_VM_EXEC_CONTROL, vmx_capability.pin },
		{ CPU_BASED_VM_EXEC_CONTROL, vmx_capability.cpu },
		{ SECONDARY_VM_EXEC_CONTROL, vmx_capability.cpu2 },
		{ VM_EXIT_CONTROLS, vmx_capability.exit },
		{ VM_ENTRY_CONTROLS, vmx_capability.entry },
		/* Each exception exits, to be raised again natively. */
		{ EXCEPTION_BITMAP, U32_MAX },
		{ PAGE_FAULT_ERROR_CODE_MASK, 0 },
		{ PAGE_FAULT_ERROR_CODE_MATCH, 0 },
		{ CR3_TARGET_COUNT, 0 },
		{ CR0_GUEST_HOST_MASK, 0 },
		{ CR4_GUEST_HOST_MASK, 0 },
		{ VM_EXIT_MSR_STORE_COUNT, 0 },
		{ VM_EXIT_MSR_LOAD_COUNT, 0 },
		{ VM_ENTRY_MSR_LOAD_COUNT, 0 },
		{ VM_ENTRY_INTR_INFO_FIELD, 0 },
	};

	/* The field has its value when nested paging is wanted. */
	if (vmx_capability.eptp && !vmx_write_checked(EPT_POINTER, 0))
		return false;
	if (vmx_capability.cpu2 & SECONDARY_EXEC_ENABLE_VPID &&
	    !vmx_write_checked(VIRTUAL_PROCESSOR_ID, VMX_FIRST_VPID))
		return false;
	if (vmx_capability.cpu2 & SECONDARY_EXEC_ENABLE_XSAVES &&
	    !vmx_write_checked(XSS_EXIT_BITMAP, 0))
		return false;
	return write_all(fields, ARRAY_SIZE(fields));
}

static u64 read_msr(u32 msr)
{
	u64 value;

	rdmsrq(msr, value);
	return value;
}

static u64 tss_base(void)
{
	struct cpu_entry_area *area = get_cpu_entry_area(smp_processor_id());

	return (u64)&area->tss.x86_tss;
}

/*
 * In the kernel, FS and the data segments are the user's.  An exit zeroes the selectors,
 * and vmx_save() puts them back; it loads the FS base that vmx_load() found.
 */
static bool write_host(struct vmx_cpu *this)
{
	struct desc_ptr idt;
	struct field fields[] = {
		{ HOST_CR0, read_cr0() },
		{ HOST_CS_SELECTOR, __KERNEL_CS },
		{ HOST_SS_SELECTOR, __KERNEL_DS },
		{ HOST_DS_SELECTOR, 0 },
		{ HOST_ES_SELECTOR, 0 },
		{ HOST_FS_SELECTOR, 0 },
		{ HOST_GS_SELECTOR, 0 },
		{ HOST_TR_SELECTOR, GDT_ENTRY_TSS * 8 },
		{ HOST_FS_BASE, 0 },
		{ HOST_GS_BASE, read_msr(MSR_GS_BASE) },
		{ HOST_TR_BASE, tss_base() },
		{ HOST_GDTR_BASE, this->gdt.address },
		{ HOST_IDTR_BASE, 0 },
		{ HOST_IA32_SYSENTER_CS, read_msr(MSR_IA32_SYSENTER_CS) },
		{ HOST_IA32_SYSENTER_ESP, read_msr(MSR_IA32_SYSENTER_ESP) },
		{ HOST_IA32_SYSENTER_EIP, read_msr(MSR_IA32_SYSENTER_EIP) },
		{ HOST_IA32_EFER, read_msr(MSR_EFER) },
	};
	struct field idtr;

	store_idt(&idt);
	idtr = (struct field){ HOST_IDTR_BASE, idt.address };
	return write_all(fields, ARRAY_SIZE(fields)) && write_all(&idtr, 1);
}

/*
 * There is no interrupt table: nothing is ever delivered in the guest.  The descriptor
 * table is the host's own, read-only alias, so that LSL, LAR and segment loads
 * find what they find natively; it is mapped for user mode too.
 */
static bool write_guest(struct vmx_cpu *this)
{
	const struct field fields[] = {
		{ GUEST_CR0, read_cr0() },
		{ GUEST_DR7, BIT(10) },
		{ GUEST_IA32_DEBUGCTL, read_msr(MSR_IA32_DEBUGCTLMSR) &
				       DEBUGCTLMSR_BUS_LOCK_DETECT },
		{ GUEST_IA32_EFER, read_msr(MSR_EFER) & ~(u64)EFER_SCE },
		{ GUEST_SYSENTER_CS, 0 },
		{ GUEST_SYSENTER_ESP, 0 },
		{ GUEST_SYSENTER_EIP, 0 },
		{ GUEST_ACTIVITY_STATE, GUEST_ACTIVITY_ACTIVE },
		{ GUEST_INTERRUPTIBILITY_INFO, 0 },
		{ GUEST_PENDING_DBG_EXCEPTIONS, 0 },
		{ VMCS_LINK_POINTER, U64_MAX },
		{ GUEST_GDTR_BASE, this->gdt.address },
		{ GUEST_GDTR_LIMIT, this->gdt.size },
		{ GUEST_IDTR_BASE, 0 },
		{ GUEST_IDTR_LIMIT, 0 },
		{ GUEST_LDTR_SELECTOR, 0 },
		{ GUEST_LDTR_BASE, 0 },
		{ GUEST_LDTR_LIMIT, 0 },
		{ GUEST_LDTR_AR_BYTES, VMX_AR_UNUSABLE },
		{ GUEST_TR_SELECTOR, GDT_ENTRY_TSS * 8 },
		{ GUEST_TR_BASE, tss_base() },
		/* Without the I/O bitmap: IN and OUT raise #GP. */
		{ GUEST_TR_LIMIT, sizeof(struct x86_hw_tss) - 1 },
		{ GUEST_TR_AR_BYTES, AR_TSS },
	};

	return write_all(fields, ARRAY_SIZE(fields));
}

static bool fill(struct vmx_cpu *this)
{
	native_store_gdt(&this->gdt);
	this->cpu.host_cr3 = 0;
	this->cpu.host_cr4 = 0;
	this->fs_base = 0;
	this->gs_base = 0;
	this->nested = false;
	if (!write_controls() || !write_host(this) || !write_guest(this) ||
	    !vmx_write_checked(GUEST_FS_BASE, 0) ||
	    !vmx_write_checked(GUEST_GS_BASE, 0))
		return false;
	return true;
}

/**
 * vmx_vmcs_set_paging - make the next entries ones with nested paging, or without
 * @this: of this CPU, whose VMCS is current
 * @nested: with the identity map, which exists
 *
 * Without EPT the processor takes the guest's memory types from the page tables and the
 * MTRRs, as it does natively.
 */
void vmx_vmcs_set_paging(struct vmx_cpu *this, bool nested)
{
	if (nested)
		vmx_write(EPT_POINTER, vctx_idmap_root() | vmx_capability.eptp);
	vmx_write(SECONDARY_VM_EXEC_CONTROL, vmx_capability.cpu2 |
		  (nested ? SECONDARY_EXEC_ENABLE_EPT : 0));
	this->nested = nested;
}

/*
 * What the CPU has cached of an identity map that is no more.  What is cached under a
 * VPID is flushed before the VPID is used.
 */
static bool flush(void)
{
	return !vmx_capability.eptp || vmx_invept(VMX_EPT_EXTENT_GLOBAL, 0);
}

/**
 * vmx_vmcs_setup - make this CPU's VMCS current, and fill it the first time
 * @this: of this CPU, in VMX operation, interrupts off
 *
 * Also forgets all that the CPU has cached of guests.  Return: 0 or -EIO.
 */
int vmx_vmcs_setup(struct vmx_cpu *this)
{
	if (!vmx_vmclear(this->vmcs_pa) || !vmx_vmptrld(this->vmcs_pa))
		return -EIO;
	this_cpu_write(vmx_launched, 0);
	if (!this->filled && !fill(this))
		return -EIO;
	this->filled = true;
	vmx_write(HOST_RIP, this->cpu.per_stay ? (u64)vmx_exit_point_per_stay :
						 (u64)vmx_exit_point);
	/* The first load is to write all segments. */
	this->segments = VCTX_SEGMENTS_UNKNOWN;
	/* The identity map that the VMCS knows may have ended. */
	vmx_vmcs_set_paging(this, false);
	return flush() ? 0 : -EIO;
}
