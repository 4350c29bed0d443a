// SPDX-License-Identifier: GPL-2.0-only
/*
 * A working set of anonymous memory: anon MIB SECONDS SEED
 *
 * Fills the memory, then for so many seconds looks at pages at random and changes them, and in the
 * end checks every word. Status 0 when all were right.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define WORDS 512 /* of a page */

static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint64_t word(uint64_t page, unsigned int i, uint32_t version)
{
	return mix(page * WORDS + i + ((uint64_t)version << 40));
}

static void fill(uint64_t *p, uint64_t page, uint32_t version)
{
	for (unsigned int i = 0; i < WORDS; i++)
		p[i] = word(page, i, version);
}

static unsigned int wrong_words(const uint64_t *p, uint64_t page, uint32_t version)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < WORDS; i++)
		n += p[i] != word(page, i, version);
	return n;
}

int main(int argc, char **argv)
{
	uint64_t pages, page, wrong = 0, visits = 0, state;
	uint32_t *version;
	uint64_t *mem;
	time_t end;

	if (argc != 4) {
		fprintf(stderr, "usage: anon MIB SECONDS SEED\n");
		return 2;
	}
	pages = strtoull(argv[1], NULL, 10) * 256;
	state = strtoull(argv[3], NULL, 10);
	version = calloc(pages, sizeof(*version));
	mem = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!version || mem == MAP_FAILED) {
		perror("anon");
		return 2;
	}
	for (page = 0; page < pages; page++)
		fill(mem + page * WORDS, page, 0);
	end = time(NULL) + atoi(argv[2]);
	while (time(NULL) < end) {
		page = mix(state += 0x9e3779b97f4a7c15) % pages;
		wrong += wrong_words(mem + page * WORDS, page, version[page]);
		fill(mem + page * WORDS, page, ++version[page]);
		visits++;
	}
	for (page = 0; page < pages; page++)
		wrong += wrong_words(mem + page * WORDS, page, version[page]);
	printf("%llu pages, %llu visits, %llu words wrong\n", (unsigned long long)pages,
	       (unsigned long long)visits, (unsigned long long)wrong);
	return wrong ? 1 : 0;
}
