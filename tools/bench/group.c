// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "group.h"

const struct group groups[] = {
	{ "overhead", overhead_figures },
	{ "management", management_figures },
	{ "sharing", sharing_figures },
	{ "external", external_figures },
	{ }
};
