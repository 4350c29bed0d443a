// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks of a device that know who they are.
 *
 *	blocks write DEVICE SEED	fill the device
 *	blocks check DEVICE SEED	read all of it
 *	blocks batch DEVICE SEED	the same, 16 neighbours handed over at once, a request for each
 *	blocks repair DEVICE SEED	check, and write those that cannot be read
 *	blocks odd DEVICE SEED		write every other block
 *
 * Prints "ok N", "errors N" and "wrong N". Status 0 when no block is wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
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

#define BATCH 16

static uint64_t ok, errors, wrong;

static void count(const uint64_t *want, const uint64_t *got, ssize_t len)
{
	if (len != BLOCK)
		errors++;
	else if (memcmp(want, got, BLOCK))
		wrong++;
	else
		ok++;
}

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

/* The block layer merges what is handed over together, where it is let. */
static void batches(int fd, uint64_t blocks, uint64_t seed)
{
	struct iocb cb[BATCH], *list[BATCH];
	struct io_event event[BATCH];
	uint64_t *want = aligned_alloc(BLOCK, BLOCK), first;
	char *got = aligned_alloc(BLOCK, BATCH * BLOCK);
	aio_context_t context = 0;

	if (!want || !got || syscall(SYS_io_setup, BATCH, &context))
		fail("io_setup");
	for (first = 0; first < blocks; first += BATCH) {
		for (unsigned int i = 0; i < BATCH; i++) {
			cb[i] = (struct iocb) {
				.aio_data = i, .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd,
				.aio_buf = (uintptr_t)(got + i * BLOCK), .aio_nbytes = BLOCK,
				.aio_offset = (first + i) * BLOCK,
			};
			list[i] = &cb[i];
		}
		if (syscall(SYS_io_submit, context, BATCH, list) != BATCH)
			fail("io_submit");
		if (syscall(SYS_io_getevents, context, BATCH, BATCH, event, NULL) != BATCH)
			fail("io_getevents");
		for (unsigned int i = 0; i < BATCH; i++) {
			fill(want, first + event[i].data, seed);
			count(want, (void *)(got + event[i].data * BLOCK), event[i].res);
		}
	}
}

static void one_by_one(const char *mode, int fd, uint64_t blocks, uint64_t seed)
{
	uint64_t *want = aligned_alloc(BLOCK, BLOCK), *got = aligned_alloc(BLOCK, BLOCK), n;
	int step = strcmp(mode, "odd") ? 1 : 2;

	if (!want || !got)
		fail("memory");
	for (n = step - 1; n < blocks; n += step) {
		off_t at = n * BLOCK;
		uint64_t before = errors;

		fill(want, n, seed);
		if (!strcmp(mode, "write") || !strcmp(mode, "odd"))
			count(want, want, pwrite(fd, want, BLOCK, at));
		else
			count(want, got, pread(fd, got, BLOCK, at));
		if (errors > before && !strcmp(mode, "repair") &&
		    pwrite(fd, want, BLOCK, at) != BLOCK)
			wrong++;
	}
}

int main(int argc, char **argv)
{
	uint64_t seed, blocks;
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: blocks write|check|batch|repair|odd DEVICE SEED\n");
		return 2;
	}
	fd = open(argv[2], O_RDWR | O_DIRECT);
	if (fd < 0)
		fail(argv[2]);
	blocks = lseek(fd, 0, SEEK_END) / BLOCK;
	seed = strtoull(argv[3], NULL, 10);
	if (!strcmp(argv[1], "batch"))
		batches(fd, blocks, seed);
	else
		one_by_one(argv[1], fd, blocks, seed);
	printf("ok %" PRIu64 "\nerrors %" PRIu64 "\nwrong %" PRIu64 "\n", ok, errors, wrong);
	return wrong ? 1 : 0;
}
