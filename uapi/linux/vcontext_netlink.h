/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * vcontext over generic netlink: see the contexts of a machine, limit them,
 * evict them, be told of events.  The family "vcontext" is in every network
 * namespace.  uapi/vcontext.yaml is its specification, from which uapi/generate
 * makes the enumerations here.
 *
 * Who sees what.  Contexts are shown to anybody who sees their threads, as in
 * /proc: a caller in a PID namespace gets those of its own namespace, with the
 * numbers that they have there.  A command that changes anything takes
 * CAP_NET_ADMIN or CAP_SYS_ADMIN in the initial user namespace; listening to events
 * takes CAP_NET_ADMIN in the user namespace that owns the network namespace.
 *
 * Errors come with a text in the extended ACK, and have one meaning each:
 *
 *   EINVAL      an attribute is missing, malformed or out of range, or two
 *               exclude each other
 *   EOPNOTSUPP  the command is unknown
 *   EPERM       neither CAP_NET_ADMIN nor CAP_SYS_ADMIN
 *   ENOENT      there is no such context, or its thread is in another PID
 *               namespace
 *   ESRCH       there is no such process
 *   ERANGE      a value is too long or too large
 *   ENOMEM      no memory
 *
 * Times are in nanoseconds; 64-bit attributes are not aligned.  Attributes,
 * commands and enumerators are only ever added, at the end: a reader skips what it
 * does not know.
 */
#ifndef _UAPI_LINUX_VCONTEXT_NETLINK_H
#define _UAPI_LINUX_VCONTEXT_NETLINK_H

#include <linux/vcontext.h>

#define VCTX_GENL_NAME		"vcontext"
#define VCTX_GENL_VERSION	1
#define VCTX_GENL_GROUP_EVENTS	"events"

enum vctx_cmd {
	/*
	 * Get what there is - the module's version, the hardware, limits.  The
	 * reply has VCTX_A_MODULE_*.
	 */
	VCTX_CMD_MODULE_GET = 1,
	/*
	 * Get one context, by its ID or the number of its thread, or dump all
	 * that match each attribute of the request, in the order of their IDs.
	 * A context that exists during the whole dump is in it exactly once,
	 * whatever begins and ends meanwhile.  The request has
	 * VCTX_A_CONTEXT_ID, _TID.  The request of a dump has
	 * VCTX_A_CONTEXT_TID, _PID, _TREE, _UID, _CPU, _STATE, _COMM.  The
	 * reply has VCTX_A_CONTEXT_ID, _TID, _PID, _UID, _COMM, _CPU, _STATE,
	 * _AGE_NS, _FLAGS, _ENTRIES, _EXITS, _NATIVE, _GUEST_NS, _NATIVE_NS,
	 * _TLB_FLUSHES, _TICK_BOUND_NS, _TICK_HELD, _TICKS_HELD, _HELD,
	 * _LONGEST_NS, _FELL_BACK, _PAGING, _BELL.
	 */
	VCTX_CMD_CONTEXT_GET,
	/*
	 * Get one online CPU, or dump all of them.  The request has
	 * VCTX_A_CPU_CPU.  The reply has VCTX_A_CPU_*.
	 */
	VCTX_CMD_CPU_GET,
	VCTX_CMD_POLICY_GET,		/* Get the policy.  The reply has VCTX_A_POLICY_*. */
	/*
	 * Change those values of the policy that the request has: all of them
	 * or, with an error, none.  Contexts that exist are left alone, but
	 * ticks are held by the new policy at once.  The command takes a
	 * capability.  The request has VCTX_A_POLICY_*.
	 */
	VCTX_CMD_POLICY_SET,
	/*
	 * End contexts; their threads go on as ordinary ones.  When the
	 * command returns, none of the contexts is in the guest or gets there
	 * again, and what their threads fork has no context.  The command
	 * takes a capability, and exactly one attribute.  The request has
	 * VCTX_A_EVICT_ID, _PID, _TREE, _ALL.  The reply has
	 * VCTX_A_EVICT_EVICTED, _LEAVING.
	 */
	VCTX_CMD_EVICT,
	/*
	 * Tell that something has happened.  The message goes to the network
	 * namespace of the thread, with numbers of the PID namespace of the
	 * thread, and to the initial network namespace, with numbers of the
	 * initial PID namespace.  It has VCTX_A_EVENT_*.
	 */
	VCTX_CMD_EVENT,

