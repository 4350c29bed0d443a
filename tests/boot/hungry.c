// SPDX-License-Identifier: GPL-2.0-only
/*
 * Uses so many times the memory that is available, and looks whether all of it is as it was written.
 *	hungry TIMES [MIB [hold]]	MIB: that much in place of what is available; hold: keeps it
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096

static uint64_t available_kib(void)
{
	unsigned long long kib = 0;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

/* Each page is unlike any other, and does not compress to one word. */
static uint64_t word(uint64_t page, unsigned int i)
{
	return (page * 512 + i + 1) * 0x9e3779b97f4a7c15ull;
}

int main(int argc, char **argv)
{
	uint64_t kib = argc > 2 ? strtoull(argv[2], NULL, 10) << 10 : available_kib();
	uint64_t pages = kib * (argc > 1 ? strtoull(argv[1], NULL, 10) : 1) * 1024 / PAGE;
	uint64_t *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (!pages || memory == MAP_FAILED) {
		perror("hungry");
		return 1;
	}
	printf("hungry: %llu MiB\n", (unsigned long long)(pages * PAGE >> 20));
	fflush(stdout);
	for (uint64_t p = 0; p < pages; p++)
		for (unsigned int i = 0; i < PAGE / 8; i++)
			memory[p * (PAGE / 8) + i] = word(p, i);
	for (uint64_t p = 0; p < pages; p++)
		for (unsigned int i = 0; i < PAGE / 8; i++)
			if (memory[p * (PAGE / 8) + i] != word(p, i)) {
				printf("hungry: page %llu is wrong\n", (unsigned long long)p);
				return 1;
			}
	printf("hungry: all is as it was written\n");
	fflush(stdout);
	if (argc > 3)
		pause();
	return 0;
}
