/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the SVM back end share. */
#ifndef VCTX_SVM_H
#define VCTX_SVM_H

#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/types.h>
#include <asm/desc.h>
#include <asm/svm.h>

#include "backend.h"
#include "cpu.h"
#include "segment.h"

/**
 * struct svm_capability - what the CPUs' SVM can do
 * @tags:	ASIDs that we use
 * @first_asid:	the first of them; they are the last that the CPUs have, for KVM gives ASIDs
 *		away from the bottom
 * @flush:	the TLB_CONTROL_* that flushes one ASID, and as little else as possible
 * @tsc_ratio:	the ratio that makes the guest's TSC the host's; 0 if it always is
 */
struct svm_capability {
	unsigned int tags;
	unsigned int first_asid;
	u8 flush;
	u64 tsc_ratio;
};

extern struct svm_capability svm_capability;
extern struct vctx_idmap_format svm_idmap_format;

/**
 * struct svm_cpu - SVM on one CPU
 * @cpu:	the generic part
 * @vmcb:	the VMCB of the guest
 * @flush:	the VMCB of flush.c
 * @host_save:	where VMRUN keeps the state of the host
 * @on:		the CPU is enabled
 * @lasting:	we have EFER.SVME set as long as it is enabled
 * @own:	else: we have set it for this stay
 * @kvm_ratio:	the ratio of TSCs that KVM believes there, if it is not that of contexts
 * @filled:	@vmcb has been filled, and keeps its content
 * @segments:	how the segments in the guest are to be loaded; it is not
 *		VCTX_SEGMENTS_PLAIN unless @on
 * @loaded:	what they were loaded from; FS and GS are loaded by VMLOAD
 * @sysenter_cs: the host's value of the MSR, which is 0 while @on
 * @gdt:	the descriptor table of the host
 */
struct svm_cpu {
	struct vctx_cpu cpu;
	struct vmcb *vmcb;
	struct vmcb *flush;
	void *host_save;
	bool on;
	bool lasting;
	bool own;
	bool filled;
	enum vctx_segments_state segments;
	struct vctx_segments loaded;
	u64 kvm_ratio;
	u64 sysenter_cs;
	struct desc_ptr gdt;
};

DECLARE_PER_CPU(struct svm_cpu, svm_cpu);

static inline struct svm_cpu *svm_cpu_of(struct vctx_cpu *cpu)
{
	return container_of(cpu, struct svm_cpu, cpu);
}

/*
 * Parts of the VMCB that the processor may keep from one VMRUN to the next while
 * their bit is set (APM, "VMCB State Caching").  It reads the rest each time.
 */
#define SVM_CLEAN_ASID	BIT(2)
#define SVM_CLEAN_CR	BIT(5)	/* CR0, CR3, CR4, EFER */
#define SVM_CLEAN_DR	BIT(6)	/* DR6, DR7 */
#define SVM_CLEAN_SEG	BIT(8)	/* CS, SS, DS, ES, CPL */
#define SVM_CLEAN_ALL	GENMASK(11, 0)

static __always_inline void svm_changed(struct svm_cpu *this, u32 part)
{
	this->vmcb->control.clean &= ~part;
}

/* capability.c */
int svm_capability_init(void);

/* cpu.c */
int svm_cpu_alloc(void);
void svm_cpu_free(void);

/* operation.c */
bool svm_busy(void);
int svm_cpu_enable(bool per_stay);
void svm_cpu_disable(void);
int svm_begin_any_stay(struct svm_cpu *this);
void svm_end_any_stay(struct svm_cpu *this);

/* flush.c */
void svm_flush_setup(struct svm_cpu *this);
void svm_flush_tags(unsigned int tags);

/* vmcb.c */
void svm_vmcb_setup(struct svm_cpu *this);

/* guest.c */
void svm_set_tag(unsigned int tag, bool flush);

/* dump.c */
void svm_dump(const struct vmcb *vmcb);

/* run.c */
bool svm_try(struct vctx_cpu *cpu, struct pt_regs *regs, u64 *code);
void svm_on_user_return(struct user_return_notifier *hook);
void svm_on_user_return_long(struct user_return_notifier *hook);
void svm_on_user_return_per_stay(struct user_return_notifier *hook);
void svm_on_user_return_per_stay_long(struct user_return_notifier *hook);

/* DR6 without any cause of #DB (APM, "Debug-Status Register (DR6)"). */
#define SVM_DR6_NONE	0xffff0ff0

#endif /* VCTX_SVM_H */
