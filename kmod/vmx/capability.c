// SPDX-License-Identifier: GPL-2.0-only
/* What the CPUs' VMX can do (SDM, "VMX Capability Reporting Facility"). */
#include <asm/cpufeature.h>
#include <asm/memtype.h>
#include <asm/msr.h>

#include "vmx.h"

struct vmx_capability vmx_capability;
DEFINE_STATIC_KEY_FALSE(vmx_has_pebs);

/* SDM, "EPT paging-structure entries": read, write, execute; memory type. */
#define EPT_RWX		0x7ULL
#define EPT_LARGE	BIT_ULL(7)
#define EPT_TYPE(type)	((u64)(type) << 3)

/* SDM, "Miscellaneous Data": processor trace can be used in VMX operation. */
#define MISC_PT		BIT(14)

/*
 * With write-back for all, the process's own page tables decide on the type of an
 * access (SDM, "Memory Type Used for Translated Guest-Physical Addresses"), as they do
 * natively: persistent memory and memory of CXL are no RAM to the kernel, and are
 * cached all the same.  The MTRRs have no say in a guest, but the kernel asks them
 * before it maps anything by PAT.  Without PAT nobody does, and what is no RAM is
 * uncached.
 */
struct vctx_idmap_format vmx_idmap_format = {
	.table = EPT_RWX,
	.leaf = EPT_RWX,
	.large = EPT_LARGE,
	.ram = EPT_TYPE(6),	/* write-back */
	.io = EPT_TYPE(0),	/* uncached */
	.top_level = VCTX_LEVEL_512G,
};

/* One word of controls: the MSR that has its limits, and what we want of it. */
struct control {
	const char *name;
	u32 msr;
	u32 true_msr;	/* where VMX_BASIC says so; else 0 */
	u32 required;
	u32 optional;
	u32 *value;
};

static const struct control controls[] __initconst = {
	{
		"pin-based", MSR_IA32_VMX_PINBASED_CTLS,
		MSR_IA32_VMX_TRUE_PINBASED_CTLS,
		.required = PIN_BASED_EXT_INTR_MASK | PIN_BASED_NMI_EXITING,
		.value = &vmx_capability.pin,
	}, {
		/*
		 * At CPL 3 most of what these are about raises #GP first.  I/O
		 * exits for the sake of a thread with ioperm().
		 */
		"processor-based", MSR_IA32_VMX_PROCBASED_CTLS,
		MSR_IA32_VMX_TRUE_PROCBASED_CTLS,
		.required = CPU_BASED_ACTIVATE_SECONDARY_CONTROLS |
			    CPU_BASED_UNCOND_IO_EXITING |
			    CPU_BASED_MWAIT_EXITING |
			    CPU_BASED_MONITOR_EXITING,
		.value = &vmx_capability.cpu,
	}, {
		/*
		 * Instructions that user mode may execute must not raise #UD;
		 * SGDT and its kin exit and show the host's limits natively.
		 * EPT is set for nested paging alone.
		 */
		"secondary processor-based", MSR_IA32_VMX_PROCBASED_CTLS2, 0,
		.optional = SECONDARY_EXEC_ENABLE_VPID |
			    SECONDARY_EXEC_DESC |
			    SECONDARY_EXEC_ENABLE_RDTSCP |
			    SECONDARY_EXEC_ENABLE_INVPCID |
			    SECONDARY_EXEC_ENABLE_XSAVES |
			    SECONDARY_EXEC_ENABLE_USR_WAIT_PAUSE,
		.value = &vmx_capability.cpu2,
	}, {
		"VM-exit", MSR_IA32_VMX_EXIT_CTLS, MSR_IA32_VMX_TRUE_EXIT_CTLS,
		.required = VM_EXIT_HOST_ADDR_SPACE_SIZE |
			    VM_EXIT_LOAD_IA32_EFER,
		.value = &vmx_capability.exit,
	}, {
		"VM-entry", MSR_IA32_VMX_ENTRY_CTLS,
		MSR_IA32_VMX_TRUE_ENTRY_CTLS,
		.required = VM_ENTRY_IA32E_MODE | VM_ENTRY_LOAD_IA32_EFER |
			    VM_ENTRY_LOAD_DEBUG_CONTROLS,
		.value = &vmx_capability.entry,
	},
};

