/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the VMX back end share. */
#ifndef VCTX_VMX_H
#define VCTX_VMX_H

#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/types.h>

#include "hw.h"
#include "vmx_ops.h"

/**
 * struct vmx_capability - what the CPUs' VMX can do, and what we make it do
 * @revision:	to be written into the VMXON region and each VMCS
 * @pin, @cpu, @cpu2, @exit, @entry: the VM-execution, VM-exit and VM-entry
 *		controls
 * @eptp:	memory type and walk length of the EPT pointer
 * @ept_extent:	how INVEPT flushes most narrowly
 */
struct vmx_capability {
	u32 revision;
	u32 pin;
	u32 cpu;
	u32 cpu2;
	u32 exit;
	u32 entry;
	u64 eptp;
	unsigned long ept_extent;
};

extern struct vmx_capability vmx_capability;
extern struct vctx_idmap_format vmx_idmap_format;

/**
 * struct vmx_cpu - VMX on one CPU
 * @vmxon:	VMXON region
 * @vmcs:	the CPU's VMCS, current while @on
 * @on:		in VMX operation by us
 * @launched:	the VMCS is: VMRESUME is the instruction to enter with
 * @plain:	the segment fields are those of a 64-bit thread with null
 *		data segments
 * @host_cr3, @host_cr4: what the VMCS has for the host
 * @gs_base:	what the VMCS has as the guest's
 * @gdt:	of the host, to restore its limit
 */
struct vmx_cpu {
	void *vmxon;
	void *vmcs;
	bool on;
	bool launched;
	bool plain;
	unsigned long host_cr3;
	unsigned long host_cr4;
	unsigned long gs_base;
	struct desc_ptr gdt;
};

DECLARE_PER_CPU(struct vmx_cpu, vmx_cpu);

/* capability.c */
int vmx_capability_init(void);

/* vmcs.c */
int vmx_vmcs_setup(struct vmx_cpu *this);
void vmx_vmcs_plain_segments(void);

/* guest.c */
bool vmx_load(struct pt_regs *regs);
void vmx_save(struct pt_regs *regs);
void vmx_sync_host(struct vmx_cpu *this);
void vmx_set_tag(unsigned int tag, bool flush);

/* exit.c */
struct vctx_hw_exit vmx_run(struct pt_regs *regs);

/* enter.S */
long vmx_enter(struct pt_regs *regs, bool launched);
extern char vmx_exit_point[];

#endif /* VCTX_VMX_H */
