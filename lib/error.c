// SPDX-License-Identifier: MIT
/*
 * What went wrong, and what helps.  Each text is one line: the cause and, after a
 * semicolon, the way out.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>

#include "device.h"
#include "size.h"
#include "unavailable.h"
#include "vctx.h"

/* By enum vctx_unavailable. */
static const char *const reasons[] = {
	[VCTX_AVAILABLE] =
		"contexts are available",
	[VCTX_UNAVAILABLE_NO_HW] =
		"the processor has neither VMX nor SVM; in a virtual machine, ask for nested virtualisation",
	[VCTX_UNAVAILABLE_FIRMWARE] =
		"VMX or SVM is disabled by the firmware; enable virtualisation in its set-up",
	[VCTX_UNAVAILABLE_FEATURE] =
		"the processor's VMX or SVM lacks a feature that is needed; the kernel log names it",
	[VCTX_UNAVAILABLE_BUSY] =
		"KVM has VMX or SVM and does not share it, or another hypervisor is loaded; ask for: vctxctl policy set share yes, or see: vctxctl doctor",
	[VCTX_UNAVAILABLE_FAILED] =
		"a processor refused VMX or SVM operation; the kernel log has the details",
	[VCTX_UNAVAILABLE_ENCRYPTED] =
		"nested paging does not work while memory is encrypted; do without it (vctxctl policy set paging direct), or boot with mem_encrypt=off",
	[VCTX_UNAVAILABLE_SNP] =
		"contexts are not known to be safe on a host with SEV-SNP; boot without it, or load the module with force=1",
	[VCTX_UNAVAILABLE_ASYNC_FAULT] =
		"contexts are not known to be safe where the hypervisor delivers page faults asynchronously; boot with no-kvmapf",
	[VCTX_UNAVAILABLE_POLICY] =
		"the administrator allows no new contexts; ask for: vctxctl policy set enabled yes",
	[VCTX_UNAVAILABLE_MACHINE_LIMIT] =
		"as many contexts exist as may on this machine; wait for some to end, or raise the policy's max-contexts",
	[VCTX_UNAVAILABLE_USER_LIMIT] =
		"the user has as many contexts as a user may have; wait for some to end, or ask for a larger max-per-user",
	[VCTX_UNAVAILABLE_MEMORY] =
		"there is no memory for a context",
	[VCTX_UNAVAILABLE_PRIVILEGE] =
		"holding the tick takes CAP_SYS_NICE; run as root, or ask for it or for the policy tick-unprivileged",
	[VCTX_UNAVAILABLE_TICK] =
		"ticks are not held: this kernel cannot do it, or the administrator does not allow it; see the kernel log, and the module's parameters tick_hold and tick_max_ms",
	[VCTX_UNAVAILABLE_TICK_BOUND] =
		"the bound on the tick hold is above the module's parameter tick_max_ms; ask for a shorter one",
	[VCTX_UNAVAILABLE_STRICT] =
		"strict, and the thread would run natively as it is",
	[VCTX_UNAVAILABLE_ENTERED] =
		"the thread has a context already",
	[VCTX_UNAVAILABLE_ARGUMENT] =
		"a flag is unknown, or a field is not zero that must be; see vctx_enter(3)",
	[VCTX_UNAVAILABLE_NESTED] =
		"the processor lacks nested paging, which was asked for; do without it (vctxctl policy set paging direct)",
};
static_assert(ARRAY_SIZE(reasons) == ARRAY_SIZE(unavailable_errnos),
	      "explain each enum vctx_unavailable");

/* Each has one meaning: <linux/vcontext.h> lists those of the module. */
static const struct {
	int error;
	const char *text;
} errors[] = {
	{ 0,		"success" },
	{ ENOENT,	VCTX_DEVICE " does not exist; load the module with: modprobe vcontext" },
	{ EACCES,	"no permission for " VCTX_DEVICE "; run as root, or as a member of its group: adduser USER vcontext" },
	{ EPERM,	"holding the tick takes CAP_SYS_NICE; run as root, or ask for it or for the policy tick-unprivileged" },
	{ ERANGE,	"the tick is not held for so long, or not at all; ask for a shorter bound, see the module's parameters tick_hold and tick_max_ms" },
	{ ENODEV,	"this machine, as it was booted, can have no contexts, or none with nested paging; the kernel log says why" },
	{ EBUSY,	"KVM has VMX or SVM and does not share it, or another hypervisor is loaded; ask for: vctxctl policy set share yes, or see: vctxctl doctor" },
	{ EIO,		"a processor refused VMX or SVM operation; the kernel log has the details" },
	{ ENOMEM,	"out of memory" },
	{ ENOSPC,	"the machine may have no more contexts, or no more bells; wait for some to end, or see: vctxctl policy" },
	{ EDQUOT,	"the user may have no more contexts; wait for some to end, or ask for a larger max-per-user" },
	{ ENOEXEC,	"strict, and the thread would run natively as it is; see VCTX_STRICT in vctx_run(3)" },
	{ ENOTCONN,	"the thread has no bell; open one first" },
	{ EEXIST,	"the thread has a bell already; close it first" },
	{ EPIPE,	"the bell that was to be rung has ended" },
	{ EBADF,	"the descriptor is not that of an eventfd" },
	{ ETIMEDOUT,	"nobody has rung in time" },
	{ EINTR,	"a signal has come before a ring" },
	{ ENXIO,	"the thread has no context; enter one first" },
	{ EALREADY,	"the thread has a context already" },
	{ EINVAL,	"an argument or the size of a structure is not valid; initialise attributes with VCTX_ATTR_INIT" },
	{ E2BIG,	"attributes of a later version are set; update libvcontext and the module" },
	{ EOPNOTSUPP,	"a flag is unknown, or a field is not zero that must be; see vctx_enter(3)" },
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

const char *vctx_unavailable_reason(unsigned int why, unsigned int native)
{
	if (why == VCTX_UNAVAILABLE_STRICT && native < ARRAY_SIZE(strict_reasons))
		return strict_reasons[native];
	return why < ARRAY_SIZE(reasons) ? reasons[why] : NULL;
}

static int give(enum vctx_unavailable why, const char **reason)
{
	*reason = reasons[why];
	return -unavailable_errnos[why];
}

static int explain(struct vctx_info *info, const char **reason)
{
	int err;

	*info = (struct vctx_info){ .size = sizeof(*info) };
	err = vctx_device_ioctl(VCTX_IOC_INFO, info);
	if (err) {
		*reason = vctx_strerror(err);
		return err;
	}
	if (info->unavailable >= ARRAY_SIZE(reasons)) {
		*reason = "not available for a reason that is newer than this library; update it";
		return -ENODEV;
	}
	return give(info->unavailable, reason);
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
	if (!info.tick_max_ns)
		return give(VCTX_UNAVAILABLE_TICK, reason);
	if (bound_ns > info.tick_max_ns)
		return give(VCTX_UNAVAILABLE_TICK_BOUND, reason);
	if (!(info.features & VCTX_FEATURE_TICK_UNPRIVILEGED) && !may_hold())
		return give(VCTX_UNAVAILABLE_PRIVILEGE, reason);
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
