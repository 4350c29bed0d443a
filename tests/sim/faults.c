// SPDX-License-Identifier: GPL-2.0-only
#include "faults.h"
#include "load.h"
#include "node.h"

#define RECOVERY_MAX	(2 * NODES_MAX + 2)

/* The end of one fault. */
struct recovery {
	struct timer	timer;
	struct faults	*faults;
	void		(*fn)(struct faults *f, struct recovery *r);
	unsigned int	a, b;
	bool		both;
};

struct faults {
	struct world	*w;
	struct timer	timer, mood;
	u16		mtu;		/* that the network carries in the end */
	struct net_faults noise;
	u64		until_ns, gap_ns, longest_ns;
	bool		clean, mild, awful;
	struct recovery	recovery[RECOVERY_MAX];
};

static void recover(void *arg)
{
	struct recovery *r = arg;

	r->fn(r->faults, r);
}

/* Have @fn called after some time. Return: NULL when too much is broken already. */
static struct recovery *later(struct faults *f,
			      void (*fn)(struct faults *f, struct recovery *r), u64 longest_ns)
{
	struct world *w = f->w;
	unsigned int i;

	for (i = 0; i < RECOVERY_MAX; i++) {
		struct recovery *r = &f->recovery[i];

		if (timer_armed(&r->timer))
			continue;
		*r = (struct recovery) {
			.timer = { .fn = recover, .arg = r }, .faults = f, .fn = fn
		};
		/* as often short as long */
		timer_arm(w, &r->timer, below(w, (longest_ns >> below(w, 12)) + NS_PER_MS));
		return r;
	}
	return NULL;
}

static void join(struct faults *f, struct recovery *r)
{
	note(f->w, "join %llu and %llu", r->a, r->b);
	f->w->net->parted[r->a][r->b] = false;
	f->w->net->parted[r->b][r->a] = false;
}

static void part(struct faults *f)
{
	struct world *w = f->w;
	struct recovery *r = later(f, join, f->longest_ns);

	if (!r)
		return;
	r->a = below(w, w->nnodes);
	r->b = (r->a + 1 + below(w, w->nnodes - 1)) % w->nnodes;
	r->both = below(w, 4);
	note(w, "part %llu and %llu, both ways: %llu", r->a, r->b, r->both);
	w->net->parted[r->a][r->b] = true;
	w->net->parted[r->b][r->a] |= r->both;
	w->stats.partitions++;
}

static void boot(struct faults *f, struct recovery *r)
{
	if (!f->w->node[r->a].up)
		node_boot(&f->w->node[r->a]);
}

static void crash(struct faults *f)
{
	struct node *n = &f->w->node[below(f->w, f->w->nnodes)];
	struct recovery *r;

	if (!n->up)
		return;
	r = later(f, boot, f->longest_ns);
	if (!r)
		return;
	r->a = n->index;
	node_crash(n);
	f->w->stats.restarts++;
}

static void go_on(struct faults *f, struct recovery *r)
{
	if (f->w->node[r->a].paused)
		node_continue(&f->w->node[r->a]);
}

static void pause_one(struct faults *f)
{
	struct node *n = &f->w->node[below(f->w, f->w->nnodes)];
	struct recovery *r;

	if (!n->up || n->paused)
		return;
	r = later(f, go_on, f->longest_ns);
	if (!r)
		return;
	r->a = n->index;
	node_pause(n);
	f->w->stats.pauses++;
}

static void close_one(struct faults *f)
{
	struct node *n = &f->w->node[below(f->w, f->w->nnodes)];

	if (n->up && !n->paused)
		load_close_one(n);
}

static void calm(struct faults *f, struct recovery *r)
{
	u32 types = f->w->net->now.types;

	(void)r;
	f->w->net->now = f->noise;
	f->w->net->now.types = types;
}

static void storm(struct faults *f)
{
	struct net_faults *now = &f->w->net->now;

	if (!later(f, calm, f->until_ns))
		return;
	now->loss = below(f->w, 800000);
	now->duplication = below(f->w, 300000);
	note(f->w, "storm loss %llu duplication %llu", now->loss, now->duplication);
}

