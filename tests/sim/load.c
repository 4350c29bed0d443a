// SPDX-License-Identifier: GPL-2.0-only
#include "vol.h"

static void issue(struct vol *v);

struct load *load_new(struct world *w, const struct load_plan *plan)
{
	struct load *l = calloc(1, sizeof(*l));

	l->w = w;
	l->plan = *plan;
	return l;
}

void load_free(struct world *w)
{
	struct load *l = w->load;
	u32 i;

	for (i = 0; i < l->nrq; i++) {
		free(l->rq[i]->data);
		free(l->rq[i]);
	}
	while (l->vols) {
		struct vol *v = l->vols;

		l->vols = v->next;
		free(v);
	}
	free(l->rq);
	free(l);
}

u32 load_nomem(struct world *w)
{
	return w->load->plan.nomem;
}

static void vol_tick(void *arg)
{
	struct vol *v = arg;
	struct load *l = v->w->load;

	if (l->stopped) {
		if (!v->handle)
			issue(v);
		return;
	}
	if (v->nunder_way && chance(v->w, l->plan.cancel)) {
		struct req *rq = v->under_way[below(v->w, v->nunder_way)];

		if (rq->op != MEMX_OP_EXTENT_OPEN && sess_cancel(v->sess, rq))
			v->w->stats.cancelled++;
	}
	issue(v);
	timer_arm(v->w, &v->timer, below(v->w, l->plan.gap_ns + 1));
}

static void vol_new(struct node *n, unsigned int target)
{
	struct load *l = n->w->load;
	struct vol *v = calloc(1, sizeof(*v));

	v->w = n->w;
	v->node = n;
	v->target = target;
	v->number = ++n->w->serial;
	v->sess = sess_open(n, target);
	v->sess->vol = v;
	v->next = l->vols;
	l->vols = v;
	node_timer(n, &v->timer, vol_tick, v);
	if (!l->stopped)
		timer_arm(n->w, &v->timer, below(n->w, l->plan.gap_ns + 1));
	issue(v);
}

void load_boot(struct node *n)
{
	const struct load_plan *plan = &n->w->load->plan;
	unsigned int t;

	if (plan->serves[n->index])
		n->store = store_new(n);
	for (t = 0; t < n->w->nnodes; t++)
		if (plan->uses[n->index][t])
			vol_new(n, t);
}

static void retire(struct vol *v)
{
	v->retired = true;
	timer_stop(v->w, &v->timer);
}

void load_crash(struct node *n)
{
	struct vol *v;

	for (v = n->w->load->vols; v; v = v->next)
		if (v->node == n && !v->retired)
			retire(v);
}

/* The owner of a session closes it, and opens another. */
void load_close_one(struct node *n)
{
	struct vol *v;

	for (v = n->w->load->vols; v; v = v->next) {
		if (v->node != n || v->retired)
			continue;
		retire(v);
		n->w->stats.closed++;
		note(n->w, "close session %llu of node %llu", v->sess->end.id, n->index);
		sess_close(v->sess);
		if (v->nunder_way)
			fail(n->w, "%u requests outlive their session", v->nunder_way);
		vol_new(n, v->target);
		return;
	}
}

void load_lost(struct vol *v)
{
	struct req *rq;

	note(v->w, "lost volume %llu epoch %llu", v->number, v->epoch);
	v->epoch++;
	v->handle = 0;
	v->opening = false;
	while ((rq = v->given_up)) {
		v->given_up = rq->next;
		rq->next = NULL;
		rq->locked = false;
	}
	memset(v->page, 0, sizeof(v->page));
	timer_arm(v->w, &v->timer, 0);	/* to open it again */
}

void load_settled(struct sess *s, u64 id)
{
	struct req **at = &s->vol->given_up;

	while (*at) {
		struct req *rq = *at;
		bool is_void = s->ini.slot[rq->slot].state == RMP_INI_VOID &&
			       s->voided[rq->slot] == rq->id;

		if (id ? rq->id != id : is_void) {
			at = &rq->next;
			continue;
		}
		*at = rq->next;
		rq->next = NULL;
		end_write(rq, rq->ran_in);
	}
}

