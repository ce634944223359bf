// SPDX-License-Identifier: GPL-2.0-only
/* What the module tells of itself, by ioctl and by netlink. */
#include "context.h"
#include "backend.h"
#include "info.h"
#include "limits.h"
#include "paging.h"
#include "policy.h"
#include "power.h"
#include "quota.h"
#include "tick.h"

static u64 nested_features(enum vctx_page_level largest)
{
	u64 features = VCTX_FEATURE_NESTED_PAGING;

	if (largest >= VCTX_LEVEL_2M)
		features |= VCTX_FEATURE_NESTED_2M;
	if (largest >= VCTX_LEVEL_1G)
		features |= VCTX_FEATURE_NESTED_1G;
	return features;
}

static u64 features(void)
{
	u64 features = VCTX_FEATURE_STATS_PAGE;

	if (vctx_backend->nested_unavailable == VCTX_AVAILABLE)
		features |= nested_features(vctx_backend->format->max_level);
	if (vctx_backend->tags)
		features |= VCTX_FEATURE_TLB_TAGS;
	if (vctx_tick_available())
		features |= VCTX_FEATURE_TICK_HOLD;
	if (READ_ONCE(vctx_policy.tick_unprivileged))
		features |= VCTX_FEATURE_TICK_UNPRIVILEGED;
	return features;
}

static enum vctx_unavailable unavailable(void)
{
	enum vctx_unavailable why = vctx_power_unavailable();

	if (why == VCTX_AVAILABLE && !READ_ONCE(vctx_policy.enabled))
		return VCTX_UNAVAILABLE_POLICY;
	if (why == VCTX_AVAILABLE && vctx_paging_is_nested(0))
		return vctx_backend->nested_unavailable;
	return why;
}

/**
 * vctx_info_read - see VCTX_IOC_INFO
 * @info: where to
 */
void vctx_info_read(struct vctx_info *info)
{
	enum vctx_unavailable why = unavailable();

	*info = (struct vctx_info) {
		.size = sizeof(*info),
		.abi_version = VCTX_ABI_VERSION,
		.backend = why == VCTX_UNAVAILABLE_NO_HW ? VCTX_BACKEND_NONE :
							   vctx_backend->backend,
		.unavailable = why,
		.enter_flags = VCTX_ENTER_FLAGS,
		.features = features(),
		.max_contexts = READ_ONCE(vctx_policy.max_contexts),
		.contexts = vctx_quota_contexts(),
		.stats_bytes = PAGE_SIZE,
		.tick_max_ns = vctx_tick_max_ns(),
		.limits = vctx_limits(),
	};
}
