// SPDX-License-Identifier: MIT
/*
 * Entering and leaving, and what the library remembers of each thread.
 */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#include "context.h"
#include "device.h"

#define KNOWN_FLAGS	(VCTX_STRICT | VCTX_INHERIT | VCTX_KEEP_EXEC | \
			 VCTX_TICKLESS)

/*
 * @depth:	calls of vctx_enter() that are not undone yet
 * @made:	the depth at which we made the context, so that the same depth
 *		drops it; 0 if we did not
 * @flags:	what it was made with
 * @inside:	the thread is known to have a context; 0 means ask the kernel
 *
 * Initial-exec: an access is one instruction, also from a shared library.
 */
static __thread struct {
	unsigned int depth;
	unsigned int made;
	uint64_t flags;
	int inside;
} self __attribute__((tls_model("initial-exec")));

int vctx_context_request(const struct vctx_attr *attr,
			 struct vctx_enter *request)
{
	const unsigned char *tail;
	size_t i;

	*request = (struct vctx_enter){ .size = sizeof(*request) };
	if (!attr)
		return 0;
	if (attr->size < sizeof(*attr))
		return -EINVAL;

	tail = (const unsigned char *)attr;
	for (i = sizeof(*attr); i < attr->size; i++)
		if (tail[i])
			return -E2BIG;

	if (attr->reserved0 || attr->flags & ~KNOWN_FLAGS)
		return -EOPNOTSUPP;
	for (i = 0; i < sizeof(attr->reserved) / sizeof(attr->reserved[0]); i++)
		if (attr->reserved[i])
			return -EOPNOTSUPP;
	if (attr->tick_bound_ns && !(attr->flags & VCTX_TICKLESS))
		return -EOPNOTSUPP;

	request->flags = attr->flags;
	request->tick_bound_ns = attr->tick_bound_ns;
	return 0;
}

int vctx_context_enter(const struct vctx_enter *request)
{
	struct vctx_enter enter = *request;
	int err;

	if (!self.inside) {
		err = vctx_device_ioctl(VCTX_IOC_ENTER, &enter);
		/* The module is older than we are, and does not hold ticks. */
		if (err == -E2BIG)
			return -EOPNOTSUPP;
		if (err && err != -EALREADY)
			return err;
		if (!err) {
			self.made = self.depth + 1;
			self.flags = enter.flags;
		}
		self.inside = 1;
	}
	self.depth++;
	return 0;
}

int vctx_enter(const struct vctx_attr *attr)
{
	struct vctx_enter request;
	int err = vctx_context_request(attr, &request);

	return err ? err : vctx_context_enter(&request);
}

int vctx_leave(void)
{
	if (!self.depth)
		return -ENXIO;

	if (self.depth == self.made) {
		self.made = 0;
		self.inside = 0;
		/*
		 * ENXIO: somebody else dropped it, or there was no memory to
		 * inherit it.  Either way the thread is outside now.
		 */
		vctx_device_ioctl(VCTX_IOC_LEAVE, NULL);
	}
	if (!--self.depth)
		self.inside = 0;
	return 0;
}

int vctx_in_context(void)
{
	struct vctx_stats stats = {
		.size = sizeof(stats),
		.scope = VCTX_SCOPE_THREAD,
	};

	/* What is remembered may not be so any more: contexts are evicted. */
	return !vctx_device_ioctl(VCTX_IOC_STATS, &stats);
}

/*
 * The child has a copy of what its parent remembered.  Its calls of
 * vctx_leave() unwind as in the parent, but whether it has a context is to be
 * asked anew, and one that was not inherited is not there to be dropped.
 */
static void forget_parent(void)
{
	self.inside = 0;
	if (!(self.flags & VCTX_INHERIT))
		self.made = 0;
}

__attribute__((constructor))
static void watch_fork(void)
{
	pthread_atfork(NULL, NULL, forget_parent);
}
