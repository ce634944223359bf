/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * vcontext - run the user mode of a thread in VMX non-root or SVM guest mode.
 *
 * A context belongs to a thread.  While a thread has one, its user-mode
 * instructions run in the processor's guest mode; system calls, faults and
 * signals are handled by the kernel exactly as without one.  The descriptor of
 * /dev/vcontext is only the door: contexts outlive its close().  Besides, each
 * open file keeps a tally: the sum over the contexts that were entered through the
 * file and over those that descend from them.
 *
 * General rules
 *
 * Each structure starts with its size.  A caller sets it to the size it was
 * compiled with.  The module accepts a smaller one down to the size of the
 * first version, taking what is missing as zero, and a larger one if all that
 * it does not know is zero.  It never writes beyond the caller's size.
 *
 * Errors have one meaning each, in every command and in mmap():
 *
 *   ENOTTY      the command is unknown
 *   EFAULT      the argument cannot be read or written
 *   EINVAL      a size, a scope, a number, an address, or how mmap() is called is not
 *               valid
 *   E2BIG       the structure is longer than the module knows, and what it
 *               does not know is not zero
 *   EOPNOTSUPP  a flag is unknown, or a field is not zero that must be
 *   ENXIO       the thread has no context
 *   EALREADY    the thread has a context already
 *   ENODEV      this machine, as it was booted, can have no contexts, or none
 *               with nested paging
 *   EBUSY       VMX or SVM is in use by somebody else
 *   EIO         a CPU refused to be enabled
 *   ENOSPC      the machine may have no more contexts, or no more bells
 *   EDQUOT      the user may have no more contexts
 *   ENOMEM      out of memory
 *   EPERM       the thread lacks a capability
 *   ERANGE      the tick is not held for so long, or not at all: see
 *               vctx_info.tick_max_ns; or a timer's time is shorter than allowed
 *   ENOEXEC     strict, and the thread would run natively as it is
 *   ENOTCONN    the thread has no bell
 *   EEXIST      the thread has a bell already
 *   EPIPE       the bell is no more
 *   EBADF       a descriptor is not one of an eventfd
 *   EMFILE, ENFILE  there can be no more descriptors
 *   ETIMEDOUT   nobody has rung in time
 *   EINTR       a signal came first
 *
 * VCTX_IOC_ENTER also says why it failed: an enum vctx_unavailable, which is
 * finer than the error.
 *
 * All fields are in the machine's byte order; times are in nanoseconds.
 */
#ifndef _UAPI_LINUX_VCONTEXT_H
#define _UAPI_LINUX_VCONTEXT_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Rises when a command, a flag or a field is added; nothing is ever removed. */
#define VCTX_ABI_VERSION	1

/* What a VM exit was for; see vctx_stats.exits. */
enum vctx_exit_kind {
	VCTX_EXIT_INTERRUPT,	/* an external interrupt, which the host handles */
	VCTX_EXIT_SYSCALL,	/* SYSCALL, replayed natively */
	VCTX_EXIT_PAGE_FAULT,	/* #PF, replayed natively */
	VCTX_EXIT_EXCEPTION,	/* any other exception */
	VCTX_EXIT_CPUID,	/* CPUID, executed for the guest */
	VCTX_EXIT_NESTED_FAULT,	/* the first touch of memory that is no RAM */
	VCTX_EXIT_NMI,		/* a non-maskable interrupt */
	VCTX_EXIT_OTHER,	/* anything else, replayed natively */
	VCTX_NR_EXITS,
	VCTX_MAX_EXITS = 16,	/* room in the ABI */
};

