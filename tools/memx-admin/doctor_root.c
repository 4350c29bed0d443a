// SPDX-License-Identifier: GPL-2.0-only
/* Files below a folder, and what is compressed in them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor_root.h"
#include "say.h"

#define TEXT_MOST	((size_t)64 << 20)	/* no file that is read as a whole is larger */

bool root_use(struct root *root, const char *folder)
{
	root->fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root->fd >= 0;
}

static int open_in(const struct root *root, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };

	return (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
}

int root_open(const struct root *root, const char *path)
{
	return open_in(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
}

bool root_stat(const struct root *root, const char *path, struct stat *st)
{
	int fd = open_in(root, path, O_PATH);
	bool done = fd >= 0 && !fstat(fd, st);

	if (fd >= 0)
		close(fd);
	return done;
}

bool root_has(const struct root *root, const char *path)
{
	struct stat st;

	return root_stat(root, path, &st);
}

/* Frees nothing of the caller's. Return: all that can be read from @file, with a NUL after it. */
static char *read_all(FILE *file, size_t *size)
{
	size_t room = 4096, n = 0, got;
	char *text = get_memory(NULL, room, 1);

	while ((got = fread(text + n, 1, room - n - 1, file)) > 0) {
		n += got;
		if (n + 1 == room) {
			if (room > TEXT_MOST)
				break;
			room *= 2;
			text = get_memory(text, room, 1);
		}
	}
	if (ferror(file)) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	if (size)
		*size = n;
	return text;
}

char *root_text(const struct root *root, const char *path, size_t *size)
{
	int fd = root_open(root, path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char *text;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	text = read_all(file, size);
	fclose(file);
	return text;
}

bool root_line(const struct root *root, const char *path, char *line, size_t size)
{
	char *text = root_text(root, path, NULL);

	if (!text)
		return false;
	text[strcspn(text, "\n")] = '\0';
	snprintf(line, size, "%s", text);
	free(text);
	return true;
}

static int by_version(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

size_t root_names(const struct root *root, const char *path, const char *prefix, char ***names)
{
	int fd = open_in(root, path, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t n = 0;

	*names = NULL;
	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		*names = get_memory(*names, n + 1, sizeof(**names));
		(*names)[n] = strdup(entry->d_name);
		n += (*names)[n] != NULL;
	}
	closedir(dir);
	if (n)
		qsort(*names, n, sizeof(**names), by_version);
	return n;
}

void names_free(char **names, size_t n)
{
	while (n)
		free(names[--n]);
	free(names);
}

static const struct {
	const char *magic;
	size_t bytes;
	const char *program[4];
} packers[] = {
	{ "\x1f\x8b", 2, { "gzip", "-dc" } },
	{ "\x28\xb5\x2f\xfd", 4, { "zstd", "-dcq" } },
	{ "\xfd" "7zXZ", 5, { "xz", "-dc" } },
	{ "\x02\x21\x4c\x18", 4, { "lz4", "-dc" } },
	{ "BZh", 3, { "bzip2", "-dc" } },
	{ "\x89LZO", 4, { "lzop", "-dc" } },
	{ "\x5d\0\0", 3, { "xz", "--format=lzma", "-dc" } },
};

static void become(const char *const program[], int from, int to)
{
	int null = open("/dev/null", O_WRONLY);

	dup2(from, STDIN_FILENO);
	dup2(to, STDOUT_FILENO);
	if (null >= 0)
		dup2(null, STDERR_FILENO);
	execvp(program[0], (char *const *)(uintptr_t)program);
	_exit(127);
}

/* Return: the end of a pipe that the program writes to, or -1. */
static int run(const char *const program[], int from, pid_t *pid)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	fflush(stdout);
	*pid = fork();
	if (!*pid)
		become(program, from, ends[1]);
	close(ends[1]);
	if (*pid < 0) {
		close(ends[0]);
		return -1;
	}
	return ends[0];
}

bool unpack(struct unpacked *u, int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	char head[8] = "";
	size_t i;
	int pipe_end;

	*u = (struct unpacked){ 0 };
	if (at < 0 || pread(fd, head, sizeof(head), at) < 0) {
		close(fd);
		return false;
	}
	for (i = 0; i < sizeof(packers) / sizeof(packers[0]); i++) {
		if (memcmp(head, packers[i].magic, packers[i].bytes))
			continue;
		pipe_end = run(packers[i].program, fd, &u->program);
		close(fd);
		fd = pipe_end;
		break;
	}
	u->file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!u->file && fd >= 0)
		close(fd);
	return u->file;
}

bool unpack_end(struct unpacked *u)
{
	int status = 0;

	if (u->file)
		fclose(u->file);
	if (u->program > 0)
		while (waitpid(u->program, &status, 0) < 0 && errno == EINTR)
			;
	/* gzip ends with 2 after a warning, such as of zeros behind the data. */
	return WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 2);
}

char *unpack_all(int fd, size_t *size)
{
	struct unpacked u;
	char *text = NULL;

	if (unpack(&u, fd))
		text = read_all(u.file, size);
	if (unpack_end(&u))
		return text;
	free(text);
	return NULL;
}
