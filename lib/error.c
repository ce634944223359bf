// SPDX-License-Identifier: MIT
/*
 * What went wrong, and what helps: one line each, the cause first, then a
 * semicolon and the way out.
 */
#include <errno.h>
#include <string.h>

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
		"the processor has no VMX; in a virtual machine, ask for nested virtualisation" },
	[VCTX_UNAVAILABLE_FIRMWARE] = { EACCES,
		"VMX is disabled by the firmware; enable virtualisation in its set-up" },
	[VCTX_UNAVAILABLE_FEATURE] = { ENODEV,
		"the processor's VMX lacks a feature that is needed; the kernel log names it" },
	[VCTX_UNAVAILABLE_BUSY] = { EBUSY,
		"KVM or another is in possession of VMX; stop virtual machines or unload kvm_intel" },
	[VCTX_UNAVAILABLE_FAILED] = { EIO,
		"a processor refused VMX operation; the kernel log has the details" },
};

static const struct {
	int error;
	const char *text;
} errors[] = {
	{ 0,		"success" },
	{ ENOENT,	VCTX_DEVICE " does not exist; load the module with: modprobe vcontext" },
	{ EPERM,	"no permission for " VCTX_DEVICE "; run as root or ask for access to it" },
	{ EACCES,	"no permission for " VCTX_DEVICE ", or VMX is disabled by the firmware; allow access or enable it" },
	{ ENODEV,	"the processor has no VMX, or it lacks a feature that is needed; the kernel log names it" },
	{ EBUSY,	"KVM or another is in possession of VMX; stop virtual machines or unload kvm_intel" },
	{ EIO,		"a processor refused VMX operation; the kernel log has the details" },
	{ ENOMEM,	"out of memory" },
	{ ENXIO,	"the thread has no context; enter one first" },
	{ EALREADY,	"the thread has a context already" },
	{ EINVAL,	"invalid argument; initialise attributes with VCTX_ATTR_INIT" },
	{ E2BIG,	"attributes of a later version are set; update libvcontext" },
	{ EOPNOTSUPP,	"unknown flag, or strict and the thread would run natively as it is; see vctx_enter(3)" },
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

static int explain(const char **reason)
{
	struct vctx_info info = { .size = sizeof(info) };
	int err = vctx_device_ioctl(VCTX_IOC_INFO, &info);

	if (err == -EACCES) {	/* here the firmware is not meant */
		*reason = vctx_strerror(EPERM);
		return err;
	}
	if (err) {
		*reason = vctx_strerror(err);
		return err;
	}
	if (info.unavailable >= ARRAY_SIZE(unavailable)) {
		*reason = "not available for a reason that is newer than this library; update it";
		return -ENODEV;
	}
	*reason = unavailable[info.unavailable].reason;
	return -unavailable[info.unavailable].error;
}

int vctx_available(const char **reason)
{
	const char *unused;

	return explain(reason ? reason : &unused);
}