/* Why a thread went on natively; see vctx_stats.native. */
enum vctx_native_reason {
	VCTX_NATIVE_SYSCALL,		/* a system call is to be made */
	VCTX_NATIVE_PAGE_FAULT,		/* a page fault is to be handled */
	VCTX_NATIVE_EXCEPTION,		/* another exception is to be raised */
	VCTX_NATIVE_INSTRUCTION,	/* an instruction that exits is to be executed */
	VCTX_NATIVE_WORK,		/* the kernel has work: scheduling, signals */
	VCTX_NATIVE_STEP,		/* single step (RFLAGS.TF) */
	VCTX_NATIVE_BREAKPOINT,		/* hardware breakpoints or watchpoints are active */
	VCTX_NATIVE_COMPAT,		/* a code segment of the program's own */
	VCTX_NATIVE_SEGMENT,		/* an LDT or an unusual stack segment */
	VCTX_NATIVE_ADDRESS,		/* an instruction pointer outside user space */
	VCTX_NATIVE_SHSTK,		/* a user shadow stack */
	VCTX_NATIVE_CPU,		/* this CPU is not enabled */
	VCTX_NATIVE_MEMORY,		/* no memory for a child's context or the identity map */
	VCTX_NATIVE_IOPORT,		/* ioperm() or iopl() is in force */
	VCTX_NATIVE_FAILURE,		/* the processor refused a VM entry */
	VCTX_NATIVE_INTERRUPT,		/* an interrupt is to be taken */
	VCTX_NATIVE_POLICY,		/* no context for a child, since a limit is reached */
	VCTX_NATIVE_NMI,		/* NMIs have come, with which perf may sample */
	VCTX_NATIVE_BUS_LOCK,		/* the thread has locked the bus */
	VCTX_NATIVE_ADAPTIVE,		/* adaptive, and not found computing yet */
	VCTX_NR_NATIVE,
	VCTX_MAX_NATIVE = 32,	/* room in the ABI */
};

/* Which back end runs the contexts; see vctx_info.backend. */
enum vctx_backend {
	VCTX_BACKEND_NONE,	/* the processor has neither */
	VCTX_BACKEND_VMX,	/* Intel and compatible */
	VCTX_BACKEND_SVM,	/* AMD and compatible */
};

/* What interrupted the guest while the tick was held; see vctx_stats.held. */
enum vctx_held_interrupt {
	VCTX_HELD_TIMER,		/* the local APIC timer: the tick or another hrtimer */
	VCTX_HELD_RESCHEDULE,		/* another CPU asks for a reschedule */
	VCTX_HELD_CALL_FUNCTION,	/* another CPU calls a function here */
	VCTX_HELD_DEVICE,		/* a device, or anything else with a vector */
	VCTX_HELD_NMI,			/* a non-maskable interrupt */
	VCTX_NR_HELD,
	VCTX_MAX_HELD = 8,	/* room in the ABI */
};

/*
 * Why there is no context; see vctx_info.unavailable and vctx_enter.why.  In
 * parentheses is the error of VCTX_IOC_ENTER.
 */
enum vctx_unavailable {
	VCTX_AVAILABLE,			/* contexts are available */
	VCTX_UNAVAILABLE_NO_HW,		/* the processor has neither VMX nor SVM (ENODEV) */
	VCTX_UNAVAILABLE_FIRMWARE,	/* the firmware has disabled VMX or SVM (ENODEV) */
	VCTX_UNAVAILABLE_FEATURE,	/* VMX or SVM lacks a feature that is needed (ENODEV) */
	/*
	 * KVM has VMX or SVM and does not share it, or another user has it
	 * (EBUSY)
	 */
	VCTX_UNAVAILABLE_BUSY,
	VCTX_UNAVAILABLE_FAILED,	/* a CPU refused to be enabled (EIO) */
	/*
	 * memory is encrypted, with which nested paging does not work (ENODEV)
	 */
	VCTX_UNAVAILABLE_ENCRYPTED,
	VCTX_UNAVAILABLE_SNP,		/* the host runs SEV-SNP guests (ENODEV) */
	/* the hypervisor delivers page faults asynchronously (ENODEV) */
	VCTX_UNAVAILABLE_ASYNC_FAULT,
	VCTX_UNAVAILABLE_POLICY,	/* the administrator allows no new contexts (ENOSPC) */
	VCTX_UNAVAILABLE_MACHINE_LIMIT,	/* vctx_info.max_contexts contexts exist (ENOSPC) */
	VCTX_UNAVAILABLE_USER_LIMIT,	/* the user may have no more contexts (EDQUOT) */
	VCTX_UNAVAILABLE_MEMORY,	/* out of memory (ENOMEM) */
	VCTX_UNAVAILABLE_PRIVILEGE,	/* holding the tick takes CAP_SYS_NICE (EPERM) */
	VCTX_UNAVAILABLE_TICK,		/* the tick is not held here at all (ERANGE) */
	VCTX_UNAVAILABLE_TICK_BOUND,	/* the bound is above vctx_info.tick_max_ns (ERANGE) */
	/* vctx_enter.native is why the thread runs natively (ENOEXEC) */
	VCTX_UNAVAILABLE_STRICT,
	VCTX_UNAVAILABLE_ENTERED,	/* the thread has a context already (EALREADY) */
	VCTX_UNAVAILABLE_ARGUMENT,	/* unknown flag, or field that must be zero (EOPNOTSUPP) */
	/* nested paging is wanted, and the processor lacks it (ENODEV) */
	VCTX_UNAVAILABLE_NESTED,
};

