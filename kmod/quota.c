// SPDX-License-Identifier: GPL-2.0-only
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/hashtable.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/user_namespace.h>

#include "policy.h"
#include "quota.h"

/**
 * struct vctx_quota_user - a user who has contexts
 * @link:	in users
 * @uid:	the real user ID that the thread had when it got its context
 * @contexts:	how many contexts the user has
 * @rcu:	frees one that was not needed
 */
struct vctx_quota_user {
	union {
		struct hlist_node link;
		struct rcu_head rcu;
	};
	kuid_t uid;
	unsigned int contexts;
};

/* Protects all that follows; never taken in interrupts. */
static DEFINE_RAW_SPINLOCK(lock);
static DEFINE_HASHTABLE(users, 6);
static unsigned int contexts;

static struct vctx_quota_user *find(kuid_t uid)
{
	struct vctx_quota_user *user;

	lockdep_assert_held(&lock);
	hash_for_each_possible(users, user, link, __kuid_val(uid))
		if (uid_eq(user->uid, uid))
			return user;
	return NULL;
}

static bool reached(unsigned int limit, unsigned int now)
{
	return limit && now >= limit;
}

static enum vctx_unavailable may_have_more(const struct vctx_quota_user *user,
					   bool exempt)
{
	/* This limit is for everybody: the memory of others is at stake. */
	if (reached(READ_ONCE(vctx_policy.max_contexts), contexts))
		return VCTX_UNAVAILABLE_MACHINE_LIMIT;
	if (!exempt && reached(READ_ONCE(vctx_policy.max_per_user),
			       user ? user->contexts : 0))
		return VCTX_UNAVAILABLE_USER_LIMIT;
	return VCTX_AVAILABLE;
}

static struct vctx_quota_user *add(struct vctx_quota_user *user, kuid_t uid)
{
	lockdep_assert_held(&lock);
	if (!user)
		return NULL;
	user->uid = uid;
	hash_add(users, &user->link, __kuid_val(uid));
	return user;
}

/*
 * Whether current may have more contexts than other users, if there is a limit: asking
 * leaves a trace.  Security modules may sleep on PREEMPT_RT when they are asked, and
 * with preemption off they are not.
 */
static bool is_exempt(void)
{
	if (!READ_ONCE(vctx_policy.max_per_user))
		return false;
	if (VCTX_COMPAT_RT && !preemptible())
		return current_user_ns() == &init_user_ns &&
		       cap_raised(current_cred()->cap_effective, CAP_SYS_RESOURCE);
	return capable(CAP_SYS_RESOURCE);
}

/* @fresh is a user that may be added, or NULL. */
static enum vctx_unavailable get(kuid_t uid, bool exempt,
				 struct vctx_quota_user *fresh,
				 struct vctx_quota_user **got)
{
	struct vctx_quota_user *user;
	enum vctx_unavailable why;

	raw_spin_lock(&lock);
	user = find(uid);
	why = may_have_more(user, exempt);
	if (why == VCTX_AVAILABLE && !user) {
		user = add(fresh, uid);
		if (!user)
			why = VCTX_UNAVAILABLE_MEMORY;
	}
	if (why == VCTX_AVAILABLE) {
		user->contexts++;
		contexts++;
	}
	raw_spin_unlock(&lock);
	*got = user;
	return why;
}

/**
 * vctx_quota_reserve - memory for a user, for vctx_quota_get_reserved() or kfree()
 * @gfp: how memory is allocated
 */
struct vctx_quota_user *vctx_quota_reserve(gfp_t gfp)
{
	return kzalloc(sizeof(struct vctx_quota_user), gfp);
}

/**
 * vctx_quota_get - count one more context
 * @uid: of its user
 * @gfp: how memory is allocated, if the user has no context yet
 * @got: out: the user, for vctx_quota_put()
 *
 * Return: VCTX_AVAILABLE, or why there may be none.
 */
enum vctx_unavailable vctx_quota_get(kuid_t uid, gfp_t gfp,
				     struct vctx_quota_user **got)
{
	bool exempt = is_exempt();
	enum vctx_unavailable why = get(uid, exempt, NULL, got);
	struct vctx_quota_user *fresh;

	if (likely(why != VCTX_UNAVAILABLE_MEMORY))
		return why;
	fresh = vctx_quota_reserve(gfp);
	why = get(uid, exempt, fresh, got);
	if (why != VCTX_AVAILABLE || *got != fresh)
		kfree(fresh);
	return why;
}

/**
 * vctx_quota_get_reserved - the same where no memory can be had
 * @uid: of its user
 * @fresh: from vctx_quota_reserve(), or NULL; it is no longer the caller's
 * @got: out: the user, for vctx_quota_put()
 *
 * Return: VCTX_AVAILABLE, or why there may be none.
 */
enum vctx_unavailable vctx_quota_get_reserved(kuid_t uid,
					      struct vctx_quota_user *fresh,
					      struct vctx_quota_user **got)
{
	enum vctx_unavailable why = get(uid, is_exempt(), fresh, got);

	if (fresh && (why != VCTX_AVAILABLE || *got != fresh))
		kfree_rcu(fresh, rcu);
	return why;
}

/**
 * vctx_quota_put - count one context less
 * @user: from vctx_quota_get()
 *
 * Return: the user if this was the last context, to be freed by kfree(); else NULL.
 */
struct vctx_quota_user *vctx_quota_put(struct vctx_quota_user *user)
{
	raw_spin_lock(&lock);
	contexts--;
	if (--user->contexts)
		user = NULL;
	else
		hash_del(&user->link);
	raw_spin_unlock(&lock);
	return user;
}

/**
 * vctx_quota_contexts - how many contexts exist
 */
unsigned int vctx_quota_contexts(void)
{
	return READ_ONCE(contexts);
}
