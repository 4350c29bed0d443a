/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame of the unit tests. A test program is one file test_X.c that includes this header once
 * and has TEST(name) { ... } blocks; they run in the order of the file. One line per test, then a
 * line "total PASSED FAILED" that run.sh sums up.
 *
 * T_SEED=number in the environment replays a run of the tests that use t_rand().
 */
#ifndef _T_H
#define _T_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct t_test {
	const char *name;
	void (*fn)(void);
	struct t_test *next;
};

static struct t_test *t_first, **t_last = &t_first;
static unsigned int t_failures; /* of the test that runs */
static uint64_t t_seed, t_state;

#define TEST(id)                                                  \
	static void id(void);                                     \
	static struct t_test t_test_##id = {#id, id, NULL};       \
	__attribute__((constructor)) static void t_add_##id(void) \
	{                                                         \
		*t_last = &t_test_##id;                           \
		t_last = &t_test_##id.next;                       \
	}                                                         \
	static void id(void)

/* A failed check is reported and the test goes on, but for more than a few of one test. */
#define T_FAIL(...)                                                 \
	do {                                                        \
		if (t_failures++ < 5) {                             \
			printf("     %s:%d: ", __FILE__, __LINE__); \
			printf(__VA_ARGS__);                        \
			putchar('\n');                              \
		}                                                   \
	} while (0)

#define CHECK(cond)                                    \
	do {                                           \
		if (!(cond))                           \
			T_FAIL("not true: %s", #cond); \
	} while (0)

/* Two integers. */
#define CHECK_EQ(a, b)                                                                             \
	do {                                                                                       \
		uint64_t t_a = (uint64_t)(a), t_b = (uint64_t)(b);                                 \
                                                                                                   \
		if (t_a != t_b)                                                                    \
			T_FAIL("%s is %" PRIu64 " (%#" PRIx64 "), not %s = %" PRIu64 " (%#" PRIx64 \
			       ")",                                                                \
			       #a, t_a, t_a, #b, t_b, t_b);                                        \
	} while (0)

/* @len bytes at @a and @b. */
#define CHECK_MEM(a, b, len)                                                                     \
	do {                                                                                     \
		const uint8_t *t_a = (const void *)(a), *t_b = (const void *)(b);                \
		size_t t_i = 0, t_n = (len);                                                     \
                                                                                                 \
		while (t_i < t_n && t_a[t_i] == t_b[t_i])                                        \
			t_i++;                                                                   \
		if (t_i < t_n)                                                                   \
			T_FAIL("%s and %s differ from byte %zu of %zu: %02x, %02x", #a, #b, t_i, \
			       t_n, t_a[t_i], t_b[t_i]);                                         \
	} while (0)

/* Give up the test (not its program) when going on makes no sense. */
#define REQUIRE(cond)                                  \
	do {                                           \
		if (!(cond)) {                         \
			T_FAIL("not true: %s", #cond); \
			return;                        \
		}                                      \
	} while (0)

/* SplitMix64: 64 random bits that follow from the seed. */
__attribute__((unused)) static uint64_t t_rand(void)
{
	uint64_t z = (t_state += 0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* A random number below @n. */
__attribute__((unused)) static uint64_t t_below(uint64_t n)
{
	return t_rand() % n;
}

__attribute__((unused)) static void t_fill(void *p, size_t len)
{
	uint8_t *b = p;

	while (len--)
		*b++ = (uint8_t)t_rand();
}

/* Bytes of a text of hexadecimal digits into @out. Return: their number. A mistyped text ends the
 * program. */
__attribute__((unused)) static size_t t_hex(const char *text, void *out)
{
	uint8_t *b = out;
	size_t i, n = strlen(text) / 2;

	if (strlen(text) % 2 || text[strspn(text, "0123456789abcdef")]) {
		printf("     not pairs of hexadecimal digits: %s\n", text);
		exit(2);
	}
	for (i = 0; i < n; i++) {
		char digits[3] = {text[2 * i], text[2 * i + 1], 0};

		b[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return n;
}

int main(void)
{
	const char *seed = getenv("T_SEED");
	unsigned int passed = 0, failed = 0;
	struct t_test *t;

	setvbuf(stdout, NULL, _IOLBF, 0); /* so that nothing is lost when a sanitizer ends us */
	t_seed = seed ? strtoull(seed, NULL, 0) : 1;
	for (t = t_first; t; t = t->next) {
		t_failures = 0;
		t_state = t_seed;
		t->fn();
		if (t_failures) {
			printf("FAIL %s: %u checks failed (T_SEED=%" PRIu64 ")\n", t->name,
			       t_failures, t_seed);
			failed++;
		} else {
			printf("ok   %s\n", t->name);
			passed++;
		}
	}
	printf("total %u %u\n", passed, failed);
	return failed ? 1 : 0;
}

#endif