/*
 * VCTX_IOC_INFO - what is there
 *
 * Returns 0 and fills the structure, with or without contexts available.
 *
 * @size:		in: see above
 * @abi_version:	out: VCTX_ABI_VERSION of the module
 * @backend:		out: enum vctx_backend
 * @unavailable:	out: enum vctx_unavailable, VCTX_AVAILABLE if a thread can
 *			enter now, as far as that depends on the machine alone
 * @enter_flags:	out: the VCTX_ENTER_* flags that the module knows
 * @features:		out: VCTX_FEATURE_*
 * @max_contexts:	out: limit on contexts at one time; 0 is no limit
 * @contexts:		out: contexts that exist now
 * @stats_bytes:	out: bytes to mmap() for the statistics page
 * @tick_max_ns:	out: the largest bound on a tick hold that is allowed, 0 if
 *			ticks are not held at all; U64_MAX is unlimited
 * @limits:		out: VCTX_LIMIT_*, what is slower here, since the kernel
 *			reserves for KVM what the module would need, or since KVM's
 *			module is loaded
 */
struct vctx_info {
	__u32 size;
	__u32 abi_version;
	__u32 backend;
	__u32 unavailable;
	__u64 enter_flags;
	__u64 features;
	__u32 max_contexts;
	__u32 contexts;
	__u32 stats_bytes;
	__u32 __reserved;
	__u64 tick_max_ns;
	__u64 limits;
};

#define VCTX_FEATURE_NESTED_1G		(1ULL << 0)	/* the identity map has 1 GiB pages */
#define VCTX_FEATURE_NESTED_2M		(1ULL << 1)	/* the identity map has 2 MiB pages */
#define VCTX_FEATURE_TLB_TAGS		(1ULL << 2)	/* TLB entries are tagged (VPID, ASID) */
#define VCTX_FEATURE_STATS_PAGE		(1ULL << 3)	/* the statistics can be mapped */
#define VCTX_FEATURE_TICK_HOLD		(1ULL << 4)	/* VCTX_ENTER_TICKLESS works */
#define VCTX_FEATURE_TICK_UNPRIVILEGED	(1ULL << 5)	/* holding needs no CAP_SYS_NICE */
#define VCTX_FEATURE_NESTED_PAGING	(1ULL << 6)	/* VCTX_ENTER_NESTED works */

/*
 * After each switch to a thread, it returns natively once to have its FPU
 * registers loaded.
 */
#define VCTX_LIMIT_FPU			(1ULL << 0)
/*
 * VMX or SVM is enabled and disabled with each stay in the guest, unless KVM
 * has enabled it.
 */
#define VCTX_LIMIT_VMX_OPERATION	(1ULL << 1)
/* Threads run natively (VCTX_NATIVE_CPU) while processor trace is on. */
#define VCTX_LIMIT_PROCESSOR_TRACE	(1ULL << 2)

/*
 * VCTX_IOC_ENTER - give the calling thread a context
 *
 * Returns 0, and the thread runs in guest mode from then on.  A context that the
 * thread has already stays as it is, since contexts do not nest, and the error is
 * EALREADY.
 *
 * @size:	in: see above
 * @why:	out, if the command fails: enum vctx_unavailable
 * @flags:	in: VCTX_ENTER_*
 * @tick_bound_ns: in: with VCTX_ENTER_TICKLESS, the longest time of one hold; 0
 *		is the default (1 s, or less if less is allowed), U64_MAX is no
 *		limit, but one tick each 15 s is let through in any case.
 *		Without VCTX_ENTER_TICKLESS, 0.
 *
 * @native:	out, if @why is VCTX_UNAVAILABLE_STRICT: enum vctx_native_reason
 * @__reserved:	in: 0
 *
 * Errors: those of enum vctx_unavailable, and nothing is written if the command
 * succeeds.  VCTX_ENTER_TICKLESS takes CAP_SYS_NICE, if the policy asks for it.
 * CAP_SYS_RESOURCE exempts from the limit of a user.
 */
