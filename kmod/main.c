// SPDX-License-Identifier: GPL-2.0-only
/* Module load and unload: a ladder, and down it again. */
#include <linux/module.h>

#include "adaptive.h"
#include "backend.h"
#include "bell.h"
#include "clock.h"
#include "context.h"
#include "cpu.h"
#include "device.h"
#include "inherit.h"
#include "limits.h"
#include "netlink.h"
#include "netlink_event.h"
#include "policy.h"
#include "power.h"
#include "shootdown.h"
#include "stats.h"
#include "tick.h"

static struct vctx_backend_ops *const backends[] __initconst = {
	&vctx_vmx_ops,
	&vctx_svm_ops,
};

static int __init vctx_init(void)
{
	int ret;

	vctx_clock_init();
	vctx_policy_init();
	ret = vctx_backend_init(backends, ARRAY_SIZE(backends));
	if (ret)
		return ret;
	vctx_cpu_init();
	ret = vctx_power_init();
	if (ret)
		goto err_backend;
	vctx_limits_init();
	vctx_shootdown_init();
	vctx_adaptive_init();
	ret = vctx_stats_init();
	if (ret)
		goto err_power;
	ret = vctx_bell_init();
	if (ret)
		goto err_stats;
	ret = vctx_context_init();
	if (ret)
		goto err_bell;
	ret = vctx_inherit_init();
	if (ret)
		goto err_context;
	ret = vctx_tick_init();
	if (ret)
		goto err_inherit;
	ret = vctx_netlink_init();
	if (ret)
		goto err_tick;
	ret = vctx_netlink_event_init();
	if (ret)
		goto err_netlink;
	ret = vctx_device_init();
	if (ret)
		goto err_netlink_event;
	return 0;

err_netlink_event:
	vctx_netlink_event_exit();
err_netlink:
	vctx_netlink_exit();
err_tick:
	vctx_tick_exit();
err_inherit:
	vctx_inherit_exit();
err_context:
	vctx_context_exit();
err_bell:
	vctx_bell_exit();
err_stats:
	vctx_stats_exit();
err_power:
	vctx_power_exit();
err_backend:
	vctx_backend_exit();
	return ret;
}

static void __exit vctx_exit(void)
{
	vctx_device_exit();
	vctx_netlink_event_flush();
	vctx_netlink_exit();
	vctx_netlink_event_exit();
	vctx_tick_exit();
	vctx_inherit_exit();
	vctx_context_exit();
	vctx_bell_exit();
	vctx_adaptive_exit();
	vctx_shootdown_exit();
	vctx_stats_exit();
	vctx_power_exit();
	vctx_backend_exit();
}

module_init(vctx_init);
module_exit(vctx_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The vcontext maintainers");
MODULE_DESCRIPTION("Run the user mode of threads in VMX non-root or SVM guest mode");
MODULE_VERSION("0.1.0");
