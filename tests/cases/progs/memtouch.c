// SPDX-License-Identifier: GPL-2.0-only
/*
 * Uses more memory than there is, and looks at every word of it.
 *
 *	memtouch anon MIB		memory of its own
 *	memtouch map MIB FILE		a file or a device, mapped
 *	memtouch check MIB FILE		what `map` left there
 *
 * A word is known from its place, the seed and how often it was written. Words are written in order,
 * then pages at random are checked and written anew, then all words are checked in order.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE		4096
#define WORDS		(PAGE / sizeof(uint64_t))
#define SEED		0x6d656d78ull

static uint64_t *memory;
static uint64_t pages;

/* splitmix64 */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

static uint64_t value(uint64_t page, unsigned int word, unsigned int round)
{
	return mix(SEED + (page * WORDS + word) * 4 + round);
}

static void fill(uint64_t page, unsigned int round)
{
	uint64_t *p = memory + page * WORDS;

	for (unsigned int i = 0; i < WORDS; i++)
		p[i] = value(page, i, round);
}

static void check(uint64_t page, unsigned int round)
{
	const uint64_t *p = memory + page * WORDS;

	for (unsigned int i = 0; i < WORDS; i++) {
		if (p[i] == value(page, i, round))
			continue;
		fprintf(stderr, "memtouch: page %llu, word %u: %016llx, not %016llx\n",
			(unsigned long long)page, i, (unsigned long long)p[i],
			(unsigned long long)value(page, i, round));
		exit(1);
	}
}

/* Which pages the second round writes: known without memory. */
static unsigned int last_round(uint64_t page)
{
	return mix(SEED ^ (page << 20)) % 4 == 0;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	return b ? gcd(b, a % b) : a;
}

static void touch(void)
{
	/* A step that is coprime to the number of pages visits each once. */
	uint64_t step = pages * 5 / 8 | 1, at = 0;

	while (gcd(pages, step) > 1)
		step += 2;
	for (uint64_t i = 0; i < pages; i++)
		fill(i, 0);
	for (uint64_t i = 0; i < pages; i++, at = (at + step) % pages)
		if (last_round(at)) {
			check(at, 0);
			fill(at, 1);
		}
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void map_file(const char *file, int prot)
{
	int fd = open(file, prot & PROT_WRITE ? O_RDWR : O_RDONLY);

	if (fd < 0)
		die(file);
	memory = mmap(NULL, pages * PAGE, prot, MAP_SHARED, fd, 0);
	close(fd);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[1] : "";

	pages = argc > 2 ? strtoull(argv[2], NULL, 10) * (1 << 20) / PAGE : 0;
	if (!strcmp(mode, "anon") && argc == 3)
		memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	else if (!strcmp(mode, "map") && argc == 4)
		map_file(argv[3], PROT_READ | PROT_WRITE);
	else if (!strcmp(mode, "check") && argc == 4)
		map_file(argv[3], PROT_READ);
	else
		return 2;
	if (memory == MAP_FAILED)
		die("mmap");
	if (strcmp(mode, "check"))
		touch();
	for (uint64_t i = 0; i < pages; i++)
		check(i, last_round(i));
	if (!strcmp(mode, "map") && msync(memory, pages * PAGE, MS_SYNC))
		die("msync");
	printf("%llu words are right\n", (unsigned long long)(pages * WORDS));
	return 0;
}
