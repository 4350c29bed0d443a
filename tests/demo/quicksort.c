// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MemX paper's program: quicksort of random 4-byte integers, in place.
 *
 *	quicksort MIB SEED
 *
 * Says how far it is, how long it took, and whether the result is right: in order, and the same
 * numbers as before (their sum and the sum of their squares, modulo 2^64). Status 0 when it is.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct check {
	uint64_t sum, squares;
};

static size_t total, placed, told;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* SplitMix64 */
static uint32_t draw(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)(z ^ z >> 31);
}

/* These many more are where they belong. */
static void progress(size_t n)
{
	placed += n;
	if (placed - told < total / 20 && placed < total)
		return;
	told = placed;
	printf("sorted %zu %%\n", placed * 100 / total);
}

static void insertion(uint32_t *a, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint32_t v = a[i];
		size_t j = i;

		for (; j && a[j - 1] > v; j--)
			a[j] = a[j - 1];
		a[j] = v;
	}
}

static void sort(uint32_t *a, size_t n)
{
	while (n > 16) {
		uint32_t pivot = a[n / 2];
		size_t i = 0, j = n - 1;

		while (true) {
			while (a[i] < pivot)
				i++;
			while (a[j] > pivot)
				j--;
			if (i >= j)
				break;
			uint32_t t = a[i];

			a[i++] = a[j];
			a[j--] = t;
		}
		/* Up to i - 1 nothing is greater than the pivot, from i on nothing less. */
		size_t left = a[i] < pivot ? i + 1 : i;

		if (!left)
			left = 1;
		sort(a, left);
		a += left;
		n -= left;
	}
	insertion(a, n);
	progress(n);
}

static void add(struct check *c, uint32_t v)
{
	c->sum += v;
	c->squares += (uint64_t)v * v;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: quicksort MIB SEED\n");
		return 2;
	}
	total = strtoull(argv[1], NULL, 10) * (1 << 20) / sizeof(uint32_t);
	uint64_t state = strtoull(argv[2], NULL, 10);
	uint32_t *a = malloc(total * sizeof(*a));
	double begin = now();

	if (!a || !total) {
		fprintf(stderr, "quicksort: no memory for %s MiB\n", argv[1]);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	struct check before = {0, 0}, after = {0, 0};
	bool right = true;

	for (size_t i = 0; i < total; i++) {
		a[i] = draw(&state);
		add(&before, a[i]);
	}
	printf("filled %s MiB\n", argv[1]);
	sort(a, total);
	for (size_t i = 0; i < total; i++) {
		right &= !i || a[i - 1] <= a[i];
		add(&after, a[i]);
	}
	right &= before.sum == after.sum && before.squares == after.squares;

	printf("seconds %.1f\n", now() - begin);
	printf("result %s\n", right ? "right" : "wrong");
	return right ? 0 : 1;
}
