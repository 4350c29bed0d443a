// SPDX-License-Identifier: GPL-2.0-only
/*
 * Uses so many times the memory that is available, and looks whether all of it is as it was written.
 *	hungry TIMES [MIB [hold]]	MIB: that much in place of what is available; hold: keeps it, and
 *					looks again after a SIGUSR1
 */
#include <signal.h>
#include <stdbool.h>
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

static bool as_written(const uint64_t *memory, uint64_t pages)
{
	for (uint64_t p = 0; p < pages; p++)
		for (unsigned int i = 0; i < PAGE / 8; i++)
			if (memory[p * (PAGE / 8) + i] != word(p, i)) {
				printf("hungry: page %llu is wrong\n", (unsigned long long)p);
				return false;
			}
	return true;
}

int main(int argc, char **argv)
{
	uint64_t kib = argc > 2 ? strtoull(argv[2], NULL, 10) << 10 : available_kib();
	uint64_t pages = kib * (argc > 1 ? strtoull(argv[1], NULL, 10) : 1) * 1024 / PAGE;
	sigset_t usr1;
	int sig;
	uint64_t *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (!pages || memory == MAP_FAILED) {
		perror("hungry");
		return 1;
	}
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	printf("hungry: %llu MiB\n", (unsigned long long)(pages * PAGE >> 20));
	fflush(stdout);
	for (uint64_t p = 0; p < pages; p++)
		for (unsigned int i = 0; i < PAGE / 8; i++)
			memory[p * (PAGE / 8) + i] = word(p, i);
	if (!as_written(memory, pages))
		return 1;
	printf("hungry: all is as it was written\n");
	fflush(stdout);
	if (argc <= 3)
		return 0;
	sigwait(&usr1, &sig);
	if (!as_written(memory, pages))
		return 1;
	printf("hungry: all is still as it was written\n");
	return 0;
}