/* Done with -ECANCELED. */
static void was_given_up(struct req *rq)
{
	struct vol *v = rq->vol;

	rq->given_up = true;
	if (!rq->locked)
		return;
	rq->next = v->given_up;
	v->given_up = rq;
	if (v->sess->state == SESS_UP)
		load_settled(v->sess, 0);
	else if (!rq->starts)
		load_settled(v->sess, rq->id);
}

static void answered(struct req *rq)
{
	struct vol *v = rq->vol;
	const struct memx_extent_rep *rep = (const void *)rq->rep_head;

	if (rq->locked)
		end_write(rq, rq->ran_in);	/* BUSY: in an earlier session perhaps */
	if (rq->op == MEMX_OP_EXTENT_OPEN)
		v->opening = false;
	v->w->stats.ideal += rq->ideal;
	if (rq->status != RMP_OK)
		return;
	if (rq->op == MEMX_OP_READ)
		check_read(rq);
	else if (rq->op == OP_ECHO)
		check_echo(rq);
	else if (rq->op == MEMX_OP_EXTENT_OPEN)
		v->handle = be64_to_cpu(rep->handle);
}

static void done(struct req *rq)
{
	struct vol *v = rq->vol;
	u32 i;

	check_completed(rq);
	for (i = 0; v->under_way[i] != rq; i++)
		;
	v->under_way[i] = v->under_way[--v->nunder_way];
	if (!rq->err)
		answered(rq);
	else if (rq->err == -ECANCELED)
		was_given_up(rq);
	free(rq->data);
	rq->data = NULL;
	if (!v->retired && !v->handle)
		issue(v);
}

static struct req *req_new(struct vol *v, u8 op)
{
	struct load *l = v->w->load;
	struct req *rq = calloc(1, sizeof(*rq));

	if (l->nrq == l->rq_room) {
		l->rq_room = 2 * l->rq_room + 256;
		l->rq = realloc(l->rq, l->rq_room * sizeof(struct req *));
	}
	l->rq[l->nrq++] = rq;
	rq->id = l->nrq;
	rq->vol = v;
	rq->op = op;
	rq->done = done;
	rq->vol_epoch = v->epoch;
	rq->began_ns = v->w->now_ns;
	v->under_way[v->nunder_way++] = rq;
	v->w->stats.requests++;
	return rq;
}

static void submit(struct req *rq)
{
	note(rq->vol->w, "submit request %llu op %llu page %llu count %llu present %llx", rq->id,
	     rq->op, rq->page, rq->count, rq->present);
	sess_submit(rq->vol->sess, rq);
}

static void submit_open(struct vol *v)
{
	struct req *rq = req_new(v, MEMX_OP_EXTENT_OPEN);
	struct memx_extent_req head = {
		.op = MEMX_OP_EXTENT_OPEN, .generation = cpu_to_be32(rq->id >> 32),
		.epoch = cpu_to_be32(rq->id), .name = "sim",
	};

	memcpy(head.volume, &v->number, sizeof(v->number));
	head.volume[15] = 1;
	memcpy(rq->head, &head, sizeof(head));
	rq->head_len = sizeof(head);
	rq->rep_head_max = sizeof(struct memx_extent_rep);
	v->opening = true;
	submit(rq);
}

static void submit_echo(struct vol *v)
{
	struct req *rq = req_new(v, OP_ECHO);
	struct rmp_echo head;

	rq->recv_len = below(v->w, 3) ? 0 : below(v->w, RMP_DATA_MAX + 1);
	head = (struct rmp_echo) { .reply_len = cpu_to_be32(rq->recv_len) };
	memcpy(rq->head, &head, sizeof(head));
	rq->head_len = sizeof(head);
	rq->echo = true;
	rq->data = malloc(rq->recv_len + 1);
	submit(rq);
}

static void set_head(struct req *rq)
{
	struct memx_data_req head = {
		.op = rq->op, .page = cpu_to_be16(rq->page), .count = cpu_to_be16(rq->count),
		.handle = cpu_to_be64(rq->vol->handle),
		.generation = cpu_to_be32(rq->id >> 32), .epoch = cpu_to_be32(rq->id),
	};

	memcpy(rq->head, &head, sizeof(head));
	rq->head_len = sizeof(head);
}

