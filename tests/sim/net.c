// SPDX-License-Identifier: GPL-2.0-only
#include "net.h"
#include "node.h"

void frame_free(struct frame *f)
{
	if (!--f->origin->copies)
		free(f->origin);
	f->w->net->in_flight--;
	free(f);
}

static void arrive(void *arg)
{
	struct frame *f = arg;

	node_rx(&f->w->node[f->to], f);
}

static void damage(struct world *w, struct frame *f)
{
	u16 at = below(w, f->have);

	/* One byte, or a run of them: what a network card or a switch does to a frame. */
	f->damaged = true;
	f->damaged_at = at;
	w->stats.damaged++;
	if (chance(w, 500000)) {
		f->data[at] ^= between(w, 1, 255);
		return;
	}
	for (; at < f->have && at < f->damaged_at + 4; at++)
		f->data[at] ^= between(w, 1, 255);
}

/* When a frame that is sent now has left the sender; 0 when the queue is full. */
static u64 depart(struct world *w, unsigned int from, unsigned int to, u32 len)
{
	struct net *net = w->net;
	u64 *busy = &net->busy_until_ns[from][to];
	u64 start = max(*busy, w->now_ns);

	if (start - w->now_ns > net->queue_ns)
		return 0;
	*busy = start + ((len + 38) * net->ns_per_byte_1024 >> 10);
	return *busy;
}

static void put_on_wire(struct node *n, unsigned int to, const void *data, u32 have, u32 len,
			struct origin *origin, u64 arrival_ns)
{
	struct world *w = n->w;
	struct frame *f = malloc(sizeof(*f) + max(len, have));

	*f = (struct frame) {
		.timer = { .fn = arrive, .arg = f }, .w = w, .origin = origin,
		.from = n->index, .to = to, .len = len, .have = have,
	};
	memcpy(f->data, data, have);
	memset(f->data + have, 0, max(len, have) - have);
	origin->copies++;
	w->net->in_flight++;
	if (chance(w, w->net->now.corruption))
		damage(w, f);
	timer_arm(w, &f->timer, arrival_ns - w->now_ns);
}

/* Time on the way, jitter and being overtaken included. */
static u64 travel(struct world *w)
{
	const struct net_faults *now = &w->net->now;
	u64 ns = w->net->delay_ns;

	if (now->jitter_ns)
		ns += below(w, now->jitter_ns);
	if (chance(w, now->reordering)) {
		ns += below(w, now->reorder_ns + 1);
		w->stats.delayed++;
	}
	return ns;
}

static bool vanishes(struct world *w, unsigned int from, unsigned int to, u32 len, u8 type)
{
	struct net *net = w->net;

	if (net->parted[from][to]) {
		w->stats.cut_off++;
		return true;
	}
	if (len > net->mtu) {
		w->stats.too_long++;
		return true;
	}
	if (!(net->now.types >> type & 1) && !chance(w, net->now.loss))
		return false;
	w->stats.lost++;
	note(w, "net-lost  %llu -> %llu", from, to);
	return true;
}

/**
 * net_send - send a frame
 * @from:	node
 * @to:		number of the node that is to get it
 * @data:	its bytes
 * @have:	how many
 * @len:	bytes of the frame with its padding
 */
void net_send(struct node *from, unsigned int to, const void *data, u32 have, u32 len)
{
	struct world *w = from->w;
	struct origin *origin;
	u64 left = depart(w, from->index, to, len);

	w->stats.frames++;
	w->stats.bytes += len;
	if (!left) {
		w->stats.lost++;
		note(w, "net-full  %llu -> %llu", from->index, to);
		return;
	}
	if (vanishes(w, from->index, to, len, *(const u8 *)data % 32))
		return;
	origin = calloc(1, sizeof(*origin));
	put_on_wire(from, to, data, have, len, origin, left + travel(w));
	if (chance(w, w->net->now.duplication)) {
		/* Mostly soon; sometimes long after, when whoever sent it has gone on. */
		u64 late = chance(w, 800000) ? below(w, 200 * NS_PER_US) :
					       below(w, w->net->now.late_ns + 1);

		w->stats.duplicated++;
		put_on_wire(from, to, data, have, len, origin, left + travel(w) + late);
	}
}
