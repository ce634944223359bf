// SPDX-License-Identifier: MIT
/*
 * What went wrong, and what helps: one line each, the cause first, then a
 * semicolon and the way out.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>

#include "device.h"
#include "vctx.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* By enum vctx_unavailable: the errno is that of VCTX_IOC_ENTER. */
static const struct {
	int error;
	const char *reason;
} unavailable[] = {
	[VCTX_AVAILABLE] = { 0,
		"contexts are available" },
	[VCTX_UNAVAILABLE_NO_HW] = { ENODEV,
		"the processor has neither VMX nor SVM; in a virtual machine, ask for nested virtualisation" },
	[VCTX_UNAVAILABLE_FIRMWARE] = { EACCES,
		"VMX or SVM is disabled by the firmware; enable virtualisation in its set-up" },
	[VCTX_UNAVAILABLE_FEATURE] = { ENODEV,
		"the processor's VMX or SVM lacks a feature that is needed; the kernel log names it" },
	[VCTX_UNAVAILABLE_BUSY] = { EBUSY,
		"KVM or another is in possession of VMX or SVM; stop virtual machines or unload kvm_intel or kvm_amd" },
	[VCTX_UNAVAILABLE_FAILED] = { EIO,
		"a processor refused VMX or SVM operation; the kernel log has the details" },
	[VCTX_UNAVAILABLE_ENCRYPTED] = { EOPNOTSUPP,
		"memory encryption is active; boot with mem_encrypt=off" },
	[VCTX_UNAVAILABLE_POLICY] = { EPERM,
		"the administrator allows no new contexts; ask for: vctxctl policy set enabled yes" },
};

static const struct {
	int error;
	const char *text;
} errors[] = {
	{ 0,		"success" },
	{ ENOENT,	VCTX_DEVICE " does not exist; load the module with: modprobe vcontext" },
	{ EPERM,	"no permission for " VCTX_DEVICE ", or to hold the tick for so long, or no new contexts are allowed; run as root, or ask for access, CAP_SYS_NICE or a shorter bound" },
	{ EACCES,	"no permission for " VCTX_DEVICE ", or VMX or SVM is disabled by the firmware; join the group vcontext or enable it" },
	{ ENODEV,	"the processor has neither VMX nor SVM, or lacks a feature that is needed; the kernel log names it" },
	{ EBUSY,	"KVM or another is in possession of VMX or SVM; stop virtual machines or unload kvm_intel or kvm_amd" },
	{ EIO,		"a processor refused VMX or SVM operation; the kernel log has the details" },
	{ ENOMEM,	"out of memory" },
	{ ENOSPC,	"as many contexts exist as may on this machine; wait for some to end, or raise the policy's max-contexts" },
	{ EDQUOT,	"the user has as many contexts as a user may have; wait for some to end, or ask for a larger max-per-user" },
	{ ENXIO,	"the thread has no context; enter one first" },
	{ EALREADY,	"the thread has a context already" },
	{ EINVAL,	"invalid argument; initialise attributes with VCTX_ATTR_INIT" },
	{ E2BIG,	"attributes of a later version are set; update libvcontext" },
	{ EOPNOTSUPP,	"unknown flag, or ticks are not held here, or memory is encrypted, or strict and the thread would run natively as it is; see vctx_enter(3)" },
	{ ENOTTY,	VCTX_DEVICE " is not the device of vcontext; unload and load the module" },
	{ EMFILE,	"too many open files to open " VCTX_DEVICE "; close some or raise RLIMIT_NOFILE" },
	{ ENFILE,	"too many open files in the system to open " VCTX_DEVICE "; raise fs.file-max" },
};

const char *vctx_strerror(int error)
{
	const char *text;
	size_t i;

	/* Not -error: that overflows for INT_MIN. */
	for (i = 0; i < ARRAY_SIZE(errors); i++)
		if (error == errors[i].error || error == -errors[i].error)
			return errors[i].text;

	text = error < 0 && error > -4096 ? strerrordesc_np(-error)
					  : strerrordesc_np(error);
	return text ? text : "unknown error";
}

static int explain(struct vctx_info *info, const char **reason)
{
	int err;

	*info = (struct vctx_info){ .size = sizeof(*info) };
	err = vctx_device_ioctl(VCTX_IOC_INFO, info);
	/* Here neither the firmware nor the tick is meant. */
	if (err == -EACCES || err == -EPERM) {
		*reason = "no permission for " VCTX_DEVICE "; run as root, or as a member of its group: adduser USER vcontext";
		return err;
	}
	if (err) {
		*reason = vctx_strerror(err);
		return err;
	}
	if (info->unavailable >= ARRAY_SIZE(unavailable)) {
		*reason = "not available for a reason that is newer than this library; update it";
		return -ENODEV;
	}
	*reason = unavailable[info->unavailable].reason;
	return -unavailable[info->unavailable].error;
}

static bool may_hold(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { };
	int saved = errno;
	bool may = !syscall(SYS_capget, &header, data) &&
		   data[CAP_TO_INDEX(CAP_SYS_NICE)].effective &
		   CAP_TO_MASK(CAP_SYS_NICE);

	errno = saved;
	return may;
}

static int explain_tick(uint64_t bound_ns, const char **reason)
{
	struct vctx_info info;
	int err = explain(&info, reason);

	if (err)
		return err;
	if (!(info.enter_flags & VCTX_ENTER_TICKLESS)) {
		*reason = "the module is too old to hold ticks; update it";
		return -EOPNOTSUPP;
	}
	if (!(info.features & VCTX_FEATURE_TICK_HOLD)) {
		*reason = "ticks cannot be held on this kernel, or are not to be; see the kernel log and the module's parameter tick_hold";
		return -EOPNOTSUPP;
	}
	if (!info.tick_max_ns) {
		*reason = "ticks are not to be held; the administrator can raise the module's parameter tick_max_ms";
		return -EOPNOTSUPP;
	}
	if (!(info.features & VCTX_FEATURE_TICK_UNPRIVILEGED) && !may_hold()) {
		*reason = "holding the tick needs CAP_SYS_NICE; run as root, or ask for it or for the policy tick-unprivileged";
		return -EPERM;
	}
	if (bound_ns > info.tick_max_ns) {
		*reason = "the bound on the tick hold is above the module's parameter tick_max_ms; ask for a shorter one";
		return -EPERM;
	}
	*reason = "the tick can be held";
	return 0;
}

int vctx_available(const char **reason)
{
	struct vctx_info info;
	const char *unused;

	return explain(&info, reason ? reason : &unused);
}

int vctx_tick_available(uint64_t tick_bound_ns, const char **reason)
{
	const char *unused;

	return explain_tick(tick_bound_ns, reason ? reason : &unused);
}