static void set_data(struct req *rq)
{
	__be64 *value = (__be64 *)(rq->head + rq->head_len);
	struct world *w = rq->vol->w;
	u32 i;

	rq->send_len = rq->count * RMP_PAGE_SIZE;
	rq->data = malloc(rq->send_len);
	rq->present = BIT(rq->count) - 1;
	if (!below(w, 4))
		rq->present &= rnd(w);
	for (i = 0; i < rq->count; i++) {
		if (rq->present & BIT(i))
			fill_page(rq->data + i * RMP_PAGE_SIZE, rq->id, rq->page + i);
		else
			*value++ = cpu_to_be64(value_of(rq->id, rq->page + i));
	}
	rq->head_len = (u8 *)value - rq->head;
}

static bool is_written(const struct vol *v, u32 page, u32 count)
{
	for (; count; count--)
		if (v->page[page++].writer)
			return true;
	return false;
}

static void submit_read(struct vol *v, u32 page, u32 count)
{
	struct req *rq = req_new(v, MEMX_OP_READ);

	rq->page = page;
	rq->count = count;
	set_head(rq);
	rq->recv_len = count * RMP_PAGE_SIZE;
	rq->rep_head_max = count * 8;
	rq->data = malloc(rq->recv_len);
	memset(rq->data, 0xdb, rq->recv_len);
	submit(rq);
}

static void submit_write(struct vol *v, u8 op, u32 page, u32 count)
{
	struct req *rq = req_new(v, op);

	rq->ordered = true;
	rq->page = page;
	rq->count = count;
	set_head(rq);
	if (op == MEMX_OP_WRITE)
		set_data(rq);
	begin_write(rq);
	submit(rq);
}

static void submit_one(struct vol *v)
{
	struct world *w = v->w;
	u32 count = below(w, 3) ? 1 : 1 + below(w, RMP_PAGES_MAX);
	u32 page = below(w, VOL_PAGES - count + 1), kind = below(w, 16);

	if (kind == 0)
		submit_echo(v);
	else if (kind < 8)
		submit_read(v, page, count);
	else if (!is_written(v, page, count))
		submit_write(v, kind == 8 ? MEMX_OP_ZERO : MEMX_OP_WRITE, page, count);
}

/* More requests, up to the plan's depth. */
static void issue(struct vol *v)
{
	u32 depth = v->w->load->plan.depth;

	if (v->retired)
		return;
	if (!v->handle) {
		if (!v->opening)
			submit_open(v);
		return;
	}
	if (v->w->load->stopped)
		return;
	for (depth = 1 + below(v->w, depth); depth && v->nunder_way < v->w->load->plan.depth;
	     depth--)
		submit_one(v);
}

void load_stop(struct world *w)
{
	w->load->stopped = true;
}

bool load_idle(struct world *w)
{
	struct vol *v;

	for (v = w->load->vols; v; v = v->next)
		if (!v->retired && (v->nunder_way || v->given_up || !v->handle))
			return false;
	return true;
}

void load_read_all(struct world *w)
{
	struct vol *v;
	u32 page;

	for (v = w->load->vols; v; v = v->next)
		for (page = 0; !v->retired && page < VOL_PAGES; page += RMP_PAGES_MAX)
			submit_read(v, page, min(VOL_PAGES - page, (u32)RMP_PAGES_MAX));
}

void load_report(struct world *w)
{
	struct vol *v;
	u32 i;

	for (v = w->load->vols; v; v = v->next) {
		if (v->retired)
			continue;
		if (!v->nunder_way && !v->given_up && v->handle)
			continue;
		note(w, "stuck volume %llu node %llu to %llu state %llu under way %llu void %llu",
		     v->number, v->node->index, v->target, v->sess->state, v->nunder_way,
		     v->given_up ? v->given_up->id : 0);
		for (i = 0; i < v->nunder_way && i < 8; i++)
			note(w, "stuck request %llu op %llu state %llu slot %llu starts %llu",
			     v->under_way[i]->id, v->under_way[i]->op, v->under_way[i]->state,
			     v->under_way[i]->slot, v->under_way[i]->starts);
	}
}
