// SPDX-License-Identifier: MIT
/*
 * Running a function in a context, or natively if it can have none.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "context.h"

static atomic_ulong native_runs;

/* With VCTX_DEBUG set, the program says why it runs natively, and how often. */
static int debug(void)
{
	const char *value = secure_getenv("VCTX_DEBUG");

	return value && *value && *value != '0';
}

/* If only the tick cannot be held, a context that does not hold it is next best. */
static int enter_without_hold(struct vctx_enter *request)
{
	static atomic_flag noted = ATOMIC_FLAG_INIT;
	const char *reason;
	int err;

	vctx_why(NULL, &reason);
	request->flags &= ~VCTX_TICKLESS;
	request->tick_bound_ns = 0;
	err = vctx_context_enter(request);
	if (!err && !atomic_flag_test_and_set(&noted) && debug())
		fprintf(stderr, "libvcontext: not holding the tick: %s\n", reason);
	return err;
}

static void note_native(void)
{
	const char *reason;

	if (atomic_fetch_add(&native_runs, 1) || !debug())
		return;
	vctx_why(NULL, &reason);
	fprintf(stderr, "libvcontext: running natively: %s\n", reason);
}

__attribute__((destructor))
static void report_native(void)
{
	unsigned long runs = atomic_load(&native_runs);

	if (runs && debug())
		fprintf(stderr, "libvcontext: %lu call%s of vctx_run() ran natively\n",
			runs, runs == 1 ? "" : "s");
}

static void undo(const int *entered)
{
	if (*entered)
		vctx_leave();
}

int vctx_run_attr(const struct vctx_attr *attr, long (*fn)(void *arg),
		  void *arg, long *result)
{
	/* The clean-up also runs when an exception or pthread_exit() passes. */
	int entered __attribute__((cleanup(undo))) = 0;
	struct vctx_enter request;
	long value;
	int err;

	if (!fn)
		return -EINVAL;
	err = vctx_context_request(attr, &request);
	if (err)
		return err;

	err = vctx_context_enter(&request);
	if ((err == -EPERM || err == -ERANGE) &&
	    (request.flags & (VCTX_TICKLESS | VCTX_STRICT)) == VCTX_TICKLESS)
		err = enter_without_hold(&request);
	if (err) {
		if (request.flags & VCTX_STRICT)
			return err;
		note_native();
	}
	entered = !err;

	value = fn(arg);
	if (result)
		*result = value;
	return entered;
}

long vctx_run(long (*fn)(void *arg), void *arg)
{
	long result = -EINVAL;

	vctx_run_attr(NULL, fn, arg, &result);
	return result;
}
