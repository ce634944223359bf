/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of the policy: on the command line, in /etc/vcontext.conf, in JSON.
 */
#ifndef POLICY_KEY_H
#define POLICY_KEY_H

#include <json-c/json.h>
#include <stddef.h>

#include "nl.h"

struct policy_key {
	const char *name;
	const char *json_name;	/* with '_' for '-' */
	int attribute;		/* VCTX_A_POLICY_* */
	size_t offset, size;	/* in struct nl_policy */
	const struct policy_type *type;
};

/* The i-th key, or NULL beyond the last. */
const struct policy_key *policy_key(size_t i);

/* The key of that name, in which '_' stands for '-', or NULL. */
const struct policy_key *policy_key_find(const char *name);

/* The names of all, for a help: "enabled, max-contexts" */
const char *policy_key_names(void);

/* Set one key of @policy.  False if it cannot have that value. */
bool policy_key_parse(const struct policy_key *key, const char *value,
		      struct nl_policy *policy);

/* The values that it can have: "yes or no" */
const char *policy_key_values(const struct policy_key *key);

/* Its value, as policy_key_parse() takes it; valid until the next call. */
const char *policy_key_format(const struct policy_key *key,
			      const struct nl_policy *policy);

/* Set all keys of @policy that @other has. */
void policy_overlay(struct nl_policy *policy, const struct nl_policy *other);

/* All keys that @policy has; null stands for no limit. */
struct json_object *policy_json(const struct nl_policy *policy);

#endif /* POLICY_KEY_H */
