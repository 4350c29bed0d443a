// SPDX-License-Identifier: GPL-2.0-only
/* A file that takes the place of another when all is in it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beside.h"

int open_beside(const char *path, char **beside)
{
	const char *name = strrchr(path, '/');
	int fd, err;

	name = name ? name + 1 : path;
	if (asprintf(beside, "%.*s.%s.XXXXXX", (int)(name - path), path, name) < 0) {
		*beside = NULL;
		return -1;
	}
	fd = mkostemp(*beside, O_CLOEXEC);
	if (fd >= 0)
		return fd;
	err = errno;
	free(*beside);
	*beside = NULL;
	errno = err;
	return -1;
}