/*
 * An awful network loses all frames of some types, or all long ones, and others a moment later:
 * what a session makes of each half-done step.
 */
static void change_mood(void *arg)
{
	static const u32 sets[] = {
		0,
		BIT(RMP_T_PING),
		BIT(RMP_T_PONG),
		BIT(RMP_T_REQ) | BIT(RMP_T_REP) | BIT(RMP_T_PING) | BIT(RMP_T_PONG),
		BIT(RMP_T_REQ) | BIT(RMP_T_REP) | BIT(RMP_T_NACK) | BIT(RMP_T_PONG),
	};
	struct faults *f = arg;
	struct world *w = f->w;

	w->net->now.types = below(w, 4) ? sets[below(w, ARRAY_SIZE(sets))] : (u32)rnd(w);
	w->net->mtu = below(w, 3) ? f->mtu : between(w, 1500, f->mtu);
	note(w, "mood types %llx mtu %llu", w->net->now.types, w->net->mtu);
	timer_arm(w, &f->mood, between(w, 200, 3000) * NS_PER_MS);
}

/* A switch carries less from now on, and nobody mends that. */
static void narrow(struct faults *f)
{
	static const u16 mtus[] = { 1500, 4300, 8000 };
	struct world *w = f->w;
	u16 mtu = mtus[below(w, ARRAY_SIZE(mtus))];

	if (mtu >= f->mtu)
		return;
	note(w, "narrow from %llu to %llu", f->mtu, mtu);
	f->mtu = mtu;
	w->net->mtu = min(w->net->mtu, mtu);
	w->stats.narrowed++;
}

static void strike(void *arg)
{
	struct faults *f = arg;

	switch (below(f->w, 9)) {
	case 8:
		narrow(f);
		break;
	case 0:
	case 1:
		crash(f);
		break;
	case 2:
		pause_one(f);
		break;
	case 3:
		close_one(f);
		break;
	case 4:
		storm(f);
		break;
	default:
		part(f);
	}
	timer_arm(f->w, &f->timer, below(f->w, f->gap_ns));
}

/* Every second time nothing. One call for each full expression: C leaves their order open. */
static u64 maybe(struct world *w, u64 n)
{
	return below(w, 2) ? below(w, n) : 0;
}

/* Kinds of seeds: nothing wrong; as bad a network as issue 2 asks for; anything. */
static void choose_noise(struct faults *f)
{
	struct world *w = f->w;
	u32 kind = below(w, 16);

	if (w->brk == BRK_RESUME_UNCONFIRMED || w->brk == BRK_CONFIRM_DEAD ||
	    w->brk == BRK_STALE_KEYS)
		kind = 3;	/* others show it too, but seldom */
	f->clean = kind == 0;
	f->mild = kind == 1 || kind == 2;
	f->noise.late_ns = NS_PER_S << below(w, 4);
	if (f->mild) {
		f->noise.loss = 10000;
		f->noise.duplication = 10000;
		f->noise.reordering = 50000;
		f->noise.corruption = 1000;
		f->noise.jitter_ns = 50 * NS_PER_US;
		f->noise.reorder_ns = 200 * NS_PER_US;
	} else if (kind == 3) {
		f->awful = true;
		f->noise.loss = maybe(w, 700000);
	} else if (!f->clean) {
		f->noise.loss = maybe(w, 100000);
		f->noise.duplication = below(w, 100000);
		f->noise.reordering = maybe(w, 200000);
		f->noise.corruption = maybe(w, 50000);
		f->noise.jitter_ns = maybe(w, 300 * NS_PER_US);
		f->noise.reorder_ns = below(w, 2) ? NS_PER_S << below(w, 3) : NS_PER_MS;
	}
}

