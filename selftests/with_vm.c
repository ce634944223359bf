// SPDX-License-Identifier: GPL-2.0-only
/*
 * with_vm COMMAND [ARG]... - run a command while KVM has a virtual machine, whose virtual
 * CPU has been the last to run on this CPU.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "virtual_machine.h"

int main(int argc, char **argv)
{
	struct virtual_machine machine;
	int kvm = open("/dev/kvm", O_RDWR);
	const char *wrong;

	if (argc < 2)
		errx(125, "no command");
	if (kvm < 0)
		err(125, "cannot open /dev/kvm");
	errno = -vm_start(&machine, kvm);
	if (errno)
		err(125, "cannot create a virtual machine");
	wrong = vm_round(&machine);
	if (wrong)
		errx(125, "%s", wrong);
	/* These keep the machine until the command ends; KVM's own are closed at exec. */
	if (dup(machine.vm) < 0 || dup(machine.vcpu) < 0)
		err(125, "cannot keep the virtual machine");
	execvp(argv[1], argv + 1);
	err(127, "%s", argv[1]);
}