	__VCTX_CMD_MAX,
	VCTX_CMD_MAX = __VCTX_CMD_MAX - 1,
};

enum vctx_a_module {
	VCTX_A_MODULE_VERSION = 1,	/* string */
	VCTX_A_MODULE_ABI_VERSION,	/* u32, VCTX_ABI_VERSION */
	VCTX_A_MODULE_BACKEND,		/* u32, enum vctx_backend */
	VCTX_A_MODULE_UNAVAILABLE,	/* u32, enum vctx_unavailable */
	VCTX_A_MODULE_FEATURES,		/* u64, VCTX_FEATURE_* */
	VCTX_A_MODULE_LIMITS,		/* u64, VCTX_LIMIT_* */
	VCTX_A_MODULE_CONTEXTS,		/* u32, how many exist, in all namespaces */
	VCTX_A_MODULE_CONTEXT_BYTES,	/* u32, kernel memory of one context */
	VCTX_A_MODULE_EVENTS_LOST,	/* u64, how many were lost for lack of memory or room */
	/* u64, kernel memory of the identity map, 0 if there is none now */
	VCTX_A_MODULE_IDMAP_BYTES,

	__VCTX_A_MODULE_MAX,
	VCTX_A_MODULE_MAX = __VCTX_A_MODULE_MAX - 1,
};

/* How the addresses of a context are translated; see VCTX_A_POLICY_PAGING. */
enum vctx_paging {
	VCTX_PAGING_AUTO,	/* direct, but nested under a hypervisor */
	VCTX_PAGING_DIRECT,	/* the process's own page tables alone */
	VCTX_PAGING_NESTED,	/* those, and the identity map behind them */
};

/* What the thread of a context does. */
enum vctx_context_state {
	VCTX_CONTEXT_GUEST,	/* the thread runs in guest mode */
	VCTX_CONTEXT_NATIVE,	/* the thread runs in the kernel, or natively */
	VCTX_CONTEXT_READY,	/* the thread waits for a CPU */
	VCTX_CONTEXT_SLEEPING,	/* the thread waits for something else */
	VCTX_CONTEXT_STOPPED,	/* a signal or a debugger has stopped the thread */
	VCTX_CONTEXT_LEAVING,	/* the context is evicted and about to end */
};

/*
 * The counters are those of struct vctx_stats, and as old as those: a stay in the
 * guest that still lasts is not counted yet, but its time is in _GUEST_NS.
 */
enum vctx_a_context {
	VCTX_A_CONTEXT_ID = 1,		/* u32, 1 and up, not soon used again */
	VCTX_A_CONTEXT_TID,		/* u32, the thread */
	VCTX_A_CONTEXT_PID,		/* u32, the process */
	VCTX_A_CONTEXT_UID,		/* u32, the real user, 65534 if unmapped */
	VCTX_A_CONTEXT_COMM,		/* string, the name of the thread */
	VCTX_A_CONTEXT_CPU,		/* u32, the CPU that the thread is on, or was on last */
	VCTX_A_CONTEXT_STATE,		/* u32, enum vctx_context_state */
	VCTX_A_CONTEXT_AGE_NS,		/* u64, time since the context was entered */
	VCTX_A_CONTEXT_FLAGS,		/* u64, VCTX_ENTER_* */
	VCTX_A_CONTEXT_ENTRIES,		/* u64 */
	VCTX_A_CONTEXT_EXITS,		/* nest: VCTX_A_COUNTER(enum vctx_exit_kind) */
	VCTX_A_CONTEXT_NATIVE,		/* nest: VCTX_A_COUNTER(enum vctx_native_reason) */
	VCTX_A_CONTEXT_GUEST_NS,	/* u64 */
	VCTX_A_CONTEXT_NATIVE_NS,	/* u64 */
	VCTX_A_CONTEXT_TLB_FLUSHES,	/* u64 */
	VCTX_A_CONTEXT_TICK_BOUND_NS,	/* u64, only with VCTX_ENTER_TICKLESS */
	VCTX_A_CONTEXT_TICK_HELD,	/* flag, the context holds the tick now */
	VCTX_A_CONTEXT_TICKS_HELD,	/* u64 */
	VCTX_A_CONTEXT_HELD,		/* nest: VCTX_A_COUNTER(enum vctx_held_interrupt) */
	VCTX_A_CONTEXT_LONGEST_NS,	/* u64 */
	/*
	 * u32, enum vctx_native_reason, why it last ran natively although the
	 * kernel had nothing to do; absent if it never did
	 */
	VCTX_A_CONTEXT_FELL_BACK,
	VCTX_A_CONTEXT_TREE,		/* u32, in a request, the root of a tree of processes */
	VCTX_A_CONTEXT_PAGING,		/* u32, enum vctx_paging, direct or nested */
	/* nest: VCTX_A_COUNTER(enum vctx_bell_count), absent without a bell */
	VCTX_A_CONTEXT_BELL,

