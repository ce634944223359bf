/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: what happens to contexts, CPUs and the policy, for whoever listens.
 * They happen where one can neither sleep nor send, so each is recorded there, by
 * value, and a sink takes the records later.
 */
#ifndef VCTX_EVENT_H
#define VCTX_EVENT_H

#include <linux/llist.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/vcontext_netlink.h>

struct net;

/**
 * struct vctx_event_thread - whom an event is about
 * @id:		the ID of the context
 * @task:	its thread
 * @net:	its network namespace, or NULL if it has none any more
 */
struct vctx_event_thread {
	u32 id;
	struct task_struct *task;
	const struct net *net;
};

/**
 * struct vctx_event_record - one event, for the listeners of one namespace
 * @link:	in the queue
 * @net:	the network namespace of the listeners; held by the record
 * @type:	the event
 * @cpu:	where it happened
 * @time_ns:	when it happened, in ktime_get_real_fast_ns()
 * @id:		the ID of the context, or 0 if the event is not of a context; then
 *		the four that follow are 0, too
 * @tid:	the number of the thread, as the listeners see it
 * @pid:	the number of the process, as the listeners see it
 * @comm:	the name of the thread
 * @reason:	with VCTX_EVENT_FELL_BACK
 * @ticks:	with VCTX_EVENT_TICK_GIVEN_BACK
 * @entries:	with VCTX_EVENT_LEFT and VCTX_EVENT_EVICTED
 * @guest_ns:	with VCTX_EVENT_LEFT and VCTX_EVENT_EVICTED
 * @error:	with VCTX_EVENT_HARDWARE_LOST; positive
 */
struct vctx_event_record {
	struct llist_node link;
	struct net *net;
	enum vctx_event type;
	int cpu;
	u64 time_ns;
	u32 id;
	pid_t tid;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	enum vctx_native_reason reason;
	u64 ticks;
	u64 entries;
	u64 guest_ns;
	int error;
};

/**
 * struct vctx_event_sink - where the records go
 * @wanted:	whether anybody listens in a network namespace
 * @ready:	there is a record to be taken by vctx_event_take()
 *
 * Both are called from anywhere but NMIs.
 */
struct vctx_event_sink {
	bool (*wanted)(const struct net *net);
	void (*ready)(void);
};

/*
 * Callable from anywhere but NMIs and with a run queue locked.  The context can be
 * found, or is current's.
 */
bool vctx_event_is_wanted(const struct vctx_event_thread *thread);
void vctx_event_entered(const struct vctx_event_thread *thread);
void vctx_event_ended(enum vctx_event type,
		      const struct vctx_event_thread *thread,
		      const struct vctx_stats *stats);
void vctx_event_fell_back(const struct vctx_event_thread *thread,
			  enum vctx_native_reason reason);
void vctx_event_tick(enum vctx_event type,
		     const struct vctx_event_thread *thread, u64 ticks);
void vctx_event_hardware_lost(int cpu, int error);
void vctx_event_policy(void);

struct llist_node *vctx_event_take(void);
void vctx_event_free(struct vctx_event_record *record);
void vctx_event_lose(void);
u64 vctx_event_lost(void);

void vctx_event_init(const struct vctx_event_sink *to);
void vctx_event_exit(void);

#endif /* VCTX_EVENT_H */
