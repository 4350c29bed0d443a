// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the rate of this machine's time stamp counter in kHz. An emulated kernel that measures it
 * itself on a busy host can be wrong by a factor, and then all its clocks and deadlines are.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct point {
	uint64_t ns, tsc;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Of several readings of both clocks the one that took least time: nothing came between. */
static struct point read_both(void)
{
	uint64_t shortest = UINT64_MAX;
	struct point best = { 0, 0 };

	for (int i = 0; i < 200; i++) {
		uint64_t before = __rdtsc(), ns = now_ns(), took = __rdtsc() - before;

		if (took < shortest) {
			shortest = took;
			best = (struct point){ ns, before + took / 2 };
		}
	}
	return best;
}

int main(void)
{
	struct timespec pause = { 0, 100000000 };
	struct point a = read_both(), b;

	nanosleep(&pause, NULL);
	b = read_both();
	printf("%llu\n", (unsigned long long)((b.tsc - a.tsc) * 1000000 / (b.ns - a.ns)));
	return 0;
}
