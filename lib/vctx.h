/* SPDX-License-Identifier: MIT */
/*
 * libvcontext - run code of this thread in VMX non-root or SVM guest mode.
 *
 * Functions return -errno on failure and leave errno as it was.  All of them
 * are thread-safe and act on the calling thread.  Only vctx_in_context(),
 * vctx_why(), vctx_strerror() and the functions that give names are
 * async-signal-safe.
 *
 * Structures may grow at the end.  Each function takes the size that its caller
 * was compiled with, which may be smaller or larger than the library's, and
 * touches nothing beyond it.
 */
#ifndef VCTX_H
#define VCTX_H

#include <stddef.h>
#include <stdint.h>
#include <linux/vcontext.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VCTX_VERSION "0.1.0"

/*
 * Attributes of a context, to be initialised with VCTX_ATTR_INIT.  A field that
 * a later version adds does nothing if it is 0.
 */
struct vctx_attr {
	uint32_t size;		/* sizeof(struct vctx_attr) */
	uint32_t reserved;	/* 0 */
	uint64_t flags;		/* VCTX_STRICT, VCTX_INHERIT, ... */
	uint64_t tick_bound_ns;	/* with VCTX_TICKLESS, else 0 */
};

#define VCTX_ATTR_INIT	{ sizeof(struct vctx_attr), 0, 0, 0 }

#define VCTX_STRICT	VCTX_ENTER_STRICT    /* fail rather than run natively */
#define VCTX_INHERIT	VCTX_ENTER_INHERIT   /* threads and children get contexts too */
#define VCTX_KEEP_EXEC	VCTX_ENTER_KEEP_EXEC /* keep the context across execve() */
/*
 * Hold the scheduler tick back while the thread is alone on its CPU, for
 * tick_bound_ns at a time at most: 0 is the default of 1 s, and with
 * VCTX_UNLIMITED only the module's own bound of 15 s is left.  The flag takes
 * CAP_SYS_NICE.
 */
#define VCTX_TICKLESS	VCTX_ENTER_TICKLESS
#define VCTX_UNLIMITED	UINT64_MAX
#define VCTX_NESTED	VCTX_ENTER_NESTED    /* have nested paging, whatever the policy says */
/*
 * All user mode is in guest mode.  Without the flag the context is adaptive: the
 * thread runs natively until a tick finds it computing, and again once it ends
 * stays in guest mode early, by system calls or faults.
 */
#define VCTX_EAGER	(1ULL << 63)

/*
 * Enter a context, call fn(arg), leave, return what fn returned.  If no context
 * can be had, fn runs natively all the same, and vctx_why() says why.  Inside
 * a context the function only calls fn.  A C++ exception, pthread_exit() or cancellation
 * that passes through leaves the context too; longjmp() does not.  fn calls
 * vctx_leave() only for a vctx_enter() of its own: one more ends the context of
 * vctx_run(), and the rest of fn runs natively.  Returns -EINVAL if fn is NULL.
 */
long vctx_run(long (*fn)(void *arg), void *arg);

/*
 * The same with attributes; attr may be NULL.  The result of fn is stored in
 * *result unless result is NULL.  Returns 1 if fn ran in a context, 0 if it ran
 * natively, or -errno without running fn: -EINVAL, -E2BIG or -EOPNOTSUPP for
 * bad arguments, and with VCTX_STRICT all errors of vctx_enter().  Without
 * VCTX_STRICT, fn runs in a context that does not hold the tick where
 * VCTX_TICKLESS is refused, and vctx_tick_available() says why.
 */
int vctx_run_attr(const struct vctx_attr *attr, long (*fn)(void *arg),
		  void *arg, long *result);

