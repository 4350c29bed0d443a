// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>

#include "node.h"
#include "world.h"

void world_init(struct world *w, u64 seed)
{
	memset(w, 0, sizeof(*w));
	w->seed = seed;
	w->random = seed * 0x9e3779b97f4a7c15ull + 1;
	w->hash = 0xcbf29ce484222325ull;
}

void world_exit(struct world *w)
{
	free(w->heap);
}

/* SplitMix64 */
u64 rnd(struct world *w)
{
	u64 z = (w->random += 0x9e3779b97f4a7c15ull);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

u64 below(struct world *w, u64 n)
{
	return rnd(w) % n;
}

u64 between(struct world *w, u64 lo, u64 hi)
{
	return lo + below(w, hi - lo + 1);
}

bool chance(struct world *w, u32 ppm)
{
	return ppm && below(w, 1000000) < ppm;
}

/* A binary heap of timers, the earliest first. */
static bool earlier(const struct timer *a, const struct timer *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void set(struct world *w, u32 i, struct timer *t)
{
	w->heap[i] = t;
	t->index = i;
}

static void sift_up(struct world *w, u32 i, struct timer *t)
{
	for (; i > 1 && earlier(t, w->heap[i / 2]); i /= 2)
		set(w, i, w->heap[i / 2]);
	set(w, i, t);
}

static void sift_down(struct world *w, u32 i, struct timer *t)
{
	for (;;) {
		u32 child = 2 * i;

		if (child > w->nheap)
			break;
		if (child < w->nheap && earlier(w->heap[child + 1], w->heap[child]))
			child++;
		if (!earlier(w->heap[child], t))
			break;
		set(w, i, w->heap[child]);
		i = child;
	}
	set(w, i, t);
}

void timer_stop(struct world *w, struct timer *t)
{
	struct timer *last;
	u32 i = t->index;

	if (!i)
		return;
	t->index = 0;
	last = w->heap[w->nheap--];
	if (last == t)
		return;
	if (i > 1 && earlier(last, w->heap[i / 2]))
		sift_up(w, i, last);
	else
		sift_down(w, i, last);
}

/* Arm a timer, or arm it anew. */
void timer_arm(struct world *w, struct timer *t, u64 delay_ns)
{
	timer_stop(w, t);
	t->at_ns = w->now_ns + delay_ns;
	t->order = w->order++;
	if (w->nheap + 2 > w->heap_room) {
		w->heap_room = 2 * w->heap_room + 64;
		w->heap = realloc(w->heap, w->heap_room * sizeof(*w->heap));
	}
	sift_up(w, ++w->nheap, t);
}

/* Let the next thing happen. Return: false when there is none up to @until_ns; it is then. */
bool world_step(struct world *w, u64 until_ns)
{
	struct timer *t = w->nheap ? w->heap[1] : NULL;

	if (!t || t->at_ns > until_ns) {
		w->now_ns = until_ns;
		return false;
	}
	w->now_ns = t->at_ns;
	timer_stop(w, t);
	if (t->node && t->node->paused) {
		node_defer(t->node, t);
		return true;
	}
	t->fn(t->arg);
	return true;
}

static void print_note(const struct note *n)
{
	printf("%12.3f ms  ", n->at_ns / 1e6);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	printf(n->fmt, n->a[0], n->a[1], n->a[2], n->a[3], n->a[4], n->a[5]);
#pragma GCC diagnostic pop
	putchar('\n');
}

static void mix(struct world *w, u64 v)
{
	w->hash = (w->hash ^ v) * 0x100000001b3ull;
	w->hash ^= w->hash >> 29;
}

void note_(struct world *w, const char *fmt, const u64 *a, unsigned int n)
{
	struct note *o = &w->note[w->nnotes++ % NOTES];
	unsigned int i;
	u64 name;

	o->at_ns = w->now_ns;
	o->fmt = fmt;
	memcpy(&name, fmt, sizeof(name));
	mix(w, name);
	mix(w, w->now_ns);
	for (i = 0; i < 6; i++) {
		o->a[i] = i < n ? a[i] : 0;
		mix(w, o->a[i]);
	}
	if (w->trace)
		print_note(o);
}

void fail(struct world *w, const char *fmt, ...)
{
	u64 i = w->nnotes > NOTES ? w->nnotes - NOTES : 0;
	va_list ap;

	if (!w->trace)
		for (; i < w->nnotes; i++)
			print_note(&w->note[i % NOTES]);
	printf("FAIL seed %llu after %.6f s: ", (unsigned long long)w->seed, w->now_ns / 1e9);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\nreplay: tests/sim/sim --seed %llu --trace\n", (unsigned long long)w->seed);
	fflush(stdout);
	_Exit(1);
}
