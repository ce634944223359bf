// SPDX-License-Identifier: MIT
/*
 * Running a function in a context, or natively if there is none to be had.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "context.h"

static atomic_ulong native_runs;

/* Never silently: with VCTX_DEBUG set the program says why, and how often. */
static int debug(void)
{
	const char *value = secure_getenv("VCTX_DEBUG");

	return value && *value && *value != '0';
}

static void note_native(int err)
{
	const char *reason;

	if (atomic_fetch_add(&native_runs, 1) || !debug())
		return;
	if (!vctx_available(&reason))
		reason = vctx_strerror(err);
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
	/* Also runs when an exception or pthread_exit() unwinds through here. */
	int entered __attribute__((cleanup(undo))) = 0;
	uint64_t flags;
	long value;
	int err;

	if (!fn)
		return -EINVAL;
	err = vctx_context_flags(attr, &flags);
	if (err)
		return err;

	err = vctx_context_enter(flags);
	if (err) {
		if (flags & VCTX_STRICT)
			return err;
		note_native(err);
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