	__VCTX_A_CONTEXT_MAX,
	VCTX_A_CONTEXT_MAX = __VCTX_A_CONTEXT_MAX - 1,
};

/* Type of a counter in a nest, u64; one that is 0 may be absent. */
#define VCTX_A_COUNTER(enumerator)	((enumerator) + 1)

/* What struct vctx_bell_stats counts. */
enum vctx_bell_count {
	VCTX_BELL_COUNT_RUNG,		/* rings */
	VCTX_BELL_COUNT_MERGED,		/* those of them whose bit was pending already */
	VCTX_BELL_COUNT_KICKED,		/* how often the thread was asked to look */
	VCTX_BELL_COUNT_DELIVERED,	/* frames that were written */
	VCTX_NR_BELL_COUNTS,
};

enum vctx_cpu_state {
	VCTX_CPU_OFF,		/* not enabled, since no context exists */
	VCTX_CPU_ON,		/* enabled */
	VCTX_CPU_FAILED,	/* could not be enabled: threads run natively here */
};

enum vctx_owner {
	VCTX_OWNER_NONE,	/* contexts cannot run here now */
	VCTX_OWNER_CONTEXTS,	/* enabled for contexts, until the last one ends */
	VCTX_OWNER_STAY,	/* enabled for each stay in the guest, if KVM has not enabled it */
	VCTX_OWNER_KVM,		/* enabled by KVM as long as there are contexts, which use it */
};

enum vctx_a_cpu {
	VCTX_A_CPU_CPU = 1,		/* u32 */
	VCTX_A_CPU_STATE,		/* u32, enum vctx_cpu_state */
	VCTX_A_CPU_CONTEXT,		/* u32, ID of the context whose thread runs, if any */
	VCTX_A_CPU_TID,			/* u32, that thread */
	VCTX_A_CPU_COMM,		/* string, the name of that thread */
	VCTX_A_CPU_STAY_NS,		/* u64, time since the VM entry; absent outside the guest */
	VCTX_A_CPU_TICK_ALLOWED,	/* flag, the tick may be held here */
	VCTX_A_CPU_TICK_HELD,		/* flag, the tick is held now */
	VCTX_A_CPU_NOHZ_FULL,		/* flag, the kernel itself stops the tick */
	VCTX_A_CPU_OWNER,		/* u32, enum vctx_owner, who has enabled VMX or SVM here */

	__VCTX_A_CPU_MAX,
	VCTX_A_CPU_MAX = __VCTX_A_CPU_MAX - 1,
};

