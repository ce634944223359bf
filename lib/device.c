// SPDX-License-Identifier: MIT
/*
 * The one descriptor of /dev/vcontext that a process keeps.
 *
 * open() costs more than entering and leaving together, so it is done once, at
 * first use.  No lock guards it: vctx_in_context() may be called from a signal
 * handler, and a child of fork() must not find a lock held by a thread that it
 * does not have.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device.h"
#include "vctx.h"

static atomic_int device = -1;

/* Of open(), with the meanings that errors have in this library. */
static int open_error(void)
{
	switch (errno) {
	case EPERM:	/* the cgroup of a container does not allow the device */
		return -EACCES;
	case ENODEV:	/* a file that udev has not removed with the module */
	case ENXIO:
		return -ENOENT;
	default:
		return -errno;
	}
}

static int open_device(void)
{
	int none = -1;
	int fd = open(VCTX_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return open_error();
	if (atomic_compare_exchange_strong(&device, &none, fd))
		return fd;
	close(fd);	/* another thread was first */
	return none;
}

static int is_device(int fd)
{
	struct vctx_info info = { .size = sizeof(info) };

	return !ioctl(fd, VCTX_IOC_INFO, &info);
}

static int try_ioctl(unsigned long cmd, void *arg)
{
	int fd = atomic_load_explicit(&device, memory_order_acquire);
	int err;

	if (fd >= 0) {
		if (!ioctl(fd, cmd, arg))
			return 0;
		err = -errno;
		if (err == -EALREADY || is_device(fd))
			return err;
		/*
		 * The program has closed the descriptor behind our back, for
		 * example by closefrom(), and the number may be that of another
		 * file now: forget it, and leave the other file open.
		 */
		atomic_compare_exchange_strong(&device, &fd, -1);
	}

	fd = open_device();
	if (fd < 0)
		return fd;
	return ioctl(fd, cmd, arg) ? -errno : 0;
}

int vctx_device_ioctl(unsigned long cmd, void *arg)
{
	int saved = errno;
	int err = try_ioctl(cmd, arg);

	errno = saved;
	return err;
}
