/* SPDX-License-Identifier: GPL-2.0-only */
/* Contexts as the generic netlink family shows them, and processes to look at. */
#ifndef VCTX_CONTEXTS_H
#define VCTX_CONTEXTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/vcontext_netlink.h>
#include <netlink/attr.h>

struct ctx_seen {
	uint32_t id, tid, pid, uid, cpu, state, fell_back, paging;
	uint64_t age_ns, flags, entries, guest_ns, tick_bound_ns, ticks_held;
	uint64_t syscalls, bell[VCTX_NR_BELL_COUNTS];
	bool tick_held, has_fell_back, has_bell;
	char comm[32];
};

struct ctx_list {
	struct ctx_seen at[64];
	int n;
};

/* A callback for genl_call(): adds a context of the answer to the struct ctx_list @arg. */
void ctx_see(struct nlattr **a, void *arg);

/* All contexts that match an attribute of a filter; if @attr is 0, all contexts. */
struct ctx_list ctx_dump(int attr, uint32_t value);
int ctx_count(int attr, uint32_t value);

/* The context of a thread; all fields are 0 if it has none. */
struct ctx_seen ctx_find(pid_t tid);

/* A request with one attribute, or none; returns 0 or -errno of the kernel. */
int __genl_ask(int cmd, int attr, uint32_t value);

/* What a process that computes shares with the one that looks at it. */
struct subject {
	volatile uint64_t progress;
	volatile bool done;
};

struct subject *subject_share(void);
void subject_progress(struct subject *shared);

/* A process that computes in a context until it is stopped; it ends with 77 if it was evicted. */
pid_t subject_computing(struct subject *shared, uint64_t flags);
int subject_stop(struct subject *shared, pid_t pid);

/* A process that sleeps in a context until it is ended. */
pid_t subject_sleeping(void);
void subject_end(pid_t pid);

#endif /* VCTX_CONTEXTS_H */
