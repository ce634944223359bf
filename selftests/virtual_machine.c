// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "virtual_machine.h"

#define MEMORY	0x10000

extern const char virtual_machine_code[], virtual_machine_leave[],
		  virtual_machine_code_end[];

static int set_memory(struct virtual_machine *machine)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEMORY };
	uint32_t *word;
	int i;

	machine->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (machine->memory == MAP_FAILED)
		return -1;
	memcpy(machine->memory + VM_CODE, virtual_machine_code,
	       virtual_machine_code_end - virtual_machine_code);
	word = (uint32_t *)(machine->memory + VM_DATA);
	for (i = 0; i < VM_WORDS; i++)
		word[i] = i * 0x9e3779b9;
	region.userspace_addr = (uintptr_t)machine->memory;
	return ioctl(machine->vm, KVM_SET_USER_MEMORY_REGION, &region);
}

/* Real mode, with all segments at 0. */
static int set_registers(struct virtual_machine *machine)
{
	struct kvm_regs regs = { .rip = VM_CODE, .rflags = 2 };
	struct kvm_sregs sregs;

	if (ioctl(machine->vcpu, KVM_GET_SREGS, &sregs))
		return -1;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(machine->vcpu, KVM_SET_SREGS, &sregs))
		return -1;
	return ioctl(machine->vcpu, KVM_SET_REGS, &regs);
}

int vm_only_leave(struct virtual_machine *machine)
{
	struct kvm_regs regs = {
		.rip = VM_CODE + (virtual_machine_leave - virtual_machine_code),
		.rflags = 2,
	};

	return ioctl(machine->vcpu, KVM_SET_REGS, &regs) ? -errno : 0;
}

static int start(struct virtual_machine *machine)
{
	machine->vm = ioctl(machine->kvm, KVM_CREATE_VM, 0);
	if (machine->vm < 0 || set_memory(machine))
		return -1;
	/* Where VMX has no unrestricted guest, KVM needs room for its own. */
	if (ioctl(machine->kvm, KVM_CHECK_EXTENSION, KVM_CAP_SET_TSS_ADDR) > 0 &&
	    ioctl(machine->vm, KVM_SET_TSS_ADDR, 0xfffbd000))
		return -1;
	machine->vcpu = ioctl(machine->vm, KVM_CREATE_VCPU, 0);
	machine->run_size = ioctl(machine->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (machine->vcpu < 0)
		return -1;
	machine->run = mmap(NULL, machine->run_size, PROT_READ | PROT_WRITE,
			    MAP_SHARED, machine->vcpu, 0);
	return machine->run == MAP_FAILED ? -1 : set_registers(machine);
}

int vm_start(struct virtual_machine *machine, int kvm)
{
	int error;

	*machine = (struct virtual_machine){
		.kvm = kvm, .vm = -1, .vcpu = -1,
		.run = MAP_FAILED, .memory = MAP_FAILED,
	};
	if (!start(machine))
		return 0;
	error = -errno;
	vm_stop(machine);
	return error;
}

void vm_stop(struct virtual_machine *machine)
{
	if (machine->run != MAP_FAILED)
		munmap(machine->run, machine->run_size);
	if (machine->vcpu >= 0)
		close(machine->vcpu);
	if (machine->vm >= 0)
		close(machine->vm);
	if (machine->memory != MAP_FAILED)
		munmap(machine->memory, MEMORY);
}

/* The same sum, of the same words, which the host sees. */
static uint32_t sum_of(const struct virtual_machine *machine)
{
	const uint32_t *word = (const uint32_t *)(machine->memory + VM_DATA);
	uint32_t sum = 0;
	int i;

	for (i = 0; i < VM_WORDS; i++)
		sum = (sum << 1 | sum >> 31) + word[i];
	return sum;
}

const char *vm_round(struct virtual_machine *machine)
{
	const volatile uint32_t *result =
		(const uint32_t *)(machine->memory + VM_RESULT);
	uint32_t counter = *(uint32_t *)(machine->memory + VM_DATA), sum;
	int error;

	do
		error = ioctl(machine->vcpu, KVM_RUN, 0);
	while (error && errno == EINTR);
	if (error)
		return "KVM_RUN fails";
	if (machine->run->exit_reason == KVM_EXIT_FAIL_ENTRY)
		return "the processor refuses to enter the virtual machine";
	if (machine->run->exit_reason != KVM_EXIT_IO ||
	    machine->run->io.port != VM_PORT)
		return "the virtual machine exits for another reason";
	if (*(uint32_t *)(machine->memory + VM_DATA) != counter + 1)
		return "the virtual machine has not counted";
	sum = sum_of(machine);
	machine->sum += sum;
	if (result[0] != sum)
		return "the memory of the virtual machine is wrong";
	if (result[1] != machine->sum)
		return "a register of the virtual machine is wrong";
	return NULL;
}
