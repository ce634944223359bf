// SPDX-License-Identifier: GPL-2.0-only
/* Decisions of the module about hardware that no emulator has, as KTAP. */
#include <stdbool.h>
#include <stdio.h>

#include "hazard.h"
#include "paging.h"
#include "vmx/exit_word.h"

static int number, failed;

static void check(const char *what, bool ok)
{
	number++;
	failed += !ok;
	printf("%sok %d - decisions: %s\n", ok ? "" : "not ", number, what);
}

/* SDM, "Basic VM-Exit Information": the flags above the basic reason. */
#define ENCLAVE	(1U << 27)
#define FAILED	(1U << 31)

static void exit_words(void)
{
	check("an exception is one", vmx_exit_what(0) == VMX_EXIT_EXCEPTION);
	check("an exception in an SGX enclave is one",
	      vmx_exit_what(ENCLAVE) == VMX_EXIT_EXCEPTION);
	check("an interrupt in an SGX enclave is one",
	      vmx_exit_what(ENCLAVE | 1) == VMX_EXIT_INTERRUPT);
	check("CPUID in an SGX enclave is looked up as CPUID",
	      vmx_exit_what(ENCLAVE | 10) == VMX_EXIT_OTHER &&
	      vmx_exit_basic(ENCLAVE | 10) == EXIT_REASON_CPUID);
	check("a machine check during the entry is one",
	      vmx_exit_what(FAILED | 41) == VMX_EXIT_MACHINE_CHECK);
	check("an invalid guest state is a refusal",
	      vmx_exit_what(FAILED | 33) == VMX_EXIT_REFUSED);
	check("a failed VMRESUME is a refusal",
	      vmx_exit_what(VMX_ENTER_FAILED) == VMX_EXIT_REFUSED);
	check("a misconfigured EPT is a refusal",
	      vmx_exit_what(49) == VMX_EXIT_REFUSED);
}

static void debug_exceptions(void)
{
	check("a single step is one, and no bus lock",
	      vmx_debug_is_step(1U << 14) && !vmx_debug_is_bus_lock(1U << 14));
	check("a bus lock is one, and no single step",
	      vmx_debug_is_bus_lock(1U << 11) && !vmx_debug_is_step(1U << 11));
}

static enum vctx_unavailable of(bool snp_host, __u64 async_pf)
{
	struct vctx_machine machine = {
		.snp_host = snp_host, .async_pf = async_pf,
	};

	return vctx_hazard_of(&machine);
}

static void hazards(void)
{
	check("a machine without hazards is safe", of(false, 0) == VCTX_AVAILABLE);
	check("a host of SEV-SNP is refused", of(true, 0) == VCTX_UNAVAILABLE_SNP);
	check("asynchronous page faults as exits are refused",
	      of(false, 0x12340000 | 5) == VCTX_UNAVAILABLE_ASYNC_FAULT);
	check("asynchronous page faults by interrupt are safe",
	      of(false, 0x12340000 | 1 | 8) == VCTX_AVAILABLE);
	check("asynchronous page faults that are off are safe",
	      of(false, 4) == VCTX_AVAILABLE);
}

static bool nested(enum vctx_paging policy, __u64 flags, bool hypervisor, bool possible)
{
	struct vctx_paging_wish wish = {
		.policy = policy, .flags = flags, .hypervisor = hypervisor,
		.possible = possible,
	};

	return vctx_paging_decide(&wish);
}

static void paging(void)
{
	const __u64 asks = VCTX_ENTER_NESTED, others = ~asks;

	check("auto is direct on a machine of its own",
	      !nested(VCTX_PAGING_AUTO, others, false, true));
	check("auto is nested under a hypervisor",
	      nested(VCTX_PAGING_AUTO, others, true, true));
	check("auto is direct under a hypervisor that offers no nested paging",
	      !nested(VCTX_PAGING_AUTO, others, true, false));
	check("the policy says direct, also under a hypervisor",
	      !nested(VCTX_PAGING_DIRECT, others, true, true));
	check("the policy says nested, also where it cannot be had",
	      nested(VCTX_PAGING_NESTED, others, false, false));
	check("who asks for nested paging is not given less",
	      nested(VCTX_PAGING_DIRECT, asks, false, true) &&
	      nested(VCTX_PAGING_AUTO, asks, false, false));
}

int main(void)
{
	printf("TAP version 13\n1..21\n");
	exit_words();
	debug_exceptions();
	hazards();
	paging();
	return failed || number != 21;
}
