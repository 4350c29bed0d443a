// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulator: RMAP's pure core on several nodes, in virtual time, over a network that does its
 * worst. See README.md.
 */
#include <getopt.h>
#include <time.h>

#include "faults.h"
#include "load.h"
#include "node.h"
#include "store.h"

#define RECOVERY_NS	(60 * NS_PER_S)	/* everything goes on within this after the healing */
#define SETTLE_NS	(25 * NS_PER_S)	/* half-open sessions and late duplicates are gone then */

/* Frames that were sent for one that had to be, of a network as bad as issue 2 asks for. */
static double worst_ratio;

static const char *const breaks[BRK_NR] = {
	[BRK_EXECUTE_AGAIN]	 = "execute-again",
	[BRK_NO_SEQUENCE]	 = "no-sequence",
	[BRK_IGNORE_CRC]	 = "ignore-crc",
	[BRK_IGNORE_REPLAY]	 = "ignore-replay",
	[BRK_FORGET_SLOTS]	 = "forget-slots",
	[BRK_RESUME_UNCONFIRMED] = "resume-unconfirmed",
	[BRK_STALE_KEYS]	 = "stale-keys",
	[BRK_NO_SUPERSEDE]	 = "no-supersede",
	[BRK_CONFIRM_DEAD]	 = "confirm-dead",
	[BRK_NO_VOID]		 = "no-void",
	[BRK_REISSUE_TO_REBORN]	 = "reissue-to-reborn",
	[BRK_NO_REISSUE]	 = "no-reissue",
	[BRK_PLACE_IN_STORE]	 = "place-in-store",
	[BRK_COMPLETE_TWICE]	 = "complete-twice",
	[BRK_KEEP_PAGES]	 = "keep-pages",
	[BRK_NO_TIMER]		 = "no-timer",
	[BRK_NO_BACKOFF]	 = "no-backoff",
	[BRK_NO_STUCK]		 = "no-stuck",
	[BRK_NO_INCAST]		 = "no-incast",
};


static u64 held_by(const struct tsess *ts)
{
	unsigned int i, n;
	u64 sum = 0;

	for (i = 0; i < ts->tgt.nslots; i++)
		for (n = 0; n < RMP_PAGES_MAX; n++) {
			const struct page *p = ts->slot[i].rep_page[n];

			/* those in the store are counted there, unless it has dropped them */
			sum += ts->slot[i].page[n] ? 1 : 0;
			sum += p ? 1 : 0;
		}
	return sum;
}

/* All memory is accounted for, and bounded by slots. */
static void check_memory(struct world *w, bool settled)
{
	unsigned int i;
	u64 most = 0, least = 0;

	for (i = 0; i < w->nnodes; i++) {
		struct node *n = &w->node[i];
		unsigned int sessions = 0;
		struct tsess *ts;

		for (ts = n->targets; ts; ts = ts->next, sessions++) {
			u64 held = held_by(ts);

			if (held > ts->tgt.nslots * 2 * RMP_PAGES_MAX)
				fail(w, "a session of node %u holds %llu pages", i,
				     (unsigned long long)held);
			most += held;
		}
		if (n->store)
			least += store_pages(n);
		if (sessions > (settled ? w->nnodes + w->stats.closed : TSESS_MAX))
			fail(w, "node %u keeps %u sessions", i, sessions);
		if (n->nkeypairs > 3 * (sessions + SESS_MAX))
			fail(w, "node %u keeps %u key pairs", i, n->nkeypairs);
	}
	if (w->pages < least || w->pages > least + most)
		fail(w, "%llu pages are allocated: the stores have %llu, slots at most %llu",
		     (unsigned long long)w->pages, (unsigned long long)least,
		     (unsigned long long)most);
}

/*
 * Incast: no node asks for more reply frames than it is allowed, but for one request of each session
 * that had nothing under way.
 */
