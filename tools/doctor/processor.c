// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the processor has VMX or SVM, and whether the firmware allows its use.
 */
#include <cpuid.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/textfile.h"
#include "check.h"
#include "finding.h"
#include "msr.h"
#include "vendor.h"

/* Intel's SDM and AMD's APM have these names. */
#define CPUID_HYPERVISOR	(1U << 31)	/* leaf 1, ECX */
#define CPUID_SVM		(1U << 2)	/* leaf 0x80000001, ECX */
#define CPUID_NESTED_PAGING	(1U << 0)	/* leaf 0x8000000a, EDX */
#define IA32_FEATURE_CONTROL	0x3a
#define FEATURE_CONTROL_LOCKED	(1U << 0)
#define FEATURE_CONTROL_VMX	(1U << 2)	/* outside SMX operation */
#define VM_CR			0xc0010114
#define VM_CR_SVM_DISABLED	(1U << 4)

struct cpuid {
	unsigned int eax, ebx, ecx, edx;
};

static struct cpuid cpuid(unsigned int leaf)
{
	struct cpuid regs = { };

	__get_cpuid(leaf, &regs.eax, &regs.ebx, &regs.ecx, &regs.edx);
	return regs;
}

/* Whether a line of /proc/cpuinfo, "flags" or "vmx flags", has a word. */
static bool cpuinfo_has(const char *key, const char *word)
{
	char *text = textfile_read("/proc/cpuinfo");
	char *line, *wanted = xasprintf("\n%s\t", key);
	char *last = NULL, *found = NULL;

	line = text ? strstr(text, wanted) : NULL;
	if (line) {
		line += strlen(wanted);
		line[strcspn(line, "\n")] = '\0';
		for (found = strtok_r(line, " \t:", &last);
		     found && strcmp(found, word);
		     found = strtok_r(NULL, " \t:", &last))
			;
	}
	free(wanted);
	free(text);
	return found;
}

static void check_none(void)
{
	if (cpuid(1).ecx & CPUID_HYPERVISOR)
		finding_add("processor", NO,
			    "enable nested virtualisation for this virtual machine",
			    "neither VMX nor SVM, in a virtual machine");
	else
		finding_add("processor", NO,
			    "enable virtualisation (VT-x, SVM mode) in the firmware's set-up; without it, threads run natively",
			    "neither VMX nor SVM");
}

static void check_firmware(const struct doctor_module *module, const char *flag,
			   bool readable, bool locked_out)
{
	static const char advice[] =
		"enable virtualisation (VT-x, SVM mode) in the firmware's set-up";
	bool refused = !module->device &&
		       module->info.unavailable == VCTX_UNAVAILABLE_FIRMWARE;

	if (refused || (readable && locked_out) ||
	    (!readable && !cpuinfo_has("flags", flag)))
		finding_add("firmware", NO, advice, "%s is locked out", flag);
	else
		finding_add("firmware", YES, NULL, "%s is not locked out%s",
			    flag, readable ? "" : ", as the kernel sees it");
}

static void check_vmx(const struct doctor_module *module)
{
	bool ept = cpuinfo_has("vmx flags", "ept");
	bool vpid = cpuinfo_has("vmx flags", "vpid");
	uint64_t control;
	bool readable = msr_read(0, IA32_FEATURE_CONTROL, &control);

	/* Where VMX is locked out, the kernel does not list what it can do. */
	if (!cpuinfo_has("flags", "vmx"))
		finding_add("processor", YES, NULL, "VMX");
	else
		finding_add("processor", YES, NULL, "VMX %s EPT, %s VPID",
			    ept ? "with" : "without",
			    vpid ? "with" : "slower without");
	check_firmware(module, "vmx", readable,
		       (control & FEATURE_CONTROL_LOCKED) &&
		       !(control & FEATURE_CONTROL_VMX));
}

static void check_svm(const struct doctor_module *module)
{
	uint64_t control;
	bool readable = msr_read(0, VM_CR, &control);

	finding_add("processor", YES, NULL, "SVM %s nested paging",
		    cpuid(0x8000000a).edx & CPUID_NESTED_PAGING ? "with" :
								  "without");
	check_firmware(module, "svm", readable, control & VM_CR_SVM_DISABLED);
}

void processor_check(const struct doctor_module *module)
{
	if (cpuid(1).ecx & CPUID_VMX)
		check_vmx(module);
	else if (cpuid(0x80000001).ecx & CPUID_SVM)
		check_svm(module);
	else
		check_none();
}
