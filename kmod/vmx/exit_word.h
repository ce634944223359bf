/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the exit reason of a VMCS says (SDM, "Basic VM-Exit Information").  This decides
 * by the word alone, so that selftests/host can ask it about words that no emulator
 * has.
 */
#ifndef VCTX_VMX_EXIT_WORD_H
#define VCTX_VMX_EXIT_WORD_H

#include <linux/types.h>
#include <asm/debugreg.h>
#include <asm/vmx.h>

/* Not an exit reason, for no reason has all bits set: VMLAUNCH and VMRESUME failed. */
#define VMX_ENTER_FAILED	0xffffffffU

/* What an exit means, beside an exit that the table in run.c is asked about. */
enum vmx_exit {
	VMX_EXIT_OTHER,
	VMX_EXIT_EXCEPTION,	/* an exception or an NMI */
	VMX_EXIT_INTERRUPT,
	VMX_EXIT_MACHINE_CHECK,	/* it hit during the VM entry */
	VMX_EXIT_REFUSED,	/* the processor did not enter the guest */
};

/* The bits above are flags: of a failed entry, of an SGX enclave, of SMM. */
static inline __u16 vmx_exit_basic(__u32 word)
{
	return word;
}

static inline enum vmx_exit vmx_exit_what(__u32 word)
{
	__u16 basic = vmx_exit_basic(word);

	if (word == VMX_ENTER_FAILED)
		return VMX_EXIT_REFUSED;
	if (word & VMX_EXIT_REASONS_FAILED_VMENTRY)
		return basic == EXIT_REASON_MCE_DURING_VMENTRY ?
			VMX_EXIT_MACHINE_CHECK : VMX_EXIT_REFUSED;
	switch (basic) {
	case EXIT_REASON_EXCEPTION_NMI:
		return VMX_EXIT_EXCEPTION;
	case EXIT_REASON_EXTERNAL_INTERRUPT:
		return VMX_EXIT_INTERRUPT;
	case EXIT_REASON_EPT_MISCONFIG:
		return VMX_EXIT_REFUSED;
	default:
		return VMX_EXIT_OTHER;
	}
}

/*
 * The exit qualification of #DB has the bits of DR6, but that of a bus lock is not
 * inverted (SDM, "Exit Qualification for Debug Exceptions").
 */
static inline bool vmx_debug_is_step(__u64 qualification)
{
	return qualification & DR_STEP;
}

static inline bool vmx_debug_is_bus_lock(__u64 qualification)
{
	return qualification & DR_BUS_LOCK;
}

#endif /* VCTX_VMX_EXIT_WORD_H */
