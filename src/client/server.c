// SPDX-License-Identifier: GPL-2.0-only
/*
 * Servers: a session to each that is heard, opened before it is needed, since a page that is
 * written to free memory cannot wait for a handshake's memory.
 */
#include <linux/completion.h>
#include <linux/slab.h>

#include "clt.h"

#define FIND_PERIOD	HZ
/* Away for this long, or never there at all, and not heard: makes room for another one. */
#define FORGET		(600 * HZ)
#define FORGET_STRANGER	(10 * HZ)
#define TICK_PERIOD	HZ
#define RELEASE_MS	2000

/* Context: process; the session's work. Reclaim-safe. */
static void state(void *priv, bool up, const char *why)
{
	struct memx_clt_srv *srv = priv;
	struct memx_clt_vol *vol;

	if (up)
		WRITE_ONCE(srv->was_up, true);
	else
		srv->down_since = jiffies;
	smp_store_release(&srv->up, up);
	memx_clt_event(srv->clt, up ? "server-up" : "server-down", NULL, "server %s: %s", srv->name,
		       why);
	if (!up)
		return;
	mutex_lock(&srv->clt->lock);
	list_for_each_entry(vol, &srv->clt->vols, list)
		memx_clt_open_kick(vol);
	mutex_unlock(&srv->clt->lock);
}

static void lost(void *priv)
{
	memx_clt_lost_all(priv);
}

static const struct rmp_sess_ops sess_ops = { .state = state, .lost = lost };

/**
 * memx_clt_srv_expired - has the server been away longer than somebody waits?
 * @srv:	server
 * @wait:	jiffies; 0: for ever
 *
 * Return: true when requests to it fail.
 */
bool memx_clt_srv_expired(const struct memx_clt_srv *srv, unsigned long wait)
{
	return unlikely(!smp_load_acquire(&srv->up)) && wait &&
	       time_after(jiffies, READ_ONCE(srv->down_since) + wait);
}

static bool is_known(const struct memx_clt *clt, const u8 *id)
{
	unsigned int i;

	for (i = 0; i < clt->nsrv; i++)
		if (memx_clt_srv(clt, i) &&
		    !memcmp(memx_clt_srv(clt, i)->id, id, RMP_NODE_ID_LEN))
			return true;
	return false;
}

/* Return: a number that no server has; MEMX_CLT_SERVERS_MAX when there is none. */
static unsigned int free_number(const struct memx_clt *clt)
{
	unsigned int n = 0;

	while (n < clt->nsrv && memx_clt_srv(clt, n))
		n++;
	return n;
}

static void add(struct memx_clt *clt, const struct rmp_peer_info *info, unsigned int n)
{
	struct memx_clt_srv *srv = kzalloc(sizeof(*srv), GFP_KERNEL);

	if (!srv)
		return;		/* it is still heard in a second */
	srv->clt = clt;
	memcpy(srv->id, info->id, sizeof(srv->id));
	memcpy(srv->name, info->name, sizeof(srv->name));
	srv->n = n;
	srv->down_since = jiffies;
	srv->sess = rmp_sess_open(clt->node, srv->id, 0, &sess_ops, srv);
	if (IS_ERR(srv->sess)) {
		kfree(srv);
		return;
	}
	rcu_assign_pointer(clt->srv[n], srv);
	if (n == clt->nsrv)
		smp_store_release(&clt->nsrv, n + 1);
}

static bool serves(const struct rmp_peer_info *info)
{
	return memchr_inv(info->id, 0, sizeof(info->id)) && info->capacity_pages &&
	       info->load != RMP_LOAD_NONE && !info->suspect;
}

/* Context: process; allocates. Only one at a time: the work, or before it is queued. */
static void find(struct memx_clt *clt)
{
	int i, n = rmp_peers(clt->node, clt->peers, MEMX_CLT_SERVERS_MAX);

	for (i = 0; i < n; i++) {
		unsigned int number = free_number(clt);

		if (number == MEMX_CLT_SERVERS_MAX)
			break;
		if (serves(&clt->peers[i]) && !is_known(clt, clt->peers[i].id))
			add(clt, &clt->peers[i], number);
	}
}

