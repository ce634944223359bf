/* SPDX-License-Identifier: GPL-2.0-only */
/* Bells: what rings a thread, and how its handler gets to run. */
#ifndef VCTX_BELL_H
#define VCTX_BELL_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/task_work.h>
#include <linux/types.h>
#include <linux/vcontext.h>
#include <linux/workqueue.h>

struct page;
struct task_struct;
struct vctx_context;
struct vctx_receiver;

/**
 * struct vctx_ring_source - what rings by itself, until the bell ends
 * @link:	on vctx_receiver.sources
 * @receiver:	the bell that it rings
 * @number:	the number that it rings
 * @release:	makes it stop, and frees it; may sleep.  It tells the kinds apart: of
 *		each kind, a number has one source.
 */
struct vctx_ring_source {
	struct list_head link;
	struct vctx_receiver *receiver;
	unsigned int number;
	void (*release)(struct vctx_ring_source *source);
};

/**
 * struct vctx_receiver - the bell of a thread
 * @ref:	held by the context, by whoever may ring, and while @work or @end is pending
 * @task:	the thread; @end gives it back after all RCU readers that have not seen @closed
 * @page:	the pinned page of the area and the frame, as long as @task
 * @area:	the area, by the kernel's address
 * @frame:	the frame, by the thread's address
 * @entry:	the thread's code that calls the handler
 * @flags:	VCTX_BELL_*
 * @asked:	@work is pending
 * @closed:	it is no more: there is no frame from now on
 * @waits:	the thread waits for a ring
 * @work:	has the thread look, on its way to user mode
 * @rcu:	frees it after all readers, which find it without locks, and after @work
 * @lock:	protects @sources, and that none is added once it is @closed
 * @sources:	struct vctx_ring_source; they need no reference, for @end comes first
 * @end:	releases @sources, @page and @task
 * @rung:	see struct vctx_bell_stats, as the next two
 * @merged:	anybody counts in it, as in @rung
 * @kicked:	whoever has set @asked counts in it
 * @delivered:	the thread counts in it
 */
struct vctx_receiver {
	struct kref ref;
	struct task_struct *task;
	struct page *page;
	struct vctx_bell_area *area;
	unsigned long frame;
	unsigned long entry;
	unsigned int flags;
	atomic_t asked;
	bool closed;
	bool waits;
	union {
		struct callback_head work;
		struct rcu_head rcu;
	};
	struct mutex lock;
	struct list_head sources;
	struct work_struct end;
	atomic64_t rung;
	atomic64_t merged;
	u64 kicked;
	u64 delivered;
};

/* What vctx_bell_ring() returns if the number was pending already. */
#define VCTX_RING_MERGED	1

int vctx_bell_open(struct vctx_context *ctx, const struct vctx_bell *bell);
void vctx_bell_close(struct vctx_context *ctx);
int vctx_bell_leave(struct vctx_context *ctx);
int vctx_bell_ring(struct vctx_receiver *receiver, unsigned int number);
int vctx_bell_wait(struct vctx_receiver *receiver, u64 timeout_ns);
void vctx_bell_read(struct vctx_receiver *receiver, struct vctx_bell_stats *stats);

void vctx_bell_get(struct vctx_receiver *receiver);
void vctx_bell_put(struct vctx_receiver *receiver);
int vctx_bell_set_source(struct vctx_receiver *receiver, unsigned int number,
			 void (*release)(struct vctx_ring_source *source),
			 struct vctx_ring_source *source);

int vctx_bell_init(void);
void vctx_bell_exit(void);

#endif /* VCTX_BELL_H */