struct vctx_enter {
	__u32 size;
	__u32 why;
	__u64 flags;
	__u64 tick_bound_ns;
	__u32 native;
	__u32 __reserved;
};

/* Children, threads and processes alike, get contexts of their own. */
#define VCTX_ENTER_INHERIT	(1ULL << 0)
/* The context is kept across execve(); without the flag, execve() leaves it. */
#define VCTX_ENTER_KEEP_EXEC	(1ULL << 1)
/*
 * The command is refused if the thread would run natively as it is now, for
 * example because it has an LDT, hardware breakpoints, single step or
 * ioperm().  Without the flag the command succeeds, and the statistics say why
 * the thread runs natively.
 */
#define VCTX_ENTER_STRICT	(1ULL << 2)
/*
 * The scheduler tick is held back while the thread is in guest mode and alone
 * on its CPU.  The flag takes CAP_SYS_NICE, unless the policy says otherwise.
 * Timers of the kernel's timer wheel on that CPU may run late, by the bound at
 * most.
 */
#define VCTX_ENTER_TICKLESS	(1ULL << 3)
/*
 * The processor translates the addresses of the thread by the process's page
 * tables and by the identity map behind them.  Without the flag, the policy
 * decides on that.
 */
#define VCTX_ENTER_NESTED	(1ULL << 4)
/*
 * The thread is in guest mode only while it computes: it begins natively, a
 * tick that interrupts its user mode takes it into guest mode, and a stay
 * there that the thread itself ends early takes it out.  Without the flag, all
 * its user mode is in guest mode.  On a nohz_full CPU the flag has no effect.
 */
#define VCTX_ENTER_ADAPTIVE	(1ULL << 5)

/*
 * VCTX_IOC_LEAVE - the calling thread becomes an ordinary one
 *
 * Takes no argument.  Returns 0.  The final statistics stay in a statistics
 * page that is mapped and are added to the tally.
 *
 * Errors: ENXIO if the thread has no context.
 */

/*
 * VCTX_IOC_STATS - statistics
 *
 * Returns 0.  All counters rise only.
 *
 * @size:		in: see above, out: bytes that the module has filled
 * @scope:		in: enum vctx_scope
 * @contexts:		contexts counted here, those that ended included
 * @live:		contexts counted here that still exist
 * @entries:		VM entries
 * @exits:		VM exits by enum vctx_exit_kind
 * @native:		returns to native mode by enum vctx_native_reason
 * @guest_ns:		time in guest mode
 * @native_ns:		time since the context was entered, less @guest_ns: time
 *			in the kernel, natively, or not running
 * @tlb_flushes:	TLB tags that were flushed because the mm had moved
 * @ticks_held:		scheduler ticks held back (0 without that feature)
 * @held:		interruptions of the guest while the tick was held, by enum
 *			vctx_held_interrupt
 * @longest_ns:		longest stay in guest mode without an interruption; in a
 *			tally the longest of all
 * @nested:		those of @contexts that have nested paging
 *
 * Errors: ENXIO for VCTX_SCOPE_THREAD if the thread has no context.
 */
struct vctx_stats {
	__u32 size;
	__u32 scope;
	__u64 contexts;
	__u64 live;
	__u64 entries;
	__u64 exits[VCTX_MAX_EXITS];
	__u64 native[VCTX_MAX_NATIVE];
	__u64 guest_ns;
	__u64 native_ns;
	__u64 tlb_flushes;
	__u64 ticks_held;
	__u64 held[VCTX_MAX_HELD];
	__u64 longest_ns;
	__u64 nested;
};

enum vctx_scope {
	VCTX_SCOPE_THREAD,	/* the calling thread's context */
	VCTX_SCOPE_FILE,	/* the tally of this open file */
};

