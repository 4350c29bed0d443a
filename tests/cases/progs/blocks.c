// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks of a device that know who they are.
 *
 *	blocks write DEVICE SEED	fill the device
 *	blocks check DEVICE SEED	read all of it
 *	blocks repair DEVICE SEED	the same, and write those that cannot be read
 *
 * Prints "ok N", "errors N" and "wrong N". Status 0 when no block is wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 4096

static void fill(uint64_t *block, uint64_t n, uint64_t seed)
{
	for (unsigned int i = 0; i < BLOCK / sizeof(*block); i++) {
		uint64_t z = seed + (n * (BLOCK / sizeof(*block)) + i) * 0x9e3779b97f4a7c15;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		block[i] = z ^ z >> 31;
	}
}

int main(int argc, char **argv)
{
	uint64_t ok = 0, errors = 0, wrong = 0, n, seed, *want, *got;
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: blocks write|check|repair DEVICE SEED\n");
		return 2;
	}
	fd = open(argv[2], O_RDWR | O_DIRECT);
	want = aligned_alloc(BLOCK, BLOCK);
	got = aligned_alloc(BLOCK, BLOCK);
	if (fd < 0 || !want || !got) {
		perror(argv[2]);
		return 2;
	}
	seed = strtoull(argv[3], NULL, 10);
	for (n = 0;; n++) {
		off_t at = n * BLOCK;
		ssize_t len;

		fill(want, n, seed);
		if (!strcmp(argv[1], "write")) {
			len = pwrite(fd, want, BLOCK, at);
			if (len < 0 && errno == ENOSPC && lseek(fd, 0, SEEK_END) == at)
				break;
		} else {
			len = pread(fd, got, BLOCK, at);
		}
		if (!len)
			break;
		if (len == BLOCK && (!strcmp(argv[1], "write") || !memcmp(want, got, BLOCK))) {
			ok++;
		} else if (len == BLOCK) {
			wrong++;
		} else {
			errors++;
			if (!strcmp(argv[1], "repair") && pwrite(fd, want, BLOCK, at) != BLOCK)
				wrong++;
		}
	}
	printf("ok %" PRIu64 "\nerrors %" PRIu64 "\nwrong %" PRIu64 "\n", ok, errors, wrong);
	return wrong ? 1 : 0;
}
