/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The structures of nl_types.h as attributes of messages, and back.
 */
#ifndef NL_CODEC_H
#define NL_CODEC_H

#include <stddef.h>

struct nl_field;
struct nl_msg;

/*
 * A structure of nl_types.h.
 *
 * @fields:	by attribute
 * @max:	the last attribute
 */
struct nl_layout {
	size_t size;
	int max;
	const struct nl_field *fields;
};

extern const struct nl_layout nl_module_layout;
extern const struct nl_layout nl_context_layout;
extern const struct nl_layout nl_cpu_layout;
extern const struct nl_layout nl_policy_layout;
extern const struct nl_layout nl_evict_layout;
extern const struct nl_layout nl_event_layout;

/* Fill @structure; attributes that it has no field for are skipped. */
void nl_decode(void *structure, const struct nl_layout *layout,
	       struct nl_msg *message);

/* A message with what @structure has, which may be NULL; nlmsg_free() it. */
struct nl_msg *nl_encode(int family, int command, int flags,
			 const void *structure, const struct nl_layout *layout);

#endif /* NL_CODEC_H */
