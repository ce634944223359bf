// SPDX-License-Identifier: GPL-2.0-only
/* Events as messages to a multicast group, made and sent by a worker. */
#include <linux/cpumask.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include "event.h"
#include "netlink_event.h"
#include "netlink_message.h"
#include "tick_kick.h"

/* Room for a message with all attributes. */
#define MESSAGE_SIZE	256

static struct workqueue_struct *workqueue;

static int put_thread(struct sk_buff *skb, const struct vctx_event_record *event)
{
	if (nla_put_u32(skb, VCTX_A_EVENT_ID, event->id) ||
	    nla_put_u32(skb, VCTX_A_EVENT_TID, event->tid) ||
	    nla_put_u32(skb, VCTX_A_EVENT_PID, event->pid) ||
	    nla_put_string(skb, VCTX_A_EVENT_COMM, event->comm))
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
					    event->entries) ||
		       vctx_netlink_put_u64(skb, VCTX_A_EVENT_GUEST_NS,
					    event->guest_ns);
	default:
		return 0;
	}
}

static struct sk_buff *make(const struct vctx_event_record *event)
{
	struct sk_buff *skb = genlmsg_new(MESSAGE_SIZE, GFP_KERNEL);
	void *header;

	if (!skb)
		return NULL;
	header = genlmsg_put(skb, 0, 0, &vctx_netlink_family, 0, VCTX_CMD_EVENT);
	if (!header ||
	    nla_put_u32(skb, VCTX_A_EVENT_TYPE, event->type) ||
	    vctx_netlink_put_u64(skb, VCTX_A_EVENT_TIME_NS, event->time_ns) ||
	    nla_put_u32(skb, VCTX_A_EVENT_CPU, event->cpu) ||
	    (event->id && put_thread(skb, event)) ||
	    (event->error && nla_put_u32(skb, VCTX_A_EVENT_ERROR, event->error))) {
		WARN_ON_ONCE(1);
		kfree_skb(skb);
		return NULL;
	}
	genlmsg_end(skb, header);
	return skb;
}

static void send(struct work_struct *work)
{
	struct vctx_event_record *event, *next;

	llist_for_each_entry_safe(event, next, vctx_event_take(), link) {
		struct sk_buff *skb = make(event);

		if (skb)
			genlmsg_multicast_netns(&vctx_netlink_family, event->net,
						skb, 0, 0, GFP_KERNEL);
		else
			vctx_event_lose();
		vctx_event_free(event);
	}
}

static DECLARE_WORK(work, send);

/*
 * The first CPU that is neither this one nor holds its tick: to tell of a hold
 * must not end it.
 */
static int worker_cpu(void)
{
	int cpu;

	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id() && !vctx_tick_kick_is_armed(cpu))
			return cpu;
	return smp_processor_id();
}

static bool wanted(const struct net *net)
{
	return genl_has_listeners(&vctx_netlink_family, (struct net *)net, 0);
}

static void ready(void)
{
	preempt_disable();
	queue_work_on(worker_cpu(), workqueue, &work);
	preempt_enable();
}

static const struct vctx_event_sink sink = {
	.wanted = wanted,
	.ready = ready,
};

/* After vctx_netlink_init(): nobody listens to a family that does not exist. */
int __init vctx_netlink_event_init(void)
{
	workqueue = alloc_workqueue("vcontext", VCTX_COMPAT_WQ_PERCPU, 0);
	if (!workqueue)
		return -ENOMEM;
	vctx_event_init(&sink);
	return 0;
}

/* Called before the family goes: what has happened so far is told. */
void vctx_netlink_event_flush(void)
{
	flush_workqueue(workqueue);
}

/*
 * Called after the family has gone: until then, somebody may change the policy.
 * Nobody is told of what came between the two, for the group has no members then.
 */
void vctx_netlink_event_exit(void)
{
	destroy_workqueue(workqueue);
	vctx_event_exit();
}
