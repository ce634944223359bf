// SPDX-License-Identifier: GPL-2.0-only
/*
 * What depends on who has made the processor.
 */
#include <cpuid.h>

#include "vendor.h"

bool vendor_is_intel(void)
{
	unsigned int eax, ebx = 0, ecx, edx;

	__get_cpuid(0, &eax, &ebx, &ecx, &edx);
	return ebx == signature_INTEL_ebx;
}

bool vendor_has_vmx(void)
{
	unsigned int eax, ebx, ecx = 0, edx;

	__get_cpuid(1, &eax, &ebx, &ecx, &edx);
	return ecx & CPUID_VMX;
}

const char *vendor_kvm(void)
{
	return vendor_has_vmx() ? "kvm_intel" : "kvm_amd";
}
