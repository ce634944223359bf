/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module over generic netlink.  Only the files nl*.c use libnl.
 *
 * Functions return 0, or -errno, for which nl_error() has the words.
 */
#ifndef NL_H
#define NL_H

#include "nl_error.h"
#include "nl_types.h"

int nl_module_get(struct nl_module *module);
int nl_policy_get(struct nl_policy *policy);
int nl_policy_set(const struct nl_policy *policy);

/* Get the context of an ID or of a thread, of which @context has one. */
int nl_context_get(struct nl_context *context);

/* The contexts that match @filter, in the order of their IDs; free() them. */
int nl_contexts(const struct nl_context *filter, struct nl_context **contexts,
		size_t *count);

/* The CPUs that are online; free() them. */
int nl_cpus(struct nl_cpu **cpus, size_t *count);

int nl_evict(struct nl_evict *evict);

/* Listen to events.  Returns a descriptor to poll, not to read from. */
int nl_events_open(void);

/*
 * Call @each with the events that have come.  -ENOBUFS means that some have been
 * lost, and the next call continues.
 */
int nl_events_read(void (*each)(const struct nl_event *event, void *arg),
		   void *arg);

#endif /* NL_H */
