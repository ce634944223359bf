// SPDX-License-Identifier: MIT
/*
 * Entering and leaving, and what the library remembers of each thread.
 */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "context.h"
#include "device.h"
#include "size.h"

#define KNOWN_FLAGS	(VCTX_STRICT | VCTX_INHERIT | VCTX_KEEP_EXEC | \
			 VCTX_TICKLESS | VCTX_NESTED | VCTX_EAGER)

/*
 * @depth:	calls of vctx_enter() that are not undone yet
 * @made:	the depth at which we made the context, so that the same depth
 *		drops it; 0 if we did not make it
 * @flags:	those that the context was made with
 * @inside:	the thread is known to have a context; if 0, ask the kernel
 * @error:	of its last attempt to get one: 0 or -errno
 * @why:	and with that the module's reason, if it was asked
 * @native:	and why a strict context would run natively
 *
 * Initial-exec: an access is one instruction, also from a shared library.
 */
static __thread struct {
	unsigned int depth;
	unsigned int made;
	uint64_t flags;
	int inside;
	int error;
	enum vctx_unavailable why;
	enum vctx_native_reason native;
} self __attribute__((tls_model("initial-exec")));

static int remember(int error, const struct vctx_enter *enter)
{
	self.error = error;
	self.why = error ? (enum vctx_unavailable)enter->why : VCTX_AVAILABLE;
	self.native = (enum vctx_native_reason)enter->native;
	return error;
}

/* The attributes at @from, which may be of another version: 0 or -errno. */
static int read_attr(const struct vctx_attr *from, struct vctx_attr *attr)
{
	const unsigned char *bytes = (const unsigned char *)from;
	size_t i;

	/* What the first version had. */
	if (from->size < offsetofend(struct vctx_attr, tick_bound_ns))
		return -EINVAL;
	for (i = sizeof(*attr); i < from->size; i++)
		if (bytes[i])
			return -E2BIG;
	memset(attr, 0, sizeof(*attr));
	memcpy(attr, from,
	       from->size < sizeof(*attr) ? from->size : sizeof(*attr));
	return 0;
}

static int make_request(const struct vctx_attr *attr, struct vctx_enter *request)
{
	struct vctx_attr known;
	int err;

	*request = (struct vctx_enter){
		.size = sizeof(*request),
		.flags = VCTX_ENTER_ADAPTIVE,
	};
	if (!attr)
		return 0;
	err = read_attr(attr, &known);
	if (err)
		return err;
	if (known.reserved || known.flags & ~KNOWN_FLAGS ||
	    (known.tick_bound_ns && !(known.flags & VCTX_TICKLESS))) {
		request->why = VCTX_UNAVAILABLE_ARGUMENT;
		return -EOPNOTSUPP;
	}
	request->flags = known.flags & VCTX_EAGER ?
				 known.flags & ~VCTX_EAGER :
				 known.flags | VCTX_ENTER_ADAPTIVE;
	request->tick_bound_ns = known.tick_bound_ns;
	return 0;
}

int vctx_context_request(const struct vctx_attr *attr,
			 struct vctx_enter *request)
{
	return remember(make_request(attr, request), request);
}

int vctx_context_enter(const struct vctx_enter *request)
{
	struct vctx_enter enter = *request;
	int err;

	if (!self.inside) {
		err = vctx_device_ioctl(VCTX_IOC_ENTER, &enter);
		if (err && err != -EALREADY)
			return remember(err, &enter);
		if (!err) {
			self.made = self.depth + 1;
			self.flags = enter.flags;
		}
		self.inside = 1;
	}
	self.depth++;
	return remember(0, &enter);
}

int vctx_enter(const struct vctx_attr *attr)
{
	struct vctx_enter request;
	int err = vctx_context_request(attr, &request);

	return err ? err : vctx_context_enter(&request);
}

static const char *reason_of(int error, unsigned int why, unsigned int native)
{
	const char *reason = NULL;

	/* The reason of a later module has no text here. */
	if (why != VCTX_AVAILABLE)
		reason = vctx_unavailable_reason(why, native);
	return reason ? reason : vctx_strerror(error);
}

int vctx_why(enum vctx_unavailable *why, const char **reason)
{
	if (why)
		*why = self.why;
	if (reason)
		*reason = reason_of(self.error, self.why, self.native);
	return self.error;
}

int vctx_leave(void)
{
	if (!self.depth)
		return -ENXIO;

	if (self.depth == self.made) {
		self.made = 0;
		self.inside = 0;
		/*
		 * ENXIO means that the context was evicted, that somebody else
		 * dropped it, or that there was no memory to inherit it.  In
		 * each case the thread is outside now.
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

	/* The context may have been evicted since: only the kernel knows. */
	return !vctx_device_ioctl(VCTX_IOC_STATS, &stats);
}

/*
 * The child has a copy of what its parent remembered.  Its calls of
 * vctx_leave() unwind as in the parent, but only the kernel knows whether the
 * child has a context, and a context that was not inherited must not be dropped.
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
