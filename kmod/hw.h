/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The whole contract between the generic code and a vendor's back end.  A back
 * end is one struct vctx_hw_ops in a folder of its own; nothing else in there
 * is called from outside.
 */
#ifndef VCTX_HW_H
#define VCTX_HW_H

#include <linux/ptrace.h>
#include <linux/static_call.h>
#include <linux/types.h>
#include <linux/vcontext.h>

/* Sizes of a leaf in the identity map; also indexes of its tables' levels. */
enum vctx_page_level {
	VCTX_LEVEL_4K,
	VCTX_LEVEL_2M,
	VCTX_LEVEL_1G,
	VCTX_LEVEL_512G,
	VCTX_NR_LEVELS,
};

/* How the nested page table is written: bits to or into an entry. */
struct vctx_idmap_format {
	u64 table;		/* an entry that points to a table */
	u64 leaf;		/* a leaf */
	u64 large;		/* besides, in a leaf above 4 KiB */
	u64 ram;		/* besides, for write-back memory */
	u64 io;			/* besides, for everything else */
	enum vctx_page_level max_level;	/* largest leaf the CPUs have */
};

/* What one stay in the guest ended with. */
struct vctx_hw_exit {
	enum vctx_exit_kind kind;
	/*
	 * What to do: VCTX_HW_RESUME, or an enum vctx_native_reason for a
	 * native return at the same instruction.
	 */
	int action;
	u32 code;	/* the vendor's exit reason, for the trace */
};

#define VCTX_HW_RESUME	(-1)

/**
 * struct vctx_hw_ops - a back end
 * @backend:	its number in the ABI
 * @init:	at module load: find out about the CPUs, allocate.  Returns
 *		enum vctx_unavailable, or -errno if the module cannot load.
 * @exit:	undoes @init
 * @busy:	somebody else is in possession of this CPU's virtualisation
 * @cpu_enable:	this CPU enters VMX operation (or sets EFER.SVME), interrupts
 *		off.  Returns 0, -EBUSY, -EIO.
 * @cpu_disable: undoes @cpu_enable; nothing if it failed or never ran
 * @format:	the identity map's format, valid after @init
 * @tags:	number of TLB tags per CPU, 0 if the CPUs have none
 * @load:	user state of current from @regs and the CPU into the guest.
 *		False if this CPU is not enabled.  Interrupts are off in this
 *		and the following four.
 * @set_tag:	the next run uses TLB tag @tag; if @flush, without anything
 *		that was cached under it
 * @run:	one stay in the guest: VM entry, VM exit, and what of the exit
 *		cannot wait.  General registers go from and to @regs.
 * @save:	user state from the guest to @regs and the CPU
 */
struct vctx_hw_ops {
	enum vctx_backend backend;
	int (*init)(void);
	void (*exit)(void);
	bool (*busy)(void);
	int (*cpu_enable)(void);
	void (*cpu_disable)(void);
	const struct vctx_idmap_format *format;
	unsigned int tags;

	bool (*load)(struct pt_regs *regs);
	void (*set_tag)(unsigned int tag, bool flush);
	struct vctx_hw_exit (*run)(struct pt_regs *regs);
	void (*save)(struct pt_regs *regs);
};

extern struct vctx_hw_ops vctx_vmx_ops;

/* The back end in use; never NULL once vctx_hw_init() has succeeded. */
extern const struct vctx_hw_ops *vctx_hw;

/* The hot calls, without the indirection. */
bool vctx_hw_no_load(struct pt_regs *regs);
void vctx_hw_no_set_tag(unsigned int tag, bool flush);
struct vctx_hw_exit vctx_hw_no_run(struct pt_regs *regs);
void vctx_hw_no_save(struct pt_regs *regs);
DECLARE_STATIC_CALL(vctx_hw_load, vctx_hw_no_load);
DECLARE_STATIC_CALL(vctx_hw_set_tag, vctx_hw_no_set_tag);
DECLARE_STATIC_CALL(vctx_hw_run, vctx_hw_no_run);
DECLARE_STATIC_CALL(vctx_hw_save, vctx_hw_no_save);

int vctx_hw_init(void);
void vctx_hw_exit(void);

int vctx_hw_get(void);
void vctx_hw_get_more(void);
void vctx_hw_put(void);
void vctx_hw_put_deferred(void);

enum vctx_unavailable vctx_hw_unavailable(void);
int vctx_hw_errno(enum vctx_unavailable why);

#endif /* VCTX_HW_H */
