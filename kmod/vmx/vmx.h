/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the VMX back end share. */
#ifndef VCTX_VMX_H
#define VCTX_VMX_H

#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/types.h>

#include "backend.h"
#include "cpu.h"
#include "segment.h"
#include "vmx_ops.h"

/**
 * struct vmx_capability - what the CPUs' VMX can do, and what we make it do
 * @revision:	to be written into the VMXON region and each VMCS
 * @pin:	the pin-based VM-execution controls
 * @cpu:	the primary processor-based VM-execution controls
 * @cpu2:	the secondary processor-based VM-execution controls without nested paging
 * @exit:	the VM-exit controls
 * @entry:	the VM-entry controls
 * @eptp:	memory type and walk length of the EPT pointer; 0 if nested paging cannot
 *		be had
 * @pt:		a processor trace goes on in VMX operation, or there is none
 */
struct vmx_capability {
	u32 revision;
	u32 pin;
	u32 cpu;
	u32 cpu2;
	u32 exit;
	u32 entry;
	u64 eptp;
	bool pt;
};

extern struct vmx_capability vmx_capability;
DECLARE_STATIC_KEY_FALSE(vmx_has_pebs);
extern struct vctx_idmap_format vmx_idmap_format;

/**
 * struct vmx_cpu - VMX on one CPU
 * @cpu:	the generic part
 * @vmxon:	the VMXON region
 * @vmcs:	the CPU's VMCS, current during a stay, and as long as @lasting
 * @vmcs_pa:	its physical address
 * @on:		the CPU is enabled
 * @lasting:	we have it in VMX operation as long as it is enabled
 * @own:	else: we have entered VMX operation for this stay
 * @previous:	else: the VMCS to be made current after this stay
 * @nmi:	an NMI has ended this stay, and the host has not had it yet
 * @filled:	@vmcs has been filled, and keeps its content
 * @nested:	it is filled for nested paging
 * @segments:	how the segments in the guest are to be loaded; it is not
 *		VCTX_SEGMENTS_PLAIN unless @on
 * @loaded:	what they were loaded from
 * @fs_base:	the guest's and the host's FS base that are in the VMCS, between stays
 * @gs_base:	the guest's GS base that is in the VMCS
 * @gdt:	the descriptor table of the host, to restore its limit
 */
struct vmx_cpu {
	struct vctx_cpu cpu;
	void *vmxon;
	void *vmcs;
	u64 vmcs_pa;
	bool on;
	bool lasting;
	bool own;
	bool nmi;
	bool filled;
	bool nested;
	enum vctx_segments_state segments;
	u64 previous;
	struct vctx_segments loaded;
	unsigned long fs_base;
	unsigned long gs_base;
	struct desc_ptr gdt;
};

DECLARE_PER_CPU(struct vmx_cpu, vmx_cpu);

/* Whether the VMCS has not been cleared since the guest was entered; for enter.S. */
DECLARE_PER_CPU(u32, vmx_launched);

static inline struct vmx_cpu *vmx_cpu_of(struct vctx_cpu *cpu)
{
	return container_of(cpu, struct vmx_cpu, cpu);
}

/* capability.c */
int vmx_capability_init(void);

/* cpu.c */
int vmx_cpu_alloc(void);
void vmx_cpu_free(void);

/* operation.c */
bool vmx_busy(void);
int vmx_cpu_enable(bool per_stay);
void vmx_cpu_disable(void);
bool vmx_begin_any_stay(struct vmx_cpu *this);
void vmx_end_any_stay(struct vmx_cpu *this);

/* vmcs.c */
int vmx_vmcs_setup(struct vmx_cpu *this);
void vmx_vmcs_set_paging(struct vmx_cpu *this, bool nested);

/* guest.c */
void vmx_set_tag(unsigned int tag, bool nested, bool flush);

/* dump.c */
void vmx_dump(void);

/* run.c */
bool vmx_try(struct vctx_cpu *cpu, struct pt_regs *regs, u64 *code);
void vmx_on_user_return(struct user_return_notifier *hook);
void vmx_on_user_return_long(struct user_return_notifier *hook);
void vmx_on_user_return_per_stay(struct user_return_notifier *hook);
void vmx_on_user_return_per_stay_long(struct user_return_notifier *hook);

extern char vmx_exit_point[];
extern char vmx_exit_point_per_stay[];

/* The host has the NMI that has ended a stay: NMIs are blocked until its IRET. */
static inline void vmx_take_nmi(void)
{
	asm volatile("int $2");
}

/*
 * The VPIDs that we use, one for each tag.  KVM gives VPIDs away from the bottom, and 0 is
 * the host's.
 */
#define VMX_TAGS	8
#define VMX_FIRST_VPID	(0x10000 - VMX_TAGS)

/* The access rights of a segment that is not loaded (SDM, "Guest Register State"). */
#define VMX_AR_UNUSABLE	0x10000

#endif /* VCTX_VMX_H */
