/* SPDX-License-Identifier: GPL-2.0-only */
/* Catch a synchronous signal and keep all that Linux says about it. */
#ifndef VCTX_FAULT_H
#define VCTX_FAULT_H

#include <setjmp.h>
#include <stdint.h>
#include <sys/ucontext.h>

struct fault {
	int count;		/* signals so far; the other fields describe the last one */
	int signo;
	int code;
	uint64_t addr;
	unsigned long gregs[NGREG];
};

extern volatile struct fault fault;

/* Where to go on; NULL is where the signal was raised. */
extern const void *fault_resume;

/* Catch all signals that an instruction can raise, on a stack of their own. */
void fault_catch(void);

/* Add the fault to what is compared with the twin. */
void fault_note(void);

/* Run @fn and return its signal, or 0; a signal ends @fn by siglongjmp(). */
int fault_of(void (*fn)(void *arg), void *arg);

/* The same for one read or write of memory. */
int fault_of_read(const volatile void *at);
int fault_of_write(volatile void *at);

#endif /* VCTX_FAULT_H */