static void choose_net(struct faults *f)
{
	static const u16 mtus[] = { 1500, 1500, 9000, 9000, 4224 };
	struct world *w = f->w;
	struct net *net = calloc(1, sizeof(*net));
	u16 mtu = below(w, 4) ? mtus[below(w, ARRAY_SIZE(mtus))] : between(w, 1500, 9000);
	bool noise = below(w, 2);
	unsigned int i;
	u32 rekey_s = below(w, 3) ? 3600 : 1 + below(w, 4);

	if (f->awful)
		mtu = between(w, 4225, 9000);
	net->now = f->noise;
	net->delay_ns = between(w, 2, f->clean || f->mild ? 100 : 2000) * NS_PER_US;
	/* 1 to 25 Gbit/s */
	net->ns_per_byte_1024 = 8 * 1024 / (f->clean ? 25 : between(w, 1, 25));
	net->queue_ns = f->clean ? NS_PER_S : between(w, 1, 20) * NS_PER_MS;
	/* A switch in between that does not carry what the links promise. */
	net->mtu = f->clean || f->mild || f->awful || below(w, 6) ? mtu : between(w, 1500, mtu);
	f->mtu = net->mtu;
	w->net = net;
	w->node = calloc(w->nnodes, sizeof(*w->node));
	for (i = 0; i < w->nnodes; i++)
		w->node[i] = (struct node) {
			.w = w, .index = i, .mtu = mtu, .rekey_s = rekey_s,
			.security = noise ? RMP_SEC_NOISE : RMP_SEC_NONE,
			.incast_frames = below(w, 4) ? 1024 : between(w, 1, 64),
		};
}

static void choose_load(struct faults *f)
{
	struct world *w = f->w;
	unsigned int i, t, targets = between(w, 1, 2), sessions = 0;
	struct load_plan plan = { .depth = 64 };

	plan.depth >>= below(w, 6);
	plan.depth = between(w, 1, plan.depth);
	if (!f->clean && !below(w, 3))
		plan.nomem = below(w, 50000);
	if (!f->clean && !f->mild)
		plan.cancel = maybe(w, 300000);
	for (i = 0; i < w->nnodes; i++) {
		bool both = !below(w, 8);

		plan.serves[i] = i < targets || both;
		for (t = 0; t < targets; t++) {
			plan.uses[i][t] = t != i && (i >= targets || both);
			sessions += plan.uses[i][t];
		}
	}
	/* About so many bursts in a seed, whatever it is like. */
	plan.gap_ns = f->until_ns * sessions * plan.depth / between(w, 50, 300);
	w->load = load_new(w, &plan);
}

struct faults *faults_new(struct world *w)
{
	struct faults *f = calloc(1, sizeof(*f));
	unsigned int i;

	f->w = w;
	w->faults = f;
	w->nnodes = between(w, 3, 5);
	choose_noise(f);
	f->until_ns = between(w, 50, below(w, 4) && !f->awful ? 8000 : 30000) * NS_PER_MS;
	f->longest_ns = f->until_ns >> below(w, 4);
	f->gap_ns = f->until_ns / (1 + below(w, 8));
	choose_net(f);
	choose_load(f);
	f->timer = (struct timer) { .fn = strike, .arg = f };
	if (!f->clean && !f->mild && below(w, 8))
		timer_arm(w, &f->timer, below(w, f->gap_ns));
	f->mood = (struct timer) { .fn = change_mood, .arg = f };
	if (f->awful)
		timer_arm(w, &f->mood, NS_PER_S);
	for (i = 0; i < w->nnodes; i++)
		node_boot(&w->node[i]);
	return f;
}

u64 faults_until(const struct world *w)
{
	return w->faults->until_ns;
}

bool faults_clean(const struct world *w)
{
	return w->faults->clean;
}

bool faults_mild(const struct world *w)
{
	return w->faults->mild;
}

/* All is well from now on; what is on its way still comes. */
void faults_heal(struct world *w)
{
	struct faults *f = w->faults;
	unsigned int i;

	note(w, "heal all", 0);
	timer_stop(w, &f->timer);
	timer_stop(w, &f->mood);
	w->net->mtu = f->mtu;
	for (i = 0; i < RECOVERY_MAX; i++)
		timer_stop(w, &f->recovery[i].timer);
	memset(w->net->parted, 0, sizeof(w->net->parted));
	memset(&w->net->now, 0, sizeof(w->net->now));
	for (i = 0; i < w->nnodes; i++) {
		if (w->node[i].paused)
			node_continue(&w->node[i]);
		if (!w->node[i].up)
			node_boot(&w->node[i]);
	}
}

void faults_free(struct world *w)
{
	free(w->faults);
	free(w->net);
	free(w->node);
}
