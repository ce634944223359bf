// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a request over netlink failed, in words.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <netlink/errno.h>

#include "common/array.h"
#include "nl_error.h"
#include "nl_types.h"

static char error_text[2 * NL_TEXT_SIZE];

const char *nl_error(void)
{
	return error_text;
}

/* What errors mean, if the kernel itself does not say, and what helps. */
static const struct {
	int error;
	const char *text, *help;
} errors[] = {
	{ EPERM, "no permission: this needs CAP_NET_ADMIN or CAP_SYS_ADMIN",
	  "run it as root" },
	{ EOPNOTSUPP, "the module does not know this request",
	  "load the module of this version" },
	{ ENOENT, "there is no such context, or the module has been unloaded",
	  "'vctxctl list' shows those that exist" },
	{ ESRCH, "there is no such process", NULL },
	{ ENOBUFS, "they came faster than they were read", NULL },
};

int nl_fail(int error, const char *text)
{
	const char *help = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		if (error != errors[i].error)
			continue;
		text = text ? text : errors[i].text;
		help = errors[i].help;
	}
	text = text ? text : strerror(error);
	/* The kernel may have said already what helps. */
	if (strchr(text, ';'))
		help = NULL;
	snprintf(error_text, sizeof(error_text), "%s%s%s", text,
		 help ? "; " : "", help ? help : "");
	return -error;
}

int nl_fail_libnl(int error)
{
	return nl_fail(error == -NLE_NOMEM ? ENOMEM : EIO, nl_geterror(error));
}