static void check_incast(struct world *w)
{
	unsigned int i, s, slot;

	for (i = 0; i < w->nnodes; i++) {
		struct node *n = &w->node[i];
		u32 asked = 0, alone = 0;

		for (s = 0; s < SESS_MAX; s++) {
			u32 most = 0;

			for (slot = 0; n->sess[s] && slot < RMP_SLOTS_MAX; slot++) {
				const struct req *rq = n->sess[s]->rq[slot];

				asked += rq ? rq->cost : 0;
				most = max(most, rq ? rq->cost : 0u);
			}
			alone += most;
		}
		if (asked != n->reply_frames || asked > n->incast_frames + alone)
			fail(w, "node %u asks for %u reply frames, says %u, may %u", i, asked,
			     n->reply_frames, n->incast_frames);
	}
}

static bool step(struct world *w, u64 until_ns)
{
	if (!(w->order % 1024))
		check_memory(w, false);
	if (!(w->order % 16))
		check_incast(w);
	return world_step(w, until_ns);
}

static void run_until(struct world *w, u64 until_ns)
{
	while (step(w, until_ns))
		;
}

static void run_until_idle(struct world *w, const char *what)
{
	u64 until = w->now_ns + RECOVERY_NS;

	while (!load_idle(w)) {
		if (step(w, until))
			continue;
		load_report(w);
		fail(w, "%s is not done %llu s after the network has healed", what,
		     RECOVERY_NS / NS_PER_S);
	}
}

/* A network without faults needs no remedy. */
static void check_clean(struct world *w)
{
	const struct stats *s = &w->stats;

	if (s->retransmits || s->timeouts || s->nacks || s->stale || s->duplicates || s->lost ||
	    s->bad || s->malformed || s->replayed || s->unknown)
		fail(w, "clean network: %llu retransmits, %llu timeouts, %llu NACKs, %llu drops",
		     (unsigned long long)s->retransmits, (unsigned long long)s->timeouts,
		     (unsigned long long)s->nacks,
		     (unsigned long long)(s->stale + s->duplicates + s->lost + s->bad +
					  s->malformed + s->replayed + s->unknown));
}

/* Issue 2: at most three times the frames of a clean run; handshakes and pings do not count. */
static void check_storm(struct world *w)
{
	u64 sent = w->stats.ideal + w->stats.retransmits + w->stats.nacks;

	if (sent > 3 * w->stats.ideal + 50)
		fail(w, "%llu frames for what takes %llu", (unsigned long long)sent,
		     (unsigned long long)w->stats.ideal);
	if (w->stats.ideal > 300)
		worst_ratio = max(worst_ratio, (double)sent / w->stats.ideal);
}

static void drain(struct world *w)
{
	unsigned int i;

	for (i = 0; i < w->nnodes; i++)
		node_crash(&w->node[i]);
	while (w->net->in_flight)
		world_step(w, w->now_ns + 100 * NS_PER_S);
	if (w->pages)
		fail(w, "%llu pages are left when all is gone", (unsigned long long)w->pages);
}

static void run_seed(struct world *w)
{
	faults_new(w);
	run_until(w, faults_until(w));
	faults_heal(w);
	load_stop(w);
	run_until_idle(w, "what was under way");
	if (faults_clean(w))
		check_clean(w);
	if (faults_mild(w))
		check_storm(w);
	load_read_all(w);
	run_until_idle(w, "the reading of all pages");
	run_until(w, w->now_ns + SETTLE_NS);
	load_read_all(w);	/* late duplicates must have done no harm */
	run_until_idle(w, "the last reading of all pages");
	check_memory(w, true);
	drain(w);
	load_free(w);
	faults_free(w);
	world_exit(w);
}

static void add_stats(struct stats *sum, const struct stats *s)
{
	const u64 *from = (const u64 *)s;
	u64 *to = (u64 *)sum;
	unsigned int i;

	for (i = 0; i < sizeof(*s) / sizeof(u64); i++)
		to[i] += from[i];
}