static bool is_long_gone(const struct memx_clt_srv *srv)
{
	struct rmp_peer_info info;

	if (READ_ONCE(srv->up) ||
	    time_before(jiffies, READ_ONCE(srv->down_since) +
				 (READ_ONCE(srv->was_up) ? FORGET : FORGET_STRANGER)))
		return false;
	return rmp_peer_lookup(srv->clt->node, srv->id, &info) || info.suspect;
}

/* Has it nothing, and is asked for nothing? Context: clt->lock is held. */
static bool is_idle(struct memx_clt *clt, const struct memx_clt_srv *srv)
{
	struct memx_clt_vol *vol;

	lockdep_assert_held(&clt->lock);
	list_for_each_entry(vol, &clt->vols, list)
		if (memx_clt_opens_at(vol, srv) ||
		    atomic64_read(&vol->share[srv->n].extents) || memx_clt_is_sent(vol, srv))
			return false;
	return true;
}

static struct memx_clt_srv *begin_to_forget(struct memx_clt *clt)
{
	unsigned int i;

	lockdep_assert_held(&clt->lock);
	for (i = 0; i < clt->nsrv; i++) {
		struct memx_clt_srv *srv = memx_clt_srv(clt, i);

		if (srv && is_long_gone(srv) && is_idle(clt, srv)) {
			WRITE_ONCE(srv->going, true);
			return srv;
		}
	}
	return NULL;
}

static bool end_of(struct memx_clt *clt, struct memx_clt_srv *srv)
{
	struct memx_clt_vol *vol;

	lockdep_assert_held(&clt->lock);
	if (!is_idle(clt, srv)) {
		WRITE_ONCE(srv->going, false);
		return false;
	}
	list_for_each_entry(vol, &clt->vols, list)
		clear_bit(srv->n, vol->asked);
	RCU_INIT_POINTER(clt->srv[srv->n], NULL);
	return true;
}

/*
 * Room in a full table. A server that was asked for extents in vain, and comes back after all,
 * keeps them until this node restarts.
 *
 * 1. No extent is placed there any more (going, RCU). It has none, so nothing is sent there.
 * 2. Was it asked just before? Then it stays.
 * 3. It is out of the table, and who looked at it there is through (RCU).
 * 4. The session is closed; its callbacks are through then.
 *
 * Context: process; clt->admin is held: no volume is made or released.
 */
static void forget_one(struct memx_clt *clt)
{
	struct memx_clt_srv *srv;
	bool ended = false;

	lockdep_assert_held(&clt->admin);
	mutex_lock(&clt->lock);
	srv = begin_to_forget(clt);
	mutex_unlock(&clt->lock);
	if (!srv)
		return;
	synchronize_rcu();
	mutex_lock(&clt->lock);
	ended = end_of(clt, srv);
	mutex_unlock(&clt->lock);
	if (!ended)
		return;
	synchronize_rcu();
	rmp_sess_close(srv->sess);
	kfree(srv);
}

/**
 * memx_clt_find_work - open sessions to servers that are new
 * @work:	of the client
 */
void memx_clt_find_work(struct work_struct *work)
{
	struct memx_clt *clt = container_of(to_delayed_work(work), struct memx_clt, find_work);

	/* Who holds admin may be waiting for this work. */
	if (free_number(clt) == MEMX_CLT_SERVERS_MAX && mutex_trylock(&clt->admin)) {
		forget_one(clt);
		mutex_unlock(&clt->admin);
	}
	find(clt);
	queue_delayed_work(system_long_wq, &clt->find_work, FIND_PERIOD);
}

/* Context: process. Reclaim-safe. */
static void tick(struct work_struct *work)
{
	struct memx_clt *clt = container_of(to_delayed_work(work), struct memx_clt, tick_work);
	struct memx_clt_vol *vol;

	mutex_lock(&clt->lock);
	list_for_each_entry(vol, &clt->vols, list) {
		memx_clt_expire(vol);
		memx_clt_open_expire(vol);
	}
	mutex_unlock(&clt->lock);
	queue_delayed_work(clt->wq, &clt->tick_work, TICK_PERIOD);
}

/**
 * memx_clt_servers_begin - the node gets its first volume
 * @clt:	client; clt->admin is held
 *
 * Return: 0, or -ENOMEM.
 */
