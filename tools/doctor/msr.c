// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/alloc.h"
#include "msr.h"

bool msr_read(unsigned int cpu, uint32_t msr, uint64_t *value)
{
	char *path = xasprintf("/dev/cpu/%u/msr", cpu);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool known = fd >= 0 && pread(fd, value, sizeof(*value), msr) == sizeof(*value);
	int error = errno;

	free(path);
	if (fd >= 0)
		close(fd);
	errno = error;
	return known;
}