/*
 * The statistics page
 *
 * mmap(NULL, vctx_info.stats_bytes, PROT_READ, MAP_SHARED, fd, 0) maps the
 * struct vctx_stats of the calling thread's context, read-only; it is updated
 * at every VM exit.  @native_ns is not kept up to date there, @live is 1 until
 * the context ends.  The page stays valid, with the final values, after the
 * thread has left; a child of fork() inherits the mapping, of its parent's
 * counters.
 *
 * Errors: ENXIO if the thread has no context; EINVAL for another offset or
 * size, or a mapping that is private, writable or executable; ENOMEM.
 */

/*
 * Bells
 *
 * A thread with a context may have a bell, which anybody rings who has a
 * descriptor for it.  A ring has a number from 0 to 63, and sets a bit of the
 * thread's pending word; if the bit is set already, the rings are merged.  Soon
 * after, the thread's handler runs between two instructions of its user mode: with no
 * signal, and in guest mode as well as natively.  A thread that is blocked in a
 * system call runs it after the call, unless the bell has VCTX_BELL_INTERRUPT.
 *
 * The thread has an area, in which the module and the handler's code meet, and a
 * stack below it.  Before the return to user mode, if a bit is pending, and neither
 * @in_handler nor @masked is set, the module writes a struct vctx_bell_frame right
 * below the area, sets @in_handler, and has the thread go on at the entry: RSP points
 * to the frame, the flags TF, DF, RF, NT and AC are clear, and all else is as it was
 * interrupted.  A debugger's single step goes on there, and is not in the frame.
 *
 * The code at the entry takes the pending bits by an atomic exchange, calls the handler,
 * and ends by an IRETQ to where the frame says.  It clears @in_handler when it no longer
 * needs what is at the frame and below it, for the next ring may come at once; then it
 * looks whether more has been rung.
 *
 * The bell ends with the context, and with execve().  fork() gives the child none.
 */
#define VCTX_BELL_NUMBERS	64

/*
 * struct vctx_bell_area - shared by the module and the code at the entry
 * @pending:	bits that were rung; the module sets them, the code clears them
 * @in_handler:	not 0: the handler runs; no frame is written
 * @masked:	not 0: the thread wants no handler now; no frame is written
 * @program:	for the program's own use
 */
struct vctx_bell_area {
	__u64 pending;
	__u32 in_handler;
	__u32 masked;
	__u64 program[6];
};

/* Where the thread was interrupted, as IRETQ takes it. */
struct vctx_bell_frame {
	__u64 rip;
	__u64 cs;
	__u64 rflags;
	__u64 rsp;
	__u64 ss;
};

/*
 * VCTX_IOC_BELL - give the calling thread's context a bell
 *
 * @size:	in: see above
 * @flags:	in: VCTX_BELL_*
 * @area:	in: the address of a struct vctx_bell_area, a multiple of 64 and not of
 *		4096.  Its page stays in memory until the bell ends.
 * @entry:	in: the address of the code that calls the handler
 *
 * Errors: ENXIO, EEXIST, ENOSPC, EFAULT if the area cannot be written, EINVAL if an
 * address is none of user space or not aligned, EOPNOTSUPP for an unknown flag, for
 * 32-bit code, and for a thread with a user shadow stack; ENOMEM.
 */
struct vctx_bell {
	__u32 size;
	__u32 flags;
	__u64 area;
	__u64 entry;
};

/* A ring interrupts a system call that blocks.  After the handler, the call restarts. */
#define VCTX_BELL_INTERRUPT	(1U << 0)

/*
 * VCTX_IOC_BELL_CLOSE - the calling thread has no bell from now on
 *
 * Takes no argument.  Returns 0.  Errors: ENXIO, ENOTCONN.
 */

