// SPDX-License-Identifier: GPL-2.0-only
/*
 * The records of events, and their queue.  On PREEMPT_RT no memory can be had where
 * events happen.  There a few records are always there, and more are made as soon as
 * the first have been told to somebody.
 */
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <net/net_namespace.h>

#include "event.h"

/* How many records wait to be taken, at most. */
#define QUEUE_LENGTH	8192

#define POOLED	VCTX_COMPAT_RT
#define FEW	(POOLED ? 256 : 0)
#define MORE	(QUEUE_LENGTH - FEW)

/* Records that are free, by their @link. */
static struct llist_node *pool;
static DEFINE_RAW_SPINLOCK(pool_lock);
static struct vctx_event_record few[FEW];
static struct vctx_event_record *more;

static LLIST_HEAD(queue);
static atomic_t waiting = ATOMIC_INIT(0);
static atomic64_t lost = ATOMIC64_INIT(0);

static const struct vctx_event_sink *sink __ro_after_init;

static bool is_wanted_in(const struct net *net)
{
	return sink && sink->wanted(net);
}

/* Whether there may be listeners beside those of the initial network namespace. */
static bool is_in_container(const struct vctx_event_thread *thread)
{
	return thread && thread->net && !net_eq(thread->net, &init_net);
}

/**
 * vctx_event_is_wanted - whether anybody listens
 * @thread: whom an event would be about, or NULL
 *
 * Asked first, so that an event costs little while nobody does.
 */
bool vctx_event_is_wanted(const struct vctx_event_thread *thread)
{
	return is_wanted_in(&init_net) ||
	       (is_in_container(thread) && is_wanted_in(thread->net));
}

static void put_thread(struct vctx_event_record *record,
		       const struct vctx_event_thread *thread,
		       struct pid_namespace *ns)
{
	record->id = thread->id;
	record->tid = task_pid_nr_ns(thread->task, ns);
	record->pid = task_tgid_nr_ns(thread->task, ns);
	/* The name may change meanwhile, but it ends. */
	strscpy(record->comm, thread->task->comm, sizeof(record->comm));
}

static void pool_add(struct vctx_event_record *first, struct vctx_event_record *last)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&pool_lock, flags);
	last->link.next = pool;
	pool = &first->link;
	raw_spin_unlock_irqrestore(&pool_lock, flags);
}

static void pool_add_all(struct vctx_event_record *records, int n)
{
	int i;

	for (i = 0; i < n - 1; i++)
		records[i].link.next = &records[i + 1].link;
	pool_add(&records[0], &records[n - 1]);
}

static struct vctx_event_record *pool_take(void)
{
	struct llist_node *node;
	unsigned long flags;

	raw_spin_lock_irqsave(&pool_lock, flags);
	node = pool;
	if (node)
		pool = node->next;
	raw_spin_unlock_irqrestore(&pool_lock, flags);
	return node ? llist_entry(node, struct vctx_event_record, link) : NULL;
}

static struct vctx_event_record *alloc(void)
{
	if (POOLED)
		return pool_take();
	return kmalloc(sizeof(struct vctx_event_record),
		       GFP_ATOMIC | __GFP_NOWARN);
}

static void tell(const struct vctx_event_record *event, const struct net *net,
		 const struct vctx_event_thread *thread,
		 struct pid_namespace *ns)
{
	struct vctx_event_record *record = NULL;

	if (!is_wanted_in(net))
		return;
	if (atomic_read(&waiting) < QUEUE_LENGTH)
		record = alloc();
	if (!record) {
		vctx_event_lose();
		return;
	}
	*record = *event;
	record->net = get_net((struct net *)net);
	record->time_ns = ktime_get_real_fast_ns();
	if (thread)
		put_thread(record, thread, ns);
	atomic_inc(&waiting);
	llist_add(&record->link, &queue);
	sink->ready();
}