/* Low half of the MSR: bits that must be set; high half: bits that may be. */
static bool __init choose(const struct control *control, bool true_msrs)
{
	u32 msr = control->msr, must, may;

	if (true_msrs && control->true_msr)
		msr = control->true_msr;
	rdmsr(msr, must, may);
	if (control->required & ~may) {
		pr_notice("VMX lacks %s controls %#x\n", control->name,
			  control->required & ~may);
		return false;
	}
	*control->value = must | control->required | (control->optional & may);
	return true;
}

#define EPT_NEEDED (VMX_EPT_PAGE_WALK_4_BIT | VMX_EPTP_WB_BIT | \
		    VMX_EPT_INVEPT_BIT | VMX_EPT_EXTENT_GLOBAL_BIT)
#define VPID_NEEDED (VMX_VPID_INVVPID_BIT | VMX_VPID_EXTENT_SINGLE_CONTEXT_BIT | \
		     VMX_VPID_EXTENT_GLOBAL_CONTEXT_BIT)

static void __init choose_ept(u32 ept)
{
	if ((ept & EPT_NEEDED) != EPT_NEEDED) {
		pr_notice("VMX lacks what nested paging needs (EPT has %#x)\n", ept);
		return;
	}

	vmx_capability.eptp = VMX_EPTP_PWL_4 | VMX_EPTP_MT_WB;
	vmx_idmap_format.max_level = ept & VMX_EPT_1GB_PAGE_BIT ?
		VCTX_LEVEL_1G : ept & VMX_EPT_2MB_PAGE_BIT ?
		VCTX_LEVEL_2M : VCTX_LEVEL_4K;

	if (pat_enabled())
		vmx_idmap_format.io = vmx_idmap_format.ram;
}

static void __init choose_ept_and_vpid(void)
{
	u32 may, ept = 0, vpid = 0;
	u64 controls;

	rdmsrq(MSR_IA32_VMX_PROCBASED_CTLS2, controls);
	may = upper_32_bits(controls);
	/* The register is there if there is one of the two. */
	if (may & (SECONDARY_EXEC_ENABLE_EPT | SECONDARY_EXEC_ENABLE_VPID))
		rdmsr(MSR_IA32_VMX_EPT_VPID_CAP, ept, vpid);
	choose_ept(may & SECONDARY_EXEC_ENABLE_EPT ? ept : 0);
	/* Without tags each entry and each exit flushes all. */
	if ((vpid & VPID_NEEDED) != VPID_NEEDED)
		vmx_capability.cpu2 &= ~SECONDARY_EXEC_ENABLE_VPID;
}

static int __init find_vmx(void)
{
	if (!(cpuid_ecx(1) & BIT(5)))
		return VCTX_UNAVAILABLE_NO_HW;
	/* The kernel clears its own bit where firmware has locked VMX out. */
	if (!boot_cpu_has(X86_FEATURE_VMX))
		return VCTX_UNAVAILABLE_FIRMWARE;
	return VCTX_AVAILABLE;
}

static void __init look_at_pt(void)
{
	u64 misc;

	rdmsrq(MSR_IA32_VMX_MISC, misc);
	vmx_capability.pt = !boot_cpu_has(X86_FEATURE_INTEL_PT) ||
			    misc & MISC_PT;
}

/* Some hypervisors show the feature without the register. */
static void __init look_at_pebs(void)
{
	u64 counters;

	if (boot_cpu_has(X86_FEATURE_DS) && boot_cpu_has(X86_FEATURE_PEBS) &&
	    !rdmsrq_safe(MSR_IA32_PEBS_ENABLE, &counters))
		static_branch_enable(&vmx_has_pebs);
}

/**
 * vmx_capability_init - find out
 *
 * Return: enum vctx_unavailable.
 */
int __init vmx_capability_init(void)
{
	u32 low, high;
	int ret, i;

	ret = find_vmx();
	if (ret != VCTX_AVAILABLE)
		return ret;
	if (!boot_cpu_has(X86_FEATURE_FSGSBASE)) {
		pr_notice("the processor lacks FSGSBASE, or nofsgsbase was given\n");
		return VCTX_UNAVAILABLE_FEATURE;
	}

	rdmsr(MSR_IA32_VMX_BASIC, low, high);
	vmx_capability.revision = low & GENMASK(30, 0);
	for (i = 0; i < ARRAY_SIZE(controls); i++)
		if (!choose(&controls[i], high & BIT(55 - 32)))
			return VCTX_UNAVAILABLE_FEATURE;
	choose_ept_and_vpid();
	look_at_pt();
	look_at_pebs();
	return VCTX_AVAILABLE;
}