/* The module's parameters, by the same names; see vcontext(4). */
enum vctx_a_policy {
	VCTX_A_POLICY_ENABLED = 1,		/* u8, 0 allows no new contexts */
	VCTX_A_POLICY_MAX_CONTEXTS,		/* u32, contexts on the machine; 0 is no limit */
	VCTX_A_POLICY_MAX_PER_USER,		/* u32, contexts of each user; 0 is no limit */
	VCTX_A_POLICY_TICK_HOLD,		/* u8, 0 lets no tick be held */
	VCTX_A_POLICY_TICK_UNPRIVILEGED,	/* u8, 1 lets ticks be held without CAP_SYS_NICE */
	VCTX_A_POLICY_TICK_MAX_MS,		/* u32, the largest bound; U32_MAX is unlimited */
	VCTX_A_POLICY_TICK_CPUS,		/* string, CPUs that may hold ticks: "1,3-5" */
	/* u8, 1 lets contexts run where KVM has enabled VMX or SVM */
	VCTX_A_POLICY_SHARE,
	/*
	 * u32, enum vctx_paging, of new contexts that do not ask for nested
	 * paging
	 */
	VCTX_A_POLICY_PAGING,
	/* u32, shorter stays take an adaptive context out of guest mode */
	VCTX_A_POLICY_MIN_STAY_US,
	VCTX_A_POLICY_BELLS,			/* u8, 0 allows no new bells */
	/* u32, the shortest time of a timer that rings a bell */
	VCTX_A_POLICY_BELL_TIMER_US,

	__VCTX_A_POLICY_MAX,
	VCTX_A_POLICY_MAX = __VCTX_A_POLICY_MAX - 1,
};

enum vctx_a_evict {
	VCTX_A_EVICT_ID = 1,	/* u32, one context */
	VCTX_A_EVICT_PID,	/* u32, the contexts of a process */
	VCTX_A_EVICT_TREE,	/* u32, those of a process and of all that descend from it */
	VCTX_A_EVICT_ALL,	/* flag, all that the caller sees */
	VCTX_A_EVICT_EVICTED,	/* u32, contexts that have ended */
	VCTX_A_EVICT_LEAVING,	/* u32, contexts that end when a call of the module does */

	__VCTX_A_EVICT_MAX,
	VCTX_A_EVICT_MAX = __VCTX_A_EVICT_MAX - 1,
};

enum vctx_event {
	VCTX_EVENT_ENTERED,		/* a thread got a context, by itself or as a child */
	VCTX_EVENT_LEFT,		/* a context ended by itself or with its thread */
	/*
	 * a thread runs natively, for _REASON; at most once a second for one
	 * reason
	 */
	VCTX_EVENT_FELL_BACK,
	VCTX_EVENT_TICK_HELD,		/* a context begins to hold the tick of _CPU */
	VCTX_EVENT_TICK_GIVEN_BACK,	/* a context has ended its hold of the tick */
	VCTX_EVENT_EVICTED,		/* a context was ended by VCTX_CMD_EVICT */
	VCTX_EVENT_HARDWARE_LOST,	/* _CPU cannot be used any more; _ERROR says why */
	VCTX_EVENT_POLICY,		/* the policy has changed */
};

enum vctx_a_event {
	VCTX_A_EVENT_TYPE = 1,		/* u32, enum vctx_event */
	VCTX_A_EVENT_TIME_NS,		/* u64, CLOCK_REALTIME */
	VCTX_A_EVENT_CPU,		/* u32, where it happened */
	VCTX_A_EVENT_ID,		/* u32, the context that it happened to, if any */
	VCTX_A_EVENT_TID,		/* u32, its thread */
	VCTX_A_EVENT_PID,		/* u32, the process */
	VCTX_A_EVENT_COMM,		/* string, the name of the thread */
	VCTX_A_EVENT_REASON,		/* u32, enum vctx_native_reason */
	VCTX_A_EVENT_ENTRIES,		/* u64, at the end of a context */
	VCTX_A_EVENT_GUEST_NS,		/* u64, at the end of a context */
	VCTX_A_EVENT_TICKS_HELD,	/* u64, during a hold, at its end */
	VCTX_A_EVENT_ERROR,		/* u32, an errno, positive */

	__VCTX_A_EVENT_MAX,
	VCTX_A_EVENT_MAX = __VCTX_A_EVENT_MAX - 1,
};

#endif /* _UAPI_LINUX_VCONTEXT_NETLINK_H */
