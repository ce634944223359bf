/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VENDOR_H
#define VENDOR_H

#include <stdbool.h>

#define CPUID_VMX	(1U << 5)	/* leaf 1, ECX; Intel's SDM and AMD's APM */

/* Whether the processor is Intel's. */
bool vendor_is_intel(void);

/* Whether it has VMX, and not SVM. */
bool vendor_has_vmx(void);

/* The name of KVM's module for it. */
const char *vendor_kvm(void);

#endif /* VENDOR_H */