static void print_stats(const struct stats *s)
{
	const struct {
		const char *name;
		u64 n;
	} line[] = {
		{ "requests", s->requests },	     { "executed", s->executed },
		{ "cancelled", s->cancelled },	     { "answered busy", s->busy },
		{ "frames", s->frames },	     { "frames lost", s->lost },
		{ "duplicated", s->duplicated },     { "overtaken", s->delayed },
		{ "damaged", s->damaged },	     { "cut off", s->cut_off },
		{ "too long", s->too_long },	     { "retransmitted", s->retransmits },
		{ "timeouts", s->timeouts },	     { "NACKs", s->nacks },
		{ "window cuts", s->window_cuts },   { "dropped: bad tag or CRC", s->bad },
		{ "dropped: replayed", s->replayed }, { "dropped: stale", s->stale },
		{ "dropped: duplicate", s->duplicates }, { "dropped: malformed", s->malformed },
		{ "dropped: unknown", s->unknown },  { "handshakes", s->handshakes },
		{ "resumed", s->resumed },	     { "peers reborn", s->reborn },
		{ "sessions closed", s->closed },    { "restarts", s->restarts },
		{ "pauses", s->pauses },	     { "partitions", s->partitions },
		{ "paths narrowed", s->narrowed },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(line); i++)
		printf("%-24s%12llu\n", line[i].name, (unsigned long long)line[i].n);
}

static double seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

struct options {
	u64 seed, seeds;
	double seconds;
	enum brk brk;
	bool trace, list;
};

static void usage(void)
{
	puts("usage: sim [--seed N [--trace]] [--seeds N] [--seconds N] [--break NAME] [--list]\n"
	     "One seed, N seeds from that one on, or as many as fit into N seconds.");
	exit(2);
}

static enum brk break_by_name(const char *name)
{
	unsigned int i;

	for (i = 1; i < BRK_NR; i++)
		if (!strcmp(breaks[i], name))
			return i;
	fprintf(stderr, "sim: there is no break %s; --list shows them\n", name);
	exit(2);
}

static struct options parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "seed", 1, NULL, 's' },    { "seeds", 1, NULL, 'n' }, { "trace", 0, NULL, 't' },
		{ "seconds", 1, NULL, 'S' }, { "break", 1, NULL, 'b' }, { "list", 0, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { .seed = 1, .seeds = 1 };
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 's': o.seed = strtoull(optarg, NULL, 0); break;
		case 'n': o.seeds = strtoull(optarg, NULL, 0); break;
		case 't': o.trace = true; break;
		case 'S': o.seconds = strtod(optarg, NULL); o.seeds = U64_MAX; break;
		case 'b': o.brk = break_by_name(optarg); break;
		case 'l': o.list = true; break;
		default: usage();
		}
	}
	if (optind != argc)
		usage();
	return o;
}

int main(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	struct stats sum = { 0 };
	double begin = seconds_now(), took;
	u64 hash = 0, n, virtual_ns = 0;

	if (o.list) {
		for (n = 1; n < BRK_NR; n++)
			puts(breaks[n]);
		return 0;
	}
	for (n = 0; n < o.seeds; n++) {
		struct world w;

		if (o.seconds && seconds_now() - begin >= o.seconds)
			break;
		world_init(&w, o.seed + n);
		w.brk = o.brk;
		w.trace = o.trace;
		run_seed(&w);
		add_stats(&sum, &w.stats);
		hash = hash * 31 + w.hash;
		virtual_ns += w.now_ns;
	}
	took = seconds_now() - begin;
	print_stats(&sum);
	printf("frames sent for each that had to be, at 1 %% loss: at most %.2f\n", worst_ratio);
	printf("%llu seeds from %llu on, %.0f virtual seconds, in %.1f s: %.1f seeds per second\n",
	       (unsigned long long)n, (unsigned long long)o.seed, virtual_ns / 1e9, took, n / took);
	printf("hash %016llx\n", (unsigned long long)hash);
	return 0;
}
