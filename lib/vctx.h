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
