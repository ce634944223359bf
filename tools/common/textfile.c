// SPDX-License-Identifier: GPL-2.0-only
/*
 * The small text files of /proc and /sys.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "textfile.h"

char *textfile_read(const char *path)
{
	size_t size = 0, room = 0;
	char *text = NULL;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	do {
		if (room - size < 2) {
			room = room ? 2 * room : 4096;
			text = xgrow(text, room, 1);
		}
		got = read(fd, text + size, room - size - 1);
		if (got > 0)
			size += got;
	} while (got > 0);
	close(fd);
	if (got < 0) {
		free(text);
		return NULL;
	}
	text[size] = '\0';
	return text;
}

char *textfile_line(const char *path)
{
	char *text = textfile_read(path);

	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

bool textfile_number(const char *path, long *number)
{
	char *text = textfile_read(path), *end = text;

	if (text)
		*number = strtol(text, &end, 0);
	free(text);
	return text && end != text;
}

int textfile_write(const char *path, const char *text)
{
	size_t size = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t done;
	int error;

	if (fd < 0)
		return -errno;
	done = write(fd, text, size);
	error = done < 0 ? -errno : (size_t)done < size ? -EIO : 0;
	close(fd);
	return error;
}
