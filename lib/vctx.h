/* SPDX-License-Identifier: MIT */
/*
 * libvcontext - run code of this thread in VMX non-root or SVM guest mode.
 *
 * Functions return -errno on failure and leave errno as it was.  All of them
 * are thread-safe and act on the calling thread; none is async-signal-safe
 * except vctx_in_context(), vctx_strerror() and the two that give names.
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
 * Attributes of a context.  Initialise with VCTX_ATTR_INIT; fields added by a
 * later version are zero then and mean what this version does.
 */
struct vctx_attr {
	uint32_t size;		/* sizeof(struct vctx_attr) */
	uint32_t reserved0;	/* 0 */
	uint64_t flags;		/* VCTX_STRICT, VCTX_INHERIT, ... */
	uint64_t tick_bound_ns;	/* with VCTX_TICKLESS, else 0 */
	uint64_t reserved[5];	/* 0 */
};

#define VCTX_ATTR_INIT	{ sizeof(struct vctx_attr), 0, 0, 0, { 0 } }

#define VCTX_STRICT	VCTX_ENTER_STRICT    /* fail rather than run natively */
#define VCTX_INHERIT	VCTX_ENTER_INHERIT   /* threads and children get contexts too */
#define VCTX_KEEP_EXEC	VCTX_ENTER_KEEP_EXEC /* keep the context across execve() */
/*
 * Hold the scheduler tick back while the thread is alone on its CPU, for
 * tick_bound_ns at a time at most: 0 is the default of 1 s, VCTX_UNLIMITED no
 * bound but that of the module, 15 s.  Needs CAP_SYS_NICE.
 */
#define VCTX_TICKLESS	VCTX_ENTER_TICKLESS
#define VCTX_UNLIMITED	UINT64_MAX

/*
 * Enter a context, call fn(arg), leave, return what fn returned.  If no context
 * can be had, fn runs natively all the same; vctx_available() says why.  Inside
 * a context it only calls fn.  A C++ exception, pthread_exit() or cancellation
 * that passes through leaves the context too; longjmp() does not.  fn calls
 * vctx_leave() only for a vctx_enter() of its own: one more ends the context of
 * vctx_run(), and the rest of fn runs natively.  Returns -EINVAL if fn is NULL.
 */
long vctx_run(long (*fn)(void *arg), void *arg);

/*
 * The same with attributes; attr may be NULL.  The result of fn is stored in
 * *result unless result is NULL.  Returns 1 if fn ran in a context, 0 if it ran
 * natively, or -errno without running fn: -EINVAL, -E2BIG or -EOPNOTSUPP for
 * bad arguments, and with VCTX_STRICT all errors of vctx_enter().  Without it,
 * VCTX_TICKLESS where the tick cannot be held is a context without that;
 * vctx_tick_available() says why.
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
 * Returns 0 or -errno:
 *   -EINVAL, -E2BIG, -EOPNOTSUPP   bad attributes: size; a longer structure
 *                                  with unknown fields set; unknown flags,
 *                                  or VCTX_TICKLESS where ticks are not held
 *   -EPERM    VCTX_TICKLESS without CAP_SYS_NICE, or for longer than allowed;
 *             or the administrator allows no new contexts
 *   -EDQUOT   the user has as many contexts as a user may have
 *   -ENOSPC   the machine has as many contexts as it may have
 *   -ENOENT   the module is not loaded
 *   -EACCES   no permission for /dev/vcontext, or disabled by the firmware
 *   -ENODEV   the processor lacks something needed
 *   -EBUSY    KVM or another is in possession of VMX or SVM
 *   -EIO      the processor refused VMX or SVM operation
 *   -ENOMEM   out of memory
 *   -EOPNOTSUPP   with VCTX_STRICT, the thread would run natively as it is
 *   -EMFILE, -ENFILE   the device is opened at first use, and could not be
 */
int vctx_enter(const struct vctx_attr *attr);

/*
 * Undo one vctx_enter().  Returns 0, or -ENXIO if there is none to undo, even
 * if the thread has a context by inheritance.
 */
int vctx_leave(void);

/*
 * Whether the calling thread has a context, from whatever source: 1 or 0.
 * Outside vctx_run() and vctx_enter() this costs a system call.
 */
int vctx_in_context(void);

/*
 * Statistics of the calling thread's context.  stats->size need not be set.
 * Returns 0, -ENXIO outside a context, -EINVAL if stats is NULL, or the -errno
 * of opening the device: without the module, -ENOENT.
 */
int vctx_stats(struct vctx_stats *stats);

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
 * Names, as in JSON and reports, of what struct vctx_stats counts; NULL beyond
 * the last.
 */
const char *vctx_exit_name(unsigned int kind);
const char *vctx_native_name(unsigned int reason);
const char *vctx_held_name(unsigned int interrupt);

#ifdef __cplusplus
}
#endif

#endif /* VCTX_H */