/*
 * VCTX_IOC_RINGER - a way to ring the calling thread's bell
 *
 * With @eventfd -1 the command returns a new descriptor, close-on-exec: write() of 8
 * bytes to it rings, whatever the bytes are.  It returns 8, or fails with EPIPE once the
 * bell is no more.  Whoever has the descriptor may ring.
 *
 * Otherwise each write to that eventfd rings.  The eventfd is read by that, and the
 * binding lasts until the bell ends or the last descriptor of the eventfd is closed.
 *
 * @size:	in: see above
 * @number:	in: what is rung, below VCTX_BELL_NUMBERS
 * @flags:	in: 0
 * @eventfd:	in: -1, or a descriptor of an eventfd
 * @fd:		out: the new descriptor, with @eventfd -1
 *
 * Errors: ENXIO, ENOTCONN, EINVAL, EOPNOTSUPP, EBADF, EMFILE, ENFILE, ENOMEM.
 */
struct vctx_ringer {
	__u32 size;
	__u32 number;
	__u64 flags;
	__s32 eventfd;
	__s32 fd;
};

/*
 * VCTX_IOC_TIMER - a timer rings the calling thread's bell
 *
 * Each number has one timer, which this sets anew.
 *
 * @size:	in: see above
 * @number:	in: what is rung
 * @flags:	in: 0
 * @first_ns:	in: time until the timer expires; 0 stops it
 * @period_ns:	in: time until it expires again; 0 is never
 * @cpu:	in: the CPU whose interrupt it is, or -1 for that of the caller.  On
 *		another CPU than the thread's own it takes CAP_SYS_NICE.
 * @__reserved:	in: 0
 *
 * Errors: ENXIO, ENOTCONN, EINVAL for a number or a CPU that is not online, EPERM,
 * EOPNOTSUPP, ERANGE if a time is shorter than the policy allows, ENOMEM.
 */
struct vctx_timer {
	__u32 size;
	__u32 number;
	__u64 flags;
	__u64 first_ns;
	__u64 period_ns;
	__s32 cpu;
	__u32 __reserved;
};

/*
 * VCTX_IOC_BELL_WAIT - wait until a bit is pending
 *
 * The handler runs before user mode goes on after the call, unless it is masked.
 *
 * @size:	in: see above
 * @__reserved:	in: 0
 * @timeout_ns:	in: U64_MAX is no limit; with 0, the command only looks
 *
 * Errors: ENXIO, ENOTCONN, ETIMEDOUT, EINTR, EOPNOTSUPP.
 */
struct vctx_bell_wait {
	__u32 size;
	__u32 __reserved;
	__u64 timeout_ns;
};

/*
 * VCTX_IOC_BELL_STATS - what has happened to the calling thread's bell
 *
 * @size:	in: see above, out: bytes that the module has filled
 * @rung:	rings
 * @merged:	those of them whose bit was pending already
 * @kicked:	how often the thread was asked to look
 * @delivered:	frames that were written
 *
 * Errors: ENXIO, ENOTCONN.
 */
struct vctx_bell_stats {
	__u32 size;
	__u32 __reserved;
	__u64 rung;
	__u64 merged;
	__u64 kicked;
	__u64 delivered;
};

#define VCTX_IOC_TYPE	0xbc

#define VCTX_IOC_INFO	_IOWR(VCTX_IOC_TYPE, 0x00, struct vctx_info)
#define VCTX_IOC_ENTER	_IOWR(VCTX_IOC_TYPE, 0x01, struct vctx_enter)
#define VCTX_IOC_LEAVE	_IO(VCTX_IOC_TYPE, 0x02)
#define VCTX_IOC_STATS	_IOWR(VCTX_IOC_TYPE, 0x03, struct vctx_stats)
#define VCTX_IOC_BELL		_IOWR(VCTX_IOC_TYPE, 0x04, struct vctx_bell)
#define VCTX_IOC_BELL_CLOSE	_IO(VCTX_IOC_TYPE, 0x05)
#define VCTX_IOC_RINGER		_IOWR(VCTX_IOC_TYPE, 0x06, struct vctx_ringer)
#define VCTX_IOC_TIMER		_IOWR(VCTX_IOC_TYPE, 0x07, struct vctx_timer)
#define VCTX_IOC_BELL_WAIT	_IOWR(VCTX_IOC_TYPE, 0x08, struct vctx_bell_wait)
#define VCTX_IOC_BELL_STATS	_IOWR(VCTX_IOC_TYPE, 0x09, struct vctx_bell_stats)

#endif /* _UAPI_LINUX_VCONTEXT_H */
