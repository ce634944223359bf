// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration of the running kernel.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <zlib.h>

#include "common/alloc.h"
#include "common/array.h"
#include "kconfig.h"

/* Where the configuration may be; %s is the kernel's release. */
static const char *const places[] = {
	"/proc/config.gz",
	"/boot/config-%s",
	"/lib/modules/%s/config",
	"/usr/lib/modules/%s/config",
	"/lib/modules/%s/build/.config",
};

/* Reads a plain file as well as a compressed one. */
static char *read_all(const char *path)
{
	size_t size = 0, room = 1 << 16;
	gzFile file = gzopen(path, "rb");
	char *text;
	int got;

	if (!file)
		return NULL;
	text = xgrow(NULL, room, 1);
	while ((got = gzread(file, text + size, room - size - 1)) > 0) {
		size += got;
		if (room - size < 2) {
			room *= 2;
			text = xgrow(text, room, 1);
		}
	}
	gzclose(file);
	text[size] = '\0';
	if (got < 0 || !size) {
		free(text);
		return NULL;
	}
	return text;
}

static char *find(char **path)
{
	struct utsname uts;
	char *text = NULL;
	size_t i;

	uname(&uts);
	*path = NULL;
	for (i = 0; !text && i < ARRAY_SIZE(places); i++) {
		const char *hole = strstr(places[i], "%s");
		int length = hole ? hole - places[i] : (int)strlen(places[i]);

		free(*path);
		*path = xasprintf("%.*s%s%s", length, places[i],
				  hole ? uts.release : "",
				  hole ? hole + 2 : "");
		text = read_all(*path);
	}
	return text;
}

static bool is_set(const char *text, const char *name)
{
	char *yes = xasprintf("\n%s=y\n", name);
	char *module = xasprintf("\n%s=m\n", name);
	bool set = strstr(text, yes) || strstr(text, module);

	free(yes);
	free(module);
	return set;
}

char *kconfig_missing(const char *const *names, char **path)
{
	char *text = find(path), *missing, *more;

	if (!text)
		return NULL;
	missing = xstrdup("");
	for (; *names; names++) {
		if (is_set(text, *names))
			continue;
		more = xasprintf("%s%s%s", missing, *missing ? ", " : "",
				 *names);
		free(missing);
		missing = more;
	}
	free(text);
	return missing;
}
