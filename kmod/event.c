// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events happen where one can neither sleep nor send: messages are made there, if
 * somebody listens, and a worker sends them.
 */
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "context.h"
#include "event.h"
#include "netlink.h"
#include "tick.h"

/* Messages that wait to be sent, at most. */
#define QUEUE_LENGTH	8192

/* Room for a message with all attributes. */
#define MESSAGE_SIZE	256

/**
 * struct event - what goes into a message
 * @type:	always there
 * @cpu:	always there
 * @ctx:	NULL if it is not of a context
 * @reason:	with VCTX_EVENT_FELL_BACK
 * @ticks:	with VCTX_EVENT_TICK_GIVEN_BACK
 * @error:	positive, with VCTX_EVENT_HARDWARE_LOST
 */
struct event {
	enum vctx_event type;
	int cpu;
	const struct vctx_context *ctx;
	enum vctx_native_reason reason;
	u64 ticks;
	int error;
};

static struct sk_buff_head queue;
static struct workqueue_struct *workqueue;
static atomic64_t lost = ATOMIC64_INIT(0);

/* Where a message in the queue is to go; holds the namespace. */
static struct net **target(struct sk_buff *skb)
{
	return (struct net **)skb->cb;
}

static void send(struct work_struct *work)
{
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&queue))) {
		struct net *net = *target(skb);

		genlmsg_multicast_netns(&vctx_netlink_family, net, skb, 0, 0,
					GFP_KERNEL);
		put_net(net);
	}
}

static DECLARE_WORK(work, send);

static int put_thread(struct sk_buff *skb, const struct event *event,
		      struct pid_namespace *ns)
{
	const struct vctx_context *ctx = event->ctx;
	const struct vctx_stats *stats = READ_ONCE(ctx->stats);

	if (nla_put_u32(skb, VCTX_A_EVENT_ID, vctx_context_id(ctx)) ||
	    nla_put_u32(skb, VCTX_A_EVENT_TID, task_pid_nr_ns(ctx->task, ns)) ||
	    nla_put_u32(skb, VCTX_A_EVENT_PID, task_tgid_nr_ns(ctx->task, ns)) ||
	    vctx_netlink_put_comm(skb, VCTX_A_EVENT_COMM, ctx->task))
		return -EMSGSIZE;
	switch (event->type) {
	case VCTX_EVENT_FELL_BACK:
		return nla_put_u32(skb, VCTX_A_EVENT_REASON, event->reason);
	case VCTX_EVENT_TICK_GIVEN_BACK:
		return vctx_netlink_put_u64(skb, VCTX_A_EVENT_TICKS_HELD,
					    event->ticks);
	case VCTX_EVENT_LEFT:
	case VCTX_EVENT_EVICTED:
		return vctx_netlink_put_u64(skb, VCTX_A_EVENT_ENTRIES,
					    stats->entries) ||
		       vctx_netlink_put_u64(skb, VCTX_A_EVENT_GUEST_NS,
					    stats->guest_ns);
	default:
		return 0;
	}
}

static struct sk_buff *make(const struct event *event, struct pid_namespace *ns)
{
	struct sk_buff *skb = genlmsg_new(MESSAGE_SIZE, GFP_ATOMIC | __GFP_NOWARN);
	void *header;

	if (!skb)
		return NULL;
	header = genlmsg_put(skb, 0, 0, &vctx_netlink_family, 0, VCTX_CMD_EVENT);
	if (!header ||
	    nla_put_u32(skb, VCTX_A_EVENT_TYPE, event->type) ||
	    vctx_netlink_put_u64(skb, VCTX_A_EVENT_TIME_NS,
				 ktime_get_real_fast_ns()) ||
	    nla_put_u32(skb, VCTX_A_EVENT_CPU, event->cpu) ||
	    (event->ctx && put_thread(skb, event, ns)) ||
	    (event->error && nla_put_u32(skb, VCTX_A_EVENT_ERROR, event->error))) {
		WARN_ON_ONCE(1);
		kfree_skb(skb);
		return NULL;
	}
	genlmsg_end(skb, header);
	return skb;
}

/*
 * The first CPU that is neither this one nor holds its tick: who is told of a hold
 * must not be its end.
 */
static int worker_cpu(void)
{
	int cpu;

	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id() && !vctx_tick_is_held(cpu))
			return cpu;
	return smp_processor_id();
}

static void tell(const struct event *event, struct net *net,
		 struct pid_namespace *ns)
{
	struct sk_buff *skb;

	if (!genl_has_listeners(&vctx_netlink_family, net, 0))
		return;
	skb = skb_queue_len_lockless(&queue) < QUEUE_LENGTH ?
		make(event, ns) : NULL;
	if (!skb) {
		atomic64_inc(&lost);
		return;
	}
	*target(skb) = get_net(net);
	skb_queue_tail(&queue, skb);
	preempt_disable();
	queue_work_on(worker_cpu(), workqueue, &work);
	preempt_enable();
}

static void happened(const struct event *event)
{
	const struct vctx_context *ctx = event->ctx;
	struct pid_namespace *ns;

	tell(event, &init_net, &init_pid_ns);
	if (!ctx || net_eq(ctx->net, &init_net))
		return;
	/* A container is told with its own numbers, while the thread has any. */
	ns = task_active_pid_ns(ctx->task);
	if (ns)
		tell(event, ctx->net, ns);
}

void vctx_event_context(enum vctx_event type, const struct vctx_context *ctx)
{
	happened(&(struct event) {
		.type = type, .cpu = task_cpu(ctx->task), .ctx = ctx,
	});
}

void vctx_event_fell_back(const struct vctx_context *ctx,
			  enum vctx_native_reason reason)
{
	happened(&(struct event) {
		.type = VCTX_EVENT_FELL_BACK, .cpu = task_cpu(ctx->task),
		.ctx = ctx, .reason = reason,
	});
}

void vctx_event_tick(enum vctx_event type, const struct vctx_context *ctx,
		     u64 ticks)
{
	happened(&(struct event) {
		.type = type, .cpu = raw_smp_processor_id(), .ctx = ctx,
		.ticks = ticks,
	});
}

void vctx_event_hardware_lost(int cpu, int error)
{
	happened(&(struct event) {
		.type = VCTX_EVENT_HARDWARE_LOST, .cpu = cpu, .error = error,
	});
}

void vctx_event_policy(void)
{
	happened(&(struct event) {
		.type = VCTX_EVENT_POLICY, .cpu = raw_smp_processor_id(),
	});
}

/**
 * vctx_event_lost - messages that could not be made or queued
 */
u64 vctx_event_lost(void)
{
	return atomic64_read(&lost);
}

int __init vctx_event_init(void)
{
	skb_queue_head_init(&queue);
	workqueue = alloc_workqueue("vcontext", VCTX_COMPAT_WQ_PERCPU, 0);
	return workqueue ? 0 : -ENOMEM;
}

/* Before the family goes: what has happened so far is told. */
void vctx_event_flush(void)
{
	flush_workqueue(workqueue);
}

/*
 * After it has gone: until then somebody may change the policy.  Of what came
 * between the two nobody is told, for nobody is in the group any more.
 */
void vctx_event_exit(void)
{
	destroy_workqueue(workqueue);
}