/*
 * Enter a context until the matching vctx_leave().  Calls nest: only the first
 * enters and only the last leaves.  A context that the thread has by
 * inheritance or from vctx-exec counts as entered and is never left.  attr may
 * be NULL; the attributes of an inner call must be valid and are otherwise
 * without effect.
 *
 * Returns 0 or -errno, and vctx_why() says more:
 *   -EINVAL   the size of the attributes is below that of the first version
 *   -E2BIG    the attributes are longer than is known, and not zero there
 *   -EOPNOTSUPP   an unknown flag, or a field that must be zero
 *   -ENOENT   the module is not loaded
 *   -EACCES   the caller may not open /dev/vcontext
 *   -EMFILE, -ENFILE   the device is opened at first use, and could not be
 *   -ENODEV   this machine, as it was booted, can have no contexts, or none with
 *             nested paging
 *   -EBUSY    KVM has VMX or SVM and does not share it, or another user has it
 *   -EIO      the processor refused VMX or SVM operation
 *   -ENOSPC   the machine may have no more contexts
 *   -EDQUOT   the user may have no more contexts
 *   -ENOMEM   out of memory
 *   -EPERM    VCTX_TICKLESS without CAP_SYS_NICE
 *   -ERANGE   VCTX_TICKLESS for longer than allowed, or ticks are not held
 *   -ENOEXEC  VCTX_STRICT, and the thread would run natively as it is
 */
int vctx_enter(const struct vctx_attr *attr);

/*
 * Why the calling thread got no context when it last asked for one, by
 * vctx_enter(), vctx_run() or vctx_run_attr(): the -errno, or 0 if it got one.
 * If why is not NULL, *why is set to the module's reason, which is finer than
 * the errno; it is VCTX_AVAILABLE if the module was not asked.  If reason is
 * not NULL, *reason is set to a line as vctx_available() gives.
 */
int vctx_why(enum vctx_unavailable *why, const char **reason);

/*
 * Undo one vctx_enter().  Returns 0, or -ENXIO if there is none to undo, even
 * if the thread has a context by inheritance.
 */
int vctx_leave(void);

/*
 * Whether the calling thread has a context, from whatever source: 1 or 0.
 * The call makes a system call, since contexts can be evicted at any time.
 */
int vctx_in_context(void);

/*
 * Statistics of the calling thread's context.  size is sizeof(*stats), and what
 * the module does not know of that many bytes is 0.  Returns 0, -ENXIO outside
 * a context, -EINVAL if stats is NULL or size below that of the first version,
 * -E2BIG if size is larger than a page, or the -errno of opening the device:
 * without the module, -ENOENT.
 */
int vctx_stats(struct vctx_stats *stats, size_t size);

/*
 * Bells: interrupts of user mode
 *
 * A thread with a context may have a bell.  Whoever rings it has the thread's handler
 * run soon after between two instructions of its user mode: with no signal, in guest
 * mode as well as natively.  A thread that is blocked in a system call runs the handler
 * after the call, unless the bell has VCTX_BELL_INTERRUPT.
 *
 * rung has a bit for each number that has been rung since the handler last ran; where is
 * what was interrupted, which the handler may change.  The handler runs on a stack of
 * 64 KiB.  It is not interrupted by rings: for numbers that are rung meanwhile it is
 * called again.  It may do what a signal handler may.  Unless the bell has
 * VCTX_BELL_FPU, it uses general registers only: compile it with -mgeneral-regs-only.
 * It returns: longjmp() and exceptions must not leave it.  A restartable sequence (rseq)
 * that it interrupts is not aborted.
 */
typedef void (*vctx_bell_fn)(uint64_t rung, struct vctx_bell_frame *where, void *arg);

#define VCTX_BELL_FPU	(1ULL << 63)	/* the handler may use the FPU and vectors */

/*
 * Give the calling thread's context a bell: fn(rung, where, arg) is its handler.  flags
 * are VCTX_BELL_INTERRUPT and VCTX_BELL_FPU.  The bell ends by vctx_bell_close(), with the
 * context, and by execve(); a child has none.  Returns 0 or -errno:
 *   -EINVAL   fn is NULL
 *   -ENXIO    the thread has no context
 *   -EEXIST   the thread has a bell already
 *   -ENOSPC   the administrator allows no new bells
 *   -EOPNOTSUPP   an unknown flag, or the thread has a user shadow stack
 *   -ENOMEM   out of memory
 *   -ENOENT, -EACCES, -EMFILE, -ENFILE   see vctx_enter()
 */
