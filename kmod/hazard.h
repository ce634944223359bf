/* SPDX-License-Identifier: GPL-2.0-only */
/* Machines on which contexts are not known to be safe. */
#ifndef VCTX_HAZARD_H
#define VCTX_HAZARD_H

#include <linux/types.h>
#include <linux/vcontext.h>
#include <asm/kvm_para.h>

/**
 * struct vctx_machine - what decides whether contexts are safe
 * @snp_host:	the host has SEV-SNP enabled.  There, a VMCB in the first page of a 2 MiB
 *		page meets an erratum, and the initialisation of SNP clears the host's
 *		save area of all CPUs.
 * @async_pf:	the MSR by which a guest of KVM asks for asynchronous page faults
 */
struct vctx_machine {
	bool snp_host;
	__u64 async_pf;
};

/*
 * The decision alone, for selftests/host.  An asynchronous page fault that comes as a VM
 * exit looks like the guest's own; natively it would not happen again, and the next
 * fault would be taken for it.
 */
static inline enum vctx_unavailable
vctx_hazard_of(const struct vctx_machine *machine)
{
	const __u64 async = KVM_ASYNC_PF_ENABLED |
			    KVM_ASYNC_PF_DELIVERY_AS_PF_VMEXIT;

	if (machine->snp_host)
		return VCTX_UNAVAILABLE_SNP;
	if ((machine->async_pf & async) == async)
		return VCTX_UNAVAILABLE_ASYNC_FAULT;
	return VCTX_AVAILABLE;
}

enum vctx_unavailable vctx_hazard_find(void);

#endif /* VCTX_HAZARD_H */
