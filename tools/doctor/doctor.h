/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <stdbool.h>
#include <vctx.h>

/*
 * What the module says.
 *
 * @loaded:	it is there
 * @device:	0, or -errno of opening the device
 * @info:	if @device is 0
 * @error:	of vctx_available(), as all of libvcontext sees it
 * @reason:	the same in words
 */
struct doctor_module {
	bool loaded;
	int device;
	struct vctx_info info;
	int error;
	const char *reason;
};

/* Each has a file of its name, and adds findings. */
void processor_check(const struct doctor_module *module);
void owner_check(const struct doctor_module *module);
void kernel_check(const struct doctor_module *module);
void module_check(const struct doctor_module *module);
void device_check(const struct doctor_module *module);
void jitter_check_machine(void);			/* jitter.c */
void jitter_check(unsigned int cpu);

#endif /* DOCTOR_H */
