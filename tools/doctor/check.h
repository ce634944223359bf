/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checks of the doctor: each file has one, and adds findings.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <vctx.h>

/*
 * What the module says.
 *
 * @loaded:	whether it is loaded
 * @device:	0, or -errno of opening the device
 * @info:	valid if @device is 0
 * @error:	what vctx_available() returns
 * @reason:	the same in words
 */
struct doctor_module {
	bool loaded;
	int device;
	struct vctx_info info;
	int error;
	const char *reason;
};

void processor_check(const struct doctor_module *module);
void owner_check(const struct doctor_module *module);
void kernel_check(const struct doctor_module *module);
void module_check(const struct doctor_module *module);
void device_check(const struct doctor_module *module);
void mitigations_check(const struct doctor_module *module);
void jitter_check_machine(void);
void jitter_check_cpu(unsigned int cpu);

#endif /* CHECK_H */
