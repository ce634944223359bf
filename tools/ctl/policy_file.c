// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy as a file: lines of "key = value", comments after '#'.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"
#include "error.h"
#include "policy_file.h"
#include "policy_key.h"

#define SPACES	" \t\r\n"

static char *trim(char *text)
{
	size_t length;

	text += strspn(text, SPACES);
	length = strlen(text);
	while (length && strchr(SPACES, text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

static int read_line(const char *path, unsigned int number, char *line,
		     struct nl_policy *policy)
{
	const struct policy_key *key;
	char *value;

	line[strcspn(line, "#")] = '\0';
	line = trim(line);
	if (!*line)
		return EXIT_DONE;
	value = strchr(line, '=');
	if (!value)
		return failure("%s:%u: '%s' is not 'key = value'", path, number,
			       line);
	*value++ = '\0';
	line = trim(line);
	value = trim(value);
	key = policy_key_find(line);
	if (!key)
		return failure("%s:%u: there is no key '%s'; it is one of %s",
			       path, number, line, policy_key_names());
	if (policy->has & NL_BIT(key->attribute))
		return failure("%s:%u: '%s' is given twice", path,
			       number, line);
	if (!policy_key_parse(key, value, policy))
		return failure("%s:%u: '%s' cannot be '%s'; it is %s", path,
			       number, line, value, policy_key_values(key));
	return EXIT_DONE;
}

int policy_file_read(const char *path, struct nl_policy *policy)
{
	FILE *file = fopen(path, "re");
	int status = EXIT_DONE;
	unsigned int number = 0;
	char *line = NULL;
	size_t room = 0;

	if (!file)
		return failure("cannot read '%s': %s", path, strerror(errno));
	while (status == EXIT_DONE && getline(&line, &room, file) >= 0)
		status = read_line(path, ++number, line, policy);
	if (status == EXIT_DONE && ferror(file))
		status = failure("cannot read '%s': %s", path, strerror(errno));
	free(line);
	fclose(file);
	return status;
}

void policy_file_print(FILE *file, const struct nl_policy *policy)
{
	const struct policy_key *key;
	size_t i;

	for (i = 0; (key = policy_key(i)); i++)
		if (policy->has & NL_BIT(key->attribute))
			fprintf(file, "%-17s = %s\n", key->name,
				policy_key_format(key, policy));
}

static int make_folder_of(const char *path)
{
	char *folder = xstrdup(path);
	int err = 0;

	*strrchr(folder, '/') = '\0';
	if (mkdir(folder, 0755) && errno != EEXIST)
		err = -errno;
	free(folder);
	return err;
}

int policy_file_write(const char *path, const struct nl_policy *policy)
{
	char *temporary = xasprintf("%s.new", path);
	int err = make_folder_of(path);
	FILE *file = NULL;

	if (!err) {
		file = fopen(temporary, "we");
		err = file ? 0 : -errno;
	}
	if (file) {
		policy_file_print(file, policy);
		if (fclose(file) || rename(temporary, path))
			err = -errno;
	}
	if (err && file)
		unlink(temporary);
	free(temporary);
	return err;
}
