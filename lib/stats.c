// SPDX-License-Identifier: MIT
/*
 * Statistics of a context, and the names of what they count.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "device.h"
#include "names.h"
#include "size.h"
#include "vctx.h"

static_assert(ARRAY_SIZE(exit_names) == VCTX_NR_EXITS, "name each exit kind");
static_assert(ARRAY_SIZE(native_names) == VCTX_NR_NATIVE, "name each reason");
static_assert(ARRAY_SIZE(held_names) == VCTX_NR_HELD, "name each interrupt");

int vctx_stats(struct vctx_stats *stats, size_t size)
{
	/* What the first version had. */
	if (!stats || size < offsetofend(struct vctx_stats, longest_ns))
		return -EINVAL;
	if (size > UINT32_MAX)
		return -E2BIG;
	memset(stats, 0, size);
	stats->size = size;
	stats->scope = VCTX_SCOPE_THREAD;
	return vctx_device_ioctl(VCTX_IOC_STATS, stats);
}

const char *vctx_exit_name(unsigned int kind)
{
	return kind < ARRAY_SIZE(exit_names) ? exit_names[kind] : NULL;
}

const char *vctx_native_name(unsigned int reason)
{
	return reason < ARRAY_SIZE(native_names) ? native_names[reason] : NULL;
}

const char *vctx_held_name(unsigned int interrupt)
{
	return interrupt < ARRAY_SIZE(held_names) ? held_names[interrupt] : NULL;
}

const char *vctx_unavailable_name(unsigned int why)
{
	return why < ARRAY_SIZE(unavailable_names) ? unavailable_names[why] : NULL;
}
