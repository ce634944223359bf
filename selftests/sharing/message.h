/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the program in the guest tells the plugin.  A message is a store of 64 bits, by an
 * instruction whose displacement is not found by chance and says what the message is.
 */
#ifndef SHARING_MESSAGE_H
#define SHARING_MESSAGE_H

/* movq %rax, DISPLACEMENT(%rdx) */
#define SHARING_OPCODE		"\x48\x89\x82"
#define SHARING_DISPLACEMENT	0x53686100

enum sharing_message {
	SHARING_HOOK,		/* the address of fire_user_return_notifiers() */
	SHARING_HOOK_END,	/* that of the function after it */
	SHARING_MODULE,		/* the address of the module's code */
	SHARING_MODULE_END,	/* where it ends */
	SHARING_BEGIN,		/* count from now on; the value is reported with it */
	SHARING_END,		/* report what was counted */
	SHARING_NR,
};

#endif /* SHARING_MESSAGE_H */
