// SPDX-License-Identifier: GPL-2.0-only
/* The file of a cluster key. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "beside.h"
#include "keyfile.h"
#include "parse.h"
#include "say.h"

#define DIGITS	(2 * KEY_BYTES)

static bool cannot(const char *what, const char *file)
{
	say("cannot %s %s: %s", what, file, strerror(errno));
	return false;
}

/* The umask can only take away from the mode that open() gives. */
static bool fill(int fd)
{
	char text[DIGITS + 2];
	uint8_t key[KEY_BYTES];
	bool done = false;

	if (getrandom(key, sizeof(key), 0) == (ssize_t)sizeof(key)) {
		format_hex(text, key, sizeof(key));
		text[DIGITS] = '\n';
		done = !fchmod(fd, 0600) && write(fd, text, DIGITS + 1) == DIGITS + 1 && !fsync(fd);
	}
	explicit_bzero(text, sizeof(text));
	explicit_bzero(key, sizeof(key));
	return done;
}

/* @file does not exist yet. */
static bool make_new(const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool done;

	if (fd < 0)
		return false;
	done = fill(fd);
	if (close(fd))
		done = false;
	if (!done)
		unlink(file);
	return done;
}

static bool make_over(const char *file)
{
	char *beside;
	int fd = open_beside(file, &beside);
	bool done;

	if (fd < 0)
		return false;
	done = fill(fd);
	if (close(fd))
		done = false;
	done = done && !rename(beside, file);
	if (!done)
		unlink(beside);
	free(beside);
	return done;
}

bool keyfile_make(const char *file, bool replace)
{
	if (replace ? make_over(file) : make_new(file))
		return true;
	if (errno == EEXIST) {
		say("%s exists; --force replaces it, and the machines that have it then need the "
		    "new one", file);
		return false;
	}
	return cannot("write", file);
}

/* On the open file, so that it cannot be another by the time it is read. */
static bool is_private(int fd, const char *file)
{
	struct stat st;

	if (fstat(fd, &st))
		return cannot("read", file);
	if (!S_ISREG(st.st_mode)) {
		say("%s is not a file", file);
		return false;
	}
	if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		say("others can read %s: run 'chmod 600 %s', and think of a new key", file, file);
		return false;
	}
	if (st.st_uid && st.st_uid != geteuid()) {
		say("%s belongs to another user: run 'chown root %s'", file, file);
		return false;
	}
	return true;
}

/* Return: bytes read, at most @size. */
static size_t read_all(int fd, char *text, size_t size)
{
	size_t n = 0;
	ssize_t got;

	while (n < size) {
		got = read(fd, text + n, size - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	return n;
}

bool keyfile_read(const char *file, uint8_t key[KEY_BYTES])
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char text[DIGITS + 3] = "";
	bool done;
	size_t n;

	if (fd < 0)
		return cannot("read", file);
	done = is_private(fd, file);
	if (done) {
		n = read_all(fd, text, sizeof(text) - 1);
		while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
			text[--n] = '\0';
		done = strlen(text) == n && parse_hex(text, key, KEY_BYTES);
		if (!done)
			say("%s holds no key: a key is %d hexadecimal digits, as 'memx-admin key "
			    "generate' writes them", file, DIGITS);
	}
	explicit_bzero(text, sizeof(text));
	close(fd);
	return done;
}
