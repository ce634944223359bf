// SPDX-License-Identifier: GPL-2.0-only
/*
 * with_vm COMMAND [ARG]... - run a command while KVM has a virtual machine.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int kvm = open("/dev/kvm", O_RDWR);

	if (argc < 2)
		errx(125, "no command");
	/* This descriptor keeps the machine until the command ends; KVM's own closes at exec. */
	if (kvm < 0 || dup(ioctl(kvm, KVM_CREATE_VM, 0)) < 0)
		err(125, "cannot create a virtual machine");
	execvp(argv[1], argv + 1);
	err(127, "%s", argv[1]);
}
