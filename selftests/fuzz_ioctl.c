// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random calls of the device, while contexts compute, fork, come and go: each call
 * is answered with an errno that is documented.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_netlink.h"

#define PAGE		4096UL

/* Addresses of all sorts of memory, and of none. */
static void *random_pointer(uint8_t *pages)
{
	switch (fuzz_below(10)) {
	case 0:
		return NULL;
	case 1:
		return (void *)fuzz_random();
	case 2:
		return (void *)(0xffff800000000000ULL | fuzz_random());
	case 3:		/* at the end of what is mapped */
		return pages + PAGE - fuzz_below(64);
	case 4:		/* read-only */
		return pages + 2 * PAGE + fuzz_below(64);
	case 5:
		return pages + fuzz_below(PAGE);
	default:
		return pages + 512 * fuzz_below(8);
	}
}

static unsigned long random_command(void)
{
	static const unsigned long commands[] = {
		VCTX_IOC_INFO, VCTX_IOC_ENTER, VCTX_IOC_LEAVE, VCTX_IOC_STATS,
		VCTX_IOC_BELL, VCTX_IOC_BELL_CLOSE, VCTX_IOC_RINGER, VCTX_IOC_TIMER,
		VCTX_IOC_BELL_STATS,
	};

	switch (fuzz_below(8)) {
	case 0:
		return fuzz_random();
	case 1:
		return _IOC(fuzz_below(4), VCTX_IOC_TYPE, fuzz_below(8), fuzz_below(1 << 14));
	default:
		return commands[fuzz_below(ARRAY_SIZE(commands))];
	}
}

/* Puts a structure every 512 bytes, mostly with the size of the command's own. */
static void fill(uint8_t *page, unsigned long cmd)
{
	static const uint32_t sizes[] = { 0, 8, 16, 48, 448, 4096, 4097, -1U };

	memset(page, 0, PAGE);
	for (uint8_t *at = page; at < page + PAGE; at += 512) {
		uint32_t size = _IOC_SIZE(cmd);

		if (!fuzz_below(4))
			size = sizes[fuzz_below(ARRAY_SIZE(sizes))];
		memcpy(at, &size, sizeof(size));
		at[4] = cmd == VCTX_IOC_STATS ? fuzz_below(3) : 0;
		at[8] = cmd == VCTX_IOC_ENTER ? fuzz_below(16) : 0;
		if (!fuzz_below(3))
			at[fuzz_below(64)] = fuzz_random();
	}
}

static const int ioctl_errnos[] = {
	0, EINVAL, E2BIG, EFAULT, ENOTTY, EOPNOTSUPP, EALREADY, ENXIO, EPERM,
	ERANGE, ENOSPC, EDQUOT, ENOEXEC, ENOMEM, EBUSY, ENOTCONN, EEXIST, EBADF,
	EMFILE,
};

static void expect_ioctl_errno(unsigned long cmd, int error)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(ioctl_errnos); i++)
		if (error == ioctl_errnos[i])
			return;
	printf("# ioctl %#lx: errno %d\n", cmd, error);
	CHECK(!"documented errno");
}

/* What else can be done with a file. */
static void other_call(uint8_t *pages)
{
	size_t len = fuzz_below(4) * PAGE;
	void *map;

	switch (fuzz_below(4)) {
	case 0:
		CHECK(read(test_fd, pages, fuzz_below(PAGE)) <= 0);
		break;
	case 1:
		CHECK(write(test_fd, pages, fuzz_below(PAGE)) <= 0);
		break;
	case 2:
		lseek(test_fd, fuzz_random(), fuzz_below(5));
		break;
	default:
		map = mmap(NULL, len, fuzz_below(8),
			   fuzz_below(2) ? MAP_SHARED : MAP_PRIVATE, test_fd,
			   fuzz_below(3) * PAGE);
		if (map != MAP_FAILED)
			munmap(map, len);
	}
}

static void ioctls(const void *arg)
{
	/* The four pages: writable, inaccessible, read-only, inaccessible. */
	uint8_t *pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int counts[MAX_ERRNO] = { };

	(void)arg;
	REQUIRE(pages != MAP_FAILED);
	fuzz_begin(6);
	fill(pages + 2 * PAGE, VCTX_IOC_ENTER);
	CHECK(!mprotect(pages + PAGE, PAGE, PROT_NONE));
	CHECK(!mprotect(pages + 2 * PAGE, PAGE, PROT_READ));
	CHECK(!mprotect(pages + 3 * PAGE, PAGE, PROT_NONE));
	for (int i = 0; i < 10 * fuzz_messages(); i++) {
		unsigned long cmd = random_command();
		int error;

		fill(pages, cmd);
		error = ioctl(test_fd, cmd, random_pointer(pages)) ? errno : 0;
		expect_ioctl_errno(cmd, error);
		counts[error]++;
		if (!fuzz_below(50))
			other_call(pages);
	}
	printf("# ioctls by errno:");
	for (int error = 0; error < MAX_ERRNO; error++)
		if (counts[error])
			printf(" %s %d", error ? strerrorname_np(error) : "0",
			       counts[error]);
	printf("\n");
	CHECK_GE(counts[0], 1);
	CHECK_GE(counts[EFAULT], 1);
	CHECK_GE(counts[EINVAL], 1);
	CHECK_GE(counts[EALREADY], 1);
	__ctx_leave(test_fd);
	fuzz_end();
}

#define FLAGS	(T_DEVICE | T_SELF)
#define CASE(fn)	{ #fn, fn, NULL, FLAGS }

static const struct test tests[] = {
	CASE(ioctls),
};

int main(int argc, char **argv)
{
	return fuzz_main(tests, ARRAY_SIZE(tests), argc, argv);
}
