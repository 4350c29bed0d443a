// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes pages that another thread changes all the time: scribble DEVICE PAGES
 *
 * One page after the other, past the page cache.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGE 4096

static uint64_t buf[PAGE / sizeof(uint64_t)] __attribute__((aligned(PAGE)));

static void *change(void *arg)
{
	volatile uint64_t *word = arg;

	for (uint64_t n = 0;; n++)
		word[n % (PAGE / sizeof(*word))] = n;
	return NULL;
}

int main(int argc, char **argv)
{
	int fd = argc == 3 ? open(argv[1], O_WRONLY | O_DIRECT) : -1;
	pthread_t thread;
	long i, n;

	if (fd < 0) {
		fprintf(stderr, "usage: scribble DEVICE PAGES\n");
		return 2;
	}
	n = atol(argv[2]);
	if (pthread_create(&thread, NULL, change, buf)) {
		fprintf(stderr, "scribble: no thread\n");
		return 2;
	}
	for (i = 0; i < n; i++) {
		if (pwrite(fd, buf, PAGE, i * PAGE) != PAGE) {
			perror("scribble");
			return 1;
		}
	}
	return 0;
}