int vctx_bell_open(vctx_bell_fn fn, void *arg, uint64_t flags);

/* The thread has no bell from now on.  Returns 0, -ENXIO or -ENOTCONN: there is none. */
int vctx_bell_close(void);

/*
 * A descriptor that rings the calling thread's bell with this number, below
 * VCTX_BELL_NUMBERS.  It may be passed on, also to other processes.  The caller closes it.
 * Returns the descriptor, or -EINVAL, -ENXIO, -ENOTCONN, -EMFILE, -ENFILE, -ENOMEM.
 */
int vctx_bell_fd(unsigned int number);

/*
 * Each write to an eventfd rings the calling thread's bell with this number, until the bell
 * ends or the number gets another eventfd.  The eventfd is read by that.  Returns 0,
 * -EBADF if it is none, or as vctx_bell_fd().
 */
int vctx_bell_eventfd(unsigned int number, int eventfd);

/*
 * A timer rings the calling thread's bell with this number: in first_ns nanoseconds, and
 * then each period_ns unless that is 0.  first_ns 0 stops the timer.  While a ring is not
 * taken, the period gets longer, up to that of the tick.  cpu is the CPU that is interrupted, or -1 for the
 * thread's own; a CPU takes CAP_SYS_NICE.  Returns 0, -EINVAL, -EPERM, -ERANGE if a time is
 * shorter than the policy's bell-timer-us, or as vctx_bell_fd().
 */
int vctx_bell_timer(unsigned int number, uint64_t first_ns, uint64_t period_ns, int cpu);

/* Ring, by a descriptor of vctx_bell_fd().  Returns 0, or -EPIPE if the bell has ended. */
int vctx_ring(int fd);

/*
 * Between vctx_mask() and vctx_unmask() the handler does not run; it runs before
 * vctx_unmask() returns if anybody has rung meanwhile.  They make no system call, but for
 * vctx_unmask() in that case.  They do nothing in a thread without a bell, and do not nest.
 */
void vctx_mask(void);
void vctx_unmask(void);

/*
 * Wait until somebody has rung, for timeout_ns at most (UINT64_MAX is no limit), and run the
 * handler.  Returns 0, -ETIMEDOUT, -EINTR, -EPIPE if the bell has ended, -ENXIO or -ENOTCONN.
 */
int vctx_bell_wait(uint64_t timeout_ns);

/*
 * Whether a context can be had now: 0, or the -errno that vctx_enter() would
 * return.  If reason is not NULL, *reason is set to one line that says why,
 * then, after a semicolon, what helps: a static string, never to be freed.
 */
int vctx_available(const char **reason);

/*
 * The same for a context that holds the tick: whether VCTX_TICKLESS with this
 * tick_bound_ns would be granted to the calling thread.
 */
int vctx_tick_available(uint64_t tick_bound_ns, const char **reason);

/*
 * One line for an error that a function here returned, positive or negative; a
 * static string.
 */
const char *vctx_strerror(int error);

/*
 * One line for an enum vctx_unavailable, as vctx_available() gives, for callers
 * of VCTX_IOC_ENTER: with vctx_enter.native for VCTX_UNAVAILABLE_STRICT.  NULL
 * beyond the last.
 */
const char *vctx_unavailable_reason(unsigned int why, unsigned int native);

/*
 * Names, as in JSON and reports, of what struct vctx_stats counts and of why
 * there is no context; NULL beyond the last.
 */
const char *vctx_exit_name(unsigned int kind);
const char *vctx_native_name(unsigned int reason);
const char *vctx_held_name(unsigned int interrupt);
const char *vctx_unavailable_name(unsigned int why);

#ifdef __cplusplus
}
#endif

#endif /* VCTX_H */
