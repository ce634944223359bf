/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module is asked, and what it answers.
 *
 * A request and its answer have the same structure.  In @has, NL_BIT(attribute)
 * says whether that attribute is there; attributes that later modules add are
 * skipped.  The fields are those of linux/vcontext_netlink.h.
 */
#ifndef NL_TYPES_H
#define NL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/vcontext_netlink.h>

#define NL_BIT(attribute)	(UINT32_C(1) << (attribute))

#define NL_COMM_SIZE	64	/* more than TASK_COMM_LEN of any kernel */
#define NL_TEXT_SIZE	256
#define NL_LIST_SIZE	8192

struct nl_module {
	uint32_t has;
	char version[NL_TEXT_SIZE];
	uint32_t abi_version;
	uint32_t backend;
	uint32_t unavailable;
	uint64_t features;
	uint64_t limits;
	uint32_t contexts;
	uint32_t context_bytes;
	uint64_t events_lost;
	uint64_t idmap_bytes;
};

struct nl_context {
	uint32_t has;
	uint32_t id, tid, pid, uid;
	char comm[NL_COMM_SIZE];
	uint32_t cpu;
	uint32_t state;
	uint64_t age_ns;
	uint64_t flags;
	uint64_t entries;
	uint64_t exits[VCTX_MAX_EXITS];
	uint64_t native[VCTX_MAX_NATIVE];
	uint64_t guest_ns, native_ns;
	uint64_t tlb_flushes;
	uint64_t tick_bound_ns;
	bool tick_held;
	uint64_t ticks_held;
	uint64_t held[VCTX_MAX_HELD];
	uint64_t longest_ns;
	uint32_t fell_back;
	uint32_t tree;		/* of a request */
	uint32_t paging;
	uint64_t bell[VCTX_NR_BELL_COUNTS];
};

struct nl_cpu {
	uint32_t has;
	uint32_t cpu;
	uint32_t state;
	uint32_t context, tid;
	char comm[NL_COMM_SIZE];
	uint64_t stay_ns;
	bool tick_allowed, tick_held, nohz_full;
	uint32_t owner;
};

struct nl_policy {
	uint32_t has;
	uint8_t enabled;
	uint32_t max_contexts, max_per_user;
	uint8_t tick_hold, tick_unprivileged;
	uint32_t tick_max_ms, min_stay_us, bell_timer_us;
	uint8_t bells;
	char tick_cpus[NL_LIST_SIZE];
	uint8_t share;
	uint32_t paging;
};

struct nl_evict {
	uint32_t has;
	uint32_t id, pid, tree;
	bool all;
	uint32_t evicted, leaving;	/* of a reply */
};

struct nl_event {
	uint32_t has;
	uint32_t type;
	uint64_t time_ns;
	uint32_t cpu;
	uint32_t id, tid, pid;
	char comm[NL_COMM_SIZE];
	uint32_t reason;
	uint64_t entries, guest_ns, ticks_held;
	uint32_t error;
};

#endif /* NL_TYPES_H */
