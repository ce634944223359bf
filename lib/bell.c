// SPDX-License-Identifier: MIT
/*
 * Bells.  The thread's area is at the top of a stack of its own, which has a page that
 * cannot be touched at its bottom.
 */
#include <assert.h>
#include <cpuid.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bell.h"
#include "device.h"
#include "vctx.h"

#define PAGE		4096UL
#define STACK		(64 * 1024UL)
#define MAX_XSAVE	(STACK / 4)

static_assert(offsetof(struct vctx_bell_area, pending) == AREA_PENDING, "bell.h");
static_assert(offsetof(struct vctx_bell_area, in_handler) == AREA_IN_HANDLER, "bell.h");
static_assert(offsetof(struct vctx_bell_area, masked) == AREA_MASKED, "bell.h");
static_assert(offsetof(struct vctx_bell_area, program) == AREA_PROGRAM, "bell.h");
static_assert(sizeof(struct vctx_bell_frame) == FRAME_SIZE, "bell.h");

/* The thread's area, or NULL; it is also the value of @areas, which frees it at the end. */
static __thread struct vctx_bell_area *area
	__attribute__((tls_model("initial-exec")));

static pthread_key_t areas;

void vctx_bell_entry(void);
void vctx_bell_handle(struct vctx_bell_frame *frame);

/* Called by vctx_bell_entry(), which saves the general registers and no others. */
__attribute__((target("general-regs-only"), visibility("hidden")))
void vctx_bell_handle(struct vctx_bell_frame *frame)
{
	struct vctx_bell_area *mine = (struct vctx_bell_area *)(frame + 1);
	vctx_bell_fn fn = (vctx_bell_fn)(uintptr_t)mine->program[BELL_FN];
	uint64_t rung;

	while (!__atomic_load_n(&mine->masked, __ATOMIC_RELAXED)) {
		rung = __atomic_exchange_n(&mine->pending, 0, __ATOMIC_SEQ_CST);
		if (!rung)
			break;
		fn(rung, frame, (void *)(uintptr_t)mine->program[BELL_ARG]);
	}
}

/* Bytes for XSAVE of all that the kernel has enabled; 0 if there is no XSAVE. */
static size_t xsave_size(void)
{
	unsigned int eax, ebx, ecx, edx;

	if (!__get_cpuid_count(0xd, 0, &eax, &ebx, &ecx, &edx))
		return 0;
	return ebx;
}

static struct vctx_bell_area *create_area(vctx_bell_fn fn, void *arg, uint64_t flags)
{
	struct vctx_bell_area *new;
	size_t xsave = 0;
	char *stack;

	if (flags & VCTX_BELL_FPU) {
		xsave = xsave_size();
		if (!xsave || xsave > MAX_XSAVE)
			return NULL;
	}
	stack = mmap(NULL, PAGE + STACK, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return NULL;
	mprotect(stack, PAGE, PROT_NONE);
	new = (struct vctx_bell_area *)(stack + PAGE + STACK) - 1;
	new->program[BELL_FN] = (uintptr_t)fn;
	new->program[BELL_ARG] = (uintptr_t)arg;
	new->program[BELL_XSAVE] = xsave;
	return new;
}

static void unmap(struct vctx_bell_area *old)
{
	munmap((char *)(old + 1) - STACK - PAGE, PAGE + STACK);
}

/* A handler that closes its own bell goes on in the area. */
static void free_area(void)
{
	if (!area || area->in_handler)
		return;
	unmap(area);
	area = NULL;
	pthread_setspecific(areas, NULL);
}

int vctx_bell_open(vctx_bell_fn fn, void *arg, uint64_t flags)
{
	struct vctx_bell bell = {
		.size = sizeof(bell),
		.flags = flags & VCTX_BELL_INTERRUPT,
		.entry = (uintptr_t)vctx_bell_entry,
	};
	struct vctx_bell_area *new;
	int saved = errno, err;

	if (!fn)
		return -EINVAL;
	if (flags & ~(VCTX_BELL_INTERRUPT | VCTX_BELL_FPU))
		return -EOPNOTSUPP;
	new = create_area(fn, arg, flags);
	errno = saved;
	if (!new)
		return -ENOMEM;
	bell.area = (uintptr_t)new;
	err = vctx_device_ioctl(VCTX_IOC_BELL, &bell);
	if (err) {
		unmap(new);
		return err;
	}
	/* That of a bell that ended with its context. */
	free_area();
	area = new;
	pthread_setspecific(areas, new);
	return 0;
}

int vctx_bell_close(void)
{
	int err = vctx_device_ioctl(VCTX_IOC_BELL_CLOSE, NULL);

	free_area();
	return err;
}

/* @eventfd: -1 for a new descriptor, which is returned; else 0, or -errno for either. */
static int create_ringer(unsigned int number, int eventfd)
{
	struct vctx_ringer ringer = {
		.size = sizeof(ringer),
		.number = number,
		.eventfd = eventfd,
	};
	int err = vctx_device_ioctl(VCTX_IOC_RINGER, &ringer);

	return err ? err : ringer.fd;
}

int vctx_bell_fd(unsigned int number)
{
	return create_ringer(number, -1);
}

int vctx_bell_eventfd(unsigned int number, int eventfd)
{
	return eventfd < 0 ? -EBADF : create_ringer(number, eventfd);
}

int vctx_bell_timer(unsigned int number, uint64_t first_ns, uint64_t period_ns, int cpu)
{
	struct vctx_timer timer = {
		.size = sizeof(timer),
		.number = number,
		.first_ns = first_ns,
		.period_ns = period_ns,
		.cpu = cpu,
	};

	return vctx_device_ioctl(VCTX_IOC_TIMER, &timer);
}

int vctx_ring(int fd)
{
	static const uint64_t one = 1;
	int saved = errno, err = 0;

	if (write(fd, &one, sizeof(one)) != sizeof(one)) {
		err = -errno;
		errno = saved;
	}
	return err;
}

int vctx_bell_wait(uint64_t timeout_ns)
{
	struct vctx_bell_wait wait = {
		.size = sizeof(wait),
		.timeout_ns = timeout_ns,
	};

	return vctx_device_ioctl(VCTX_IOC_BELL_WAIT, &wait);
}

void vctx_mask(void)
{
	if (area)
		__atomic_store_n(&area->masked, 1, __ATOMIC_SEQ_CST);
}

void vctx_unmask(void)
{
	if (!area)
		return;
	__atomic_store_n(&area->masked, 0, __ATOMIC_SEQ_CST);
	/* The kernel looks at it on the way back from the call. */
	if (__atomic_load_n(&area->pending, __ATOMIC_SEQ_CST))
		vctx_bell_wait(0);
}

/* The child has a copy of the memory, and no bell. */
static void forget_bell(void)
{
	area = NULL;
}

static void at_thread_exit(void *unused)
{
	(void)unused;
	vctx_bell_close();
}

__attribute__((constructor))
static void watch_threads(void)
{
	pthread_key_create(&areas, at_thread_exit);
	pthread_atfork(NULL, NULL, forget_bell);
}
