// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users by number and by name.
 */
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>

#include "common/number.h"
#include "user.h"

const char *user_name(uint32_t uid)
{
	/* Many contexts in a row are mostly those of one user. */
	static char name[64];
	static uint32_t last;
	struct passwd *user;

	if (*name && uid == last)
		return name;
	user = getpwuid(uid);
	if (user)
		snprintf(name, sizeof(name), "%s", user->pw_name);
	else
		snprintf(name, sizeof(name), "%" PRIu32, uid);
	last = uid;
	return name;
}

bool user_find(const char *name, uint32_t *uid)
{
	struct passwd *user = getpwnam(name);
	uint64_t number;

	if (user) {
		*uid = user->pw_uid;
		return true;
	}
	if (!number_parse(name, 0, UINT32_MAX - 1, &number))
		return false;
	*uid = number;
	return true;
}
