// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has the kernel swap memory out, and looks at it later: pageout MIB SECONDS
 *
 * Prints how many words were wrong then. It has no other memory that could be swapped out.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t word(size_t i)
{
	return i * 0x9e3779b97f4a7c15 + 1;
}

int main(int argc, char **argv)
{
	size_t bytes, i, wrong = 0;
	uint64_t *mem;

	if (argc != 3 || mlockall(MCL_CURRENT)) {
		fprintf(stderr, "usage: pageout MIB SECONDS, as root\n");
		return 2;
	}
	bytes = strtoul(argv[1], NULL, 10) << 20;
	mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED) {
		perror("pageout");
		return 2;
	}
	for (i = 0; i < bytes / sizeof(*mem); i++)
		mem[i] = word(i);
	if (madvise(mem, bytes, MADV_PAGEOUT)) {
		perror("madvise");
		return 2;
	}
	sleep(atoi(argv[2]));
	for (i = 0; i < bytes / sizeof(*mem); i++)
		wrong += mem[i] != word(i);
	printf("%zu words wrong\n", wrong);
	return wrong ? 1 : 0;
}