static void happened(const struct vctx_event_record *event,
		     const struct vctx_event_thread *thread)
{
	struct pid_namespace *ns;

	tell(event, &init_net, thread, &init_pid_ns);
	if (!is_in_container(thread))
		return;
	/* A container is told its own numbers, while the thread has any. */
	ns = task_active_pid_ns(thread->task);
	if (ns)
		tell(event, thread->net, thread, ns);
}

void vctx_event_entered(const struct vctx_event_thread *thread)
{
	if (vctx_event_is_wanted(thread))
		happened(&(struct vctx_event_record) {
			.type = VCTX_EVENT_ENTERED,
			.cpu = task_cpu(thread->task),
		}, thread);
}

void vctx_event_ended(enum vctx_event type,
		      const struct vctx_event_thread *thread,
		      const struct vctx_stats *stats)
{
	if (vctx_event_is_wanted(thread))
		happened(&(struct vctx_event_record) {
			.type = type,
			.cpu = task_cpu(thread->task),
			.entries = stats->entries,
			.guest_ns = stats->guest_ns,
		}, thread);
}

void vctx_event_fell_back(const struct vctx_event_thread *thread,
			  enum vctx_native_reason reason)
{
	if (vctx_event_is_wanted(thread))
		happened(&(struct vctx_event_record) {
			.type = VCTX_EVENT_FELL_BACK,
			.cpu = task_cpu(thread->task),
			.reason = reason,
		}, thread);
}

void vctx_event_tick(enum vctx_event type,
		     const struct vctx_event_thread *thread, u64 ticks)
{
	if (vctx_event_is_wanted(thread))
		happened(&(struct vctx_event_record) {
			.type = type,
			.cpu = raw_smp_processor_id(),
			.ticks = ticks,
		}, thread);
}

void vctx_event_hardware_lost(int cpu, int error)
{
	if (vctx_event_is_wanted(NULL))
		happened(&(struct vctx_event_record) {
			.type = VCTX_EVENT_HARDWARE_LOST,
			.cpu = cpu,
			.error = error,
		}, NULL);
}

void vctx_event_policy(void)
{
	if (vctx_event_is_wanted(NULL))
		happened(&(struct vctx_event_record) {
			.type = VCTX_EVENT_POLICY,
			.cpu = raw_smp_processor_id(),
		}, NULL);
}

/* Called by one worker at a time. */
static void pool_grow(void)
{
	if (more)
		return;
	more = kvcalloc(MORE, sizeof(*more), GFP_KERNEL);
	if (more)
		pool_add_all(more, MORE);
}

/**
 * vctx_event_take - all records that wait, the oldest first
 *
 * May sleep, and is called by one worker at a time.  Return: a list by
 * vctx_event_record.link, each to be freed by vctx_event_free().
 */
struct llist_node *vctx_event_take(void)
{
	if (POOLED)
		pool_grow();
	return llist_reverse_order(llist_del_all(&queue));
}

/**
 * vctx_event_free - free a record that has been dealt with
 * @record: from vctx_event_take()
 */
void vctx_event_free(struct vctx_event_record *record)
{
	atomic_dec(&waiting);
	put_net(record->net);
	if (POOLED)
		pool_add(record, record);
	else
		kfree(record);
}

/**
 * vctx_event_lose - count a message for which there was no room or no memory
 */
void vctx_event_lose(void)
{
	atomic64_inc(&lost);
}

/**
 * vctx_event_lost - how many messages have been lost
 */
u64 vctx_event_lost(void)
{
	return atomic64_read(&lost);
}

/**
 * vctx_event_init - from now on, somebody may listen
 * @to: where records go for as long as the module is loaded
 */
void __init vctx_event_init(const struct vctx_event_sink *to)
{
	if (POOLED)
		pool_add_all(few, FEW);
	sink = to;
}

/**
 * vctx_event_exit - nothing happens any more, and all records have been freed
 */
void vctx_event_exit(void)
{
	kvfree(more);
}
