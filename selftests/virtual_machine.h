/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small virtual machine under KVM, which tells with each round whether its memory and
 * its registers are as it has left them.
 */
#ifndef VCTX_VIRTUAL_MACHINE_H
#define VCTX_VIRTUAL_MACHINE_H

/* In its memory, and of its I/O ports. */
#define VM_CODE		0x1000
#define VM_DATA		0x2000
#define VM_WORDS	1024
#define VM_RESULT	0x3000
#define VM_PORT		0x10

#ifndef __ASSEMBLER__

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct virtual_machine {
	int kvm, vm, vcpu;
	struct kvm_run *run;
	size_t run_size;
	char *memory;
	uint32_t sum;		/* what the register is to have */
};

/* Begin with a descriptor of /dev/kvm, which stays the caller's; 0 or -errno. */
int vm_start(struct virtual_machine *machine, int kvm);
void vm_stop(struct virtual_machine *machine);

/* From now on each KVM_RUN only goes to it and comes back; 0 or -errno. */
int vm_only_leave(struct virtual_machine *machine);

/* Let it run one round.  NULL, or what went wrong. */
const char *vm_round(struct virtual_machine *machine);

#endif

#endif /* VCTX_VIRTUAL_MACHINE_H */