int memx_clt_servers_begin(struct memx_clt *clt)
{
	lockdep_assert_held(&clt->admin);
	clt->peers = kvcalloc(MEMX_CLT_SERVERS_MAX, sizeof(*clt->peers), GFP_KERNEL);
	if (!clt->peers)
		return -ENOMEM;
	INIT_DELAYED_WORK(&clt->find_work, memx_clt_find_work);
	INIT_DELAYED_WORK(&clt->tick_work, tick);
	find(clt);
	queue_delayed_work(system_long_wq, &clt->find_work, FIND_PERIOD);
	queue_delayed_work(clt->wq, &clt->tick_work, TICK_PERIOD);
	return 0;
}

/**
 * memx_clt_servers_end - the node has no volume any more
 * @clt:	client; clt->admin is held
 *
 * 1. No new session (find_work).
 * 2. Nobody looks at servers (tick_work; volumes are gone).
 * 3. Sessions are closed; their callbacks are through then.
 */
void memx_clt_servers_end(struct memx_clt *clt)
{
	unsigned int i, n;

	lockdep_assert_held(&clt->admin);
	cancel_delayed_work_sync(&clt->find_work);
	cancel_delayed_work_sync(&clt->tick_work);
	n = clt->nsrv;
	clt->nsrv = 0;
	for (i = 0; i < n; i++) {
		struct memx_clt_srv *srv = memx_clt_srv(clt, i);

		if (!srv)
			continue;
		rmp_sess_close(srv->sess);
		kfree(srv);
		RCU_INIT_POINTER(clt->srv[i], NULL);
	}
	kvfree(clt->peers);
	clt->peers = NULL;
}

struct release {
	struct rmp_req		rq;
	struct memx_volume_req	head;
	struct memx_volume_rep	rep;
	struct completion	done;
};

static void released(struct rmp_req *rq)
{
	complete(&container_of(rq, struct release, rq)->done);
}

static void release_begin(struct memx_clt_vol *vol, struct memx_clt_srv *srv, struct release *r)
{
	init_completion(&r->done);
	r->head.op = MEMX_OP_VOLUME_RELEASE;
	r->head.epoch = cpu_to_be32(vol->epoch);
	memcpy(r->head.volume, vol->uuid, MEMX_UUID_LEN);
	r->rq.done = released;
	r->rq.head = &r->head;
	r->rq.head_len = sizeof(r->head);
	r->rq.rep_head = &r->rep;
	r->rq.rep_head_max = sizeof(r->rep);
	rmp_submit(srv->sess, &r->rq);
}

/**
 * memx_clt_release - tell its servers that a volume is gone
 * @vol:	volume; no request of it is under way
 *
 * Waits for servers that answer, for all together at most RELEASE_MS.
 *
 * Context: process; may sleep. clt->admin is held, so servers stay.
 * Return: servers that could not be told: what they hold stays until this node restarts, or their
 * administrator frees it.
 */
u64 memx_clt_release(struct memx_clt_vol *vol)
{
	struct memx_clt *clt = vol->clt;
	unsigned int i, n = smp_load_acquire(&clt->nsrv);
	unsigned long until = jiffies + msecs_to_jiffies(RELEASE_MS);
	struct release *all = kvcalloc(n, sizeof(*all), GFP_KERNEL);
	u64 untold = 0;

	lockdep_assert_held(&clt->admin);
	if (!all)
		return n;
	for_each_set_bit(i, vol->asked, n)
		release_begin(vol, memx_clt_srv(clt, i), &all[i]);
	for_each_set_bit(i, vol->asked, n) {
		struct memx_clt_srv *srv = memx_clt_srv(clt, i);
		struct release *r = &all[i];
		long left = READ_ONCE(srv->up) ? max_t(long, until - jiffies, 1) : 0;

		if (!wait_for_completion_timeout(&r->done, left)) {
			rmp_cancel(srv->sess, &r->rq);
			wait_for_completion(&r->done);
		}
		if (r->rq.err || (r->rq.status != RMP_OK && r->rq.status != RMP_NOSERVICE))
			untold++;
	}
	kvfree(all);
	return untold;
}
