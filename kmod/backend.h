/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole contract between the generic code and a vendor's back end.  A back
 * end is one struct vctx_backend_ops in a folder of its own; the generic code calls
 * nothing else in that folder.
 */
#ifndef VCTX_BACKEND_H
#define VCTX_BACKEND_H

#include <linux/ptrace.h>
#include <linux/types.h>
#include <linux/user-return-notifier.h>
#include <linux/vcontext_netlink.h>

struct vctx_cpu;

/* The sizes of a leaf in the identity map, which are also the levels of its tables. */
enum vctx_page_level {
	VCTX_LEVEL_4K,
	VCTX_LEVEL_2M,
	VCTX_LEVEL_1G,
	VCTX_LEVEL_512G,
	VCTX_LEVEL_256T,
	VCTX_NR_LEVELS,
};

/* The bits that are set in each entry of the nested page table. */
struct vctx_idmap_format {
	u64 table;		/* in an entry that points to a table */
	u64 leaf;		/* in each leaf */
	u64 large;		/* also in a leaf above 4 KiB */
	u64 ram;		/* also in a leaf of write-back memory */
	u64 io;			/* also in any other leaf */
	enum vctx_page_level max_level;	/* the largest leaf that the CPUs have */
	enum vctx_page_level top_level;	/* the level of the root */
};

/* A thread's way to user mode goes by it. */
typedef void (*vctx_hook_fn)(struct user_return_notifier *hook);

/**
 * struct vctx_run_loops - run_loop.h, made with one struct vctx_guest_ops of a back end
 * @on_user_return: for nearly all threads
 * @on_user_return_long: for threads that may stay long in the guest
 */
struct vctx_run_loops {
	vctx_hook_fn on_user_return;
	vctx_hook_fn on_user_return_long;
};

/**
 * struct vctx_backend_ops - a back end
 * @backend:	its number in the ABI
 * @name:	the name of the technique, for the log
 * @kvm:	the name of KVM's module for it
 * @kvm_builtin: KVM is no module in this kernel
 * @only_per_stay: the kernel reserves for KVM what it takes to keep virtualisation
 *		enabled from one stay to the next
 * @init:	finds out about the CPUs and allocates, at module load.  Returns
 *		enum vctx_unavailable, or -errno if the module cannot load.
 *		Nothing stays allocated unless it returns VCTX_AVAILABLE.
 * @exit:	undoes @init
 * @busy:	tells whether somebody else uses this CPU's virtualisation
 * @cpu_enable:	readies this CPU for stays.  Unless @per_stay, virtualisation is enabled
 *		from now on: the CPU is in VMX operation, or EFER.SVME is set.  Else
 *		each stay finds out whether it is, by KVM, and does it if not.
 *		Interrupts are off.  Returns 0, -EBUSY or -EIO.
 * @cpu_disable: undoes @cpu_enable; does nothing if that failed or never ran
 * @try:	enters the guest once with @regs, and ends the stay.  Interrupts are
 *		off, and the CPU is enabled.  If there is an identity map, the guest has
 *		nested paging.  Returns whether the entry ended by a page fault or an
 *		interrupt; @code is the vendor's code of the exit.
 * @format:	the format of the identity map, valid after @init
 * @nested_unavailable: why no context can have nested paging, valid after @init
 * @tags:	the number of TLB tags of each CPU, 0 if the CPUs have none
 * @limits:	the VCTX_LIMIT_* of this back end, valid after @init
 * @cpu:	returns the generic part of what the back end has for a CPU
 * @set_tag:	makes the next entries of this CPU use TLB tag @tag, and nested paging
 *		by the identity map if @nested; if @flush, without anything that was
 *		cached under the tag.  Interrupts are off.
 * @flush_tags:	flushes now all that is cached under a set of tags; virtualisation is
 *		enabled, and interrupts are off.  NULL if nobody else uses our tags.
 * @loops:	the run loops, by @per_stay of the CPU
 */
struct vctx_backend_ops {
	enum vctx_backend backend;
	const char *name;
	const char *kvm;
	bool kvm_builtin;
	bool only_per_stay;
	int (*init)(void);
	void (*exit)(void);
	bool (*busy)(void);
	int (*cpu_enable)(bool per_stay);
	void (*cpu_disable)(void);
	bool (*try)(struct vctx_cpu *this, struct pt_regs *regs, u64 *code);
	const struct vctx_idmap_format *format;
	enum vctx_unavailable nested_unavailable;
	unsigned int tags;
	u64 limits;

	struct vctx_cpu *(*cpu)(int cpu);
	void (*set_tag)(unsigned int tag, bool nested, bool flush);
	void (*flush_tags)(unsigned int tags);
	struct vctx_run_loops loops[2];
};

extern struct vctx_backend_ops vctx_vmx_ops;
extern struct vctx_backend_ops vctx_svm_ops;

/*
 * The back end that this machine's CPUs have, or any if they have none; never
 * NULL once vctx_backend_init() has been called.
 */
extern const struct vctx_backend_ops *vctx_backend;

/* Why it can never be used on this machine, as was found at module load. */
extern enum vctx_unavailable vctx_backend_unavailable;

int vctx_backend_init(struct vctx_backend_ops *const backends[], int n);
void vctx_backend_exit(void);
void vctx_backend_explain(enum vctx_unavailable why);

#endif /* VCTX_BACKEND_H */
