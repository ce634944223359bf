// SPDX-License-Identifier: GPL-2.0-only
/* What the CPUs' SVM can do (APM, "Enabling SVM" and "CPUID Fn8000_000A"). */
#include <linux/cc_platform.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/pgtable.h>
#include <asm/processor.h>

#include "svm.h"

struct svm_capability svm_capability;

/*
 * Nested page tables have the host's format, and all accesses through them are user
 * accesses.  With write-back as their type, the process's own page tables and the
 * MTRRs decide on the type of an access, as they do natively.  Accessed and dirty are
 * set, so that no page walk has to set them.
 */
struct vctx_idmap_format svm_idmap_format = {
	.table = _PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED,
	.leaf = _PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED |
		_PAGE_DIRTY,
	.large = _PAGE_PSE,
};

#define SVM_LEAF	0x8000000a

/* EDX of the leaf. */
#define SVM_NESTED_PAGING	BIT(0)
#define SVM_FLUSH_BY_ASID	BIT(6)

static int __init find_svm(void)
{
	u64 vm_cr;

	/* The kernel clears its own bit where firmware has locked SVM out. */
	if (cpuid_eax(0x80000000) < SVM_LEAF || !(cpuid_ecx(0x80000001) & BIT(2)))
		return VCTX_UNAVAILABLE_NO_HW;
	if (rdmsrq_safe(MSR_VM_CR, &vm_cr) || vm_cr & SVM_VM_CR_SVM_DIS_MASK)
		return VCTX_UNAVAILABLE_FIRMWARE;
	return VCTX_AVAILABLE;
}

/*
 * The bit by which the process's page tables select the key for memory is one in a guest
 * without nested paging alone.  With it, only a guest that is encrypted itself has the bit.
 */
static enum vctx_unavailable __init why_no_nested(u32 features)
{
	if (!(features & SVM_NESTED_PAGING)) {
		pr_notice("SVM lacks nested paging\n");
		return VCTX_UNAVAILABLE_NESTED;
	}
	if (cc_platform_has(CC_ATTR_MEM_ENCRYPT))
		return VCTX_UNAVAILABLE_ENCRYPTED;
	return VCTX_AVAILABLE;
}

/**
 * svm_capability_init - find out
 *
 * Return: enum vctx_unavailable.
 */
int __init svm_capability_init(void)
{
	u32 revision, asids, unused, features;
	int ret;

	ret = find_svm();
	if (ret != VCTX_AVAILABLE)
		return ret;
	if (cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT)) {
		pr_notice("the memory of this virtual machine is encrypted\n");
		return VCTX_UNAVAILABLE_FEATURE;
	}

	cpuid(SVM_LEAF, &revision, &asids, &unused, &features);
	svm_capability.nested_unavailable = why_no_nested(features);
	/* ASID 0 is the host's. */
	if (asids < 2) {
		pr_notice("SVM lacks ASIDs\n");
		return VCTX_UNAVAILABLE_FEATURE;
	}
	svm_capability.tags = min(asids - 1, 8U);
	svm_capability.first_asid = asids - svm_capability.tags;
	svm_capability.flush = features & SVM_FLUSH_BY_ASID ?
		TLB_CONTROL_FLUSH_ASID : TLB_CONTROL_FLUSH_ALL_ASID;

	if (boot_cpu_has(X86_FEATURE_TSCRATEMSR))
		svm_capability.tsc_ratio = SVM_TSC_RATIO_DEFAULT;

	svm_idmap_format.max_level = boot_cpu_has(X86_FEATURE_GBPAGES) ?
		VCTX_LEVEL_1G : VCTX_LEVEL_2M;
	/* VMRUN takes as many levels as the host has. */
	svm_idmap_format.top_level = pgtable_l5_enabled() ?
		VCTX_LEVEL_256T : VCTX_LEVEL_512G;
	return VCTX_AVAILABLE;
}
