// SPDX-License-Identifier: GPL-2.0-only
/* Life of a node's page store: started with a capacity, changed, stopped. */
#include <linux/random.h>

#include "memx_ext_ack.h"
#include "srv.h"

#define EVENTS_BURST	20	/* in a second */

static struct page *page_get(void *priv)
{
	struct memx_srv *store = priv;
	struct page *page = memx_srv_pool_get(&store->pool);

	if (unlikely(!page))
		memx_srv_count(store, busy, 1);
	return page;
}

static void page_put(void *priv, struct page **page, unsigned int n)
{
	struct memx_srv *store = priv;

	memx_srv_pool_put(&store->pool, page, n);
}

static void request(void *priv, struct rmp_treq *rq)
{
	if (likely(rq->head_len && rq->head[0] < MEMX_OP_CONTROL))
		memx_srv_data(priv, rq);
	else
		memx_srv_control(priv, rq);
}

struct owner {
	const u8	*id;
	u64		incarnation;
};

static bool is_left_behind(const struct memx_srv_extent *ext, const void *arg)
{
	const struct owner *o = arg;

	return !memcmp(ext->key.owner, o->id, RMP_NODE_ID_LEN) &&
	       ext->incarnation != o->incarnation;
}

/*
 * What the peer's earlier sessions had asked for is executed first, so that nothing comes after.
 * Freeing may take seconds, and RMAP has other peers to serve: left to a work.
 */
static void peer_up(void *priv, const u8 *peer_id, u64 incarnation)
{
	struct owner o = { .id = peer_id, .incarnation = incarnation };
	struct memx_srv *store = priv;
	u64 n;

	flush_work(&store->control_work);
	mutex_lock(&store->lock);
	n = memx_srv_detach(store, is_left_behind, &o);
	mutex_unlock(&store->lock);
	if (!n)
		return;
	queue_work(store->wq, &store->reap_work);
	memx_srv_event(store, "client-restarted",
		       "client %16phN has restarted: %llu extents that it had left here are freed",
		       peer_id, n);
}

static const struct rmp_service service = {
	.page_get = page_get,
	.page_put = page_put,
	.request = request,
	.peer_up = peer_up,
};

/**
 * memx_srv_load - what is advertised
 * @store:	store; its lock is held
 *
 * Return: enum rmp_load.
 */
enum rmp_load memx_srv_load(const struct memx_srv *store)
{
	lockdep_assert_held(&store->lock);
	if (store->state != MEMX_SRV_SERVING)
		return RMP_LOAD_NONE;
	if (store->pressure.need != MEMX_SRV_CALM)
		return RMP_LOAD_PRESSURED;
	return memx_srv_cap_full(&store->cap) ? RMP_LOAD_FULL : RMP_LOAD_OK;
}

/* Tell the peers. Context: process; store->lock is held. */
void memx_srv_announce(struct memx_srv *store)
{
	const struct memx_srv_cap *cap = &store->cap;

	if (store->state == MEMX_SRV_SERVING)
		rmp_service_announce(store->node, memx_srv_load(store),
				     cap->extents * MEMX_EXTENT_PAGES,
				     (cap->extents - cap->reserved) * MEMX_EXTENT_PAGES);
	else
		rmp_service_announce(store->node, RMP_LOAD_NONE, 0, 0);
}

static int check_capacity(u64 bytes, struct netlink_ext_ack *ack)
{
	u64 most = memx_srv_cap_most(memx_srv_total_bytes());

	if (bytes < MEMX_EXTENT_BYTES) {
		NL_SET_ERR_MSG(ack, "the capacity is below 4 MiB, the size of one extent");
		return -EINVAL;
	}
	if (bytes > most) {
		NL_SET_ERR_MSG_FMT(ack,
				   "this machine can donate %llu MiB at most: a part stays its own",
				   most >> 20);
		return -ENOMEM;
	}
	return 0;
}

static void set_state(struct memx_srv *store, enum memx_srv_state state)
{
	lockdep_assert_held(&store->admin);
	mutex_lock(&store->lock);
	store->state = state;
	memx_srv_announce(store);
	mutex_unlock(&store->lock);
}

/* A store without extents and without users, as new. */
static void prepare(struct memx_srv *store, u64 bytes)
{
	u32 last = store->start_id;

	mutex_lock(&store->lock);
	while (store->start_id == last)
		store->start_id = get_random_u32();
	store->next_handle = 1;
	store->pressure = (struct memx_srv_pressure) { };
	memx_srv_cap_set(&store->cap, bytes);
	mutex_unlock(&store->lock);
}

static int start(struct memx_srv *store, u64 bytes, struct netlink_ext_ack *ack)
{
	int err;

	if (store->state != MEMX_SRV_STOPPED) {
		NL_SET_ERR_MSG(
			ack,
			"the server runs already: 'memx-admin server set' changes its capacity");
		return -EALREADY;
	}
	err = check_capacity(bytes, ack);
	if (err)
		return err;
	err = memx_srv_pool_open(&store->pool);
	if (err) {
		NL_SET_ERR_MSG(ack, "there is no memory left");
		return err;
	}
	prepare(store, bytes);
	err = rmp_service_register(store->node, &service, store);
	if (err) {
		NL_SET_ERR_MSG(ack, "another service runs on this node");
		memx_srv_pool_close(&store->pool);
		return err;
	}
	set_state(store, MEMX_SRV_SERVING);
	queue_delayed_work(store->wq, &store->watch_work, 0);
	return 0;
}

/**
 * memx_srv_start - begin to serve
 * @store:	store
 * @bytes:	to donate; rounded down to whole extents
 * @ack:	for the refusal
 *
 * Context: process.
 * Return: 0 or an error, with a sentence in @ack.
 */
int memx_srv_start(struct memx_srv *store, u64 bytes, struct netlink_ext_ack *ack)
{
	int err;

	mutex_lock(&store->admin);
	err = start(store, bytes, ack);
	mutex_unlock(&store->admin);
	if (!err)
		memx_srv_event(store, "started", "the server donates %llu MiB", bytes >> 20);
	return err;
}

static bool is_any(const struct memx_srv_extent *ext, const void *arg)
{
	return true;
}

/*
 * 1. No new extents, and peers are told (state).
 * 2. Nothing looks at the donor's memory any more (watch); nothing else queues that work.
 * 3. No request any more: RMAP takes the service away, and waits until those under way are
 *    answered. Control requests among them take store->lock, so it is not held here. Nobody asks
 *    the pool for pages from here on.
 * 4. The works of control requests and of freeing end; nobody queues them again.
 * 5. Extents go, and with the last one the reference to the module; then the pool.
 *
 * Replies that RMAP still keeps for retransmission hold references of their own to pages, and to
 * nothing else of ours.
 */
static void stop(struct memx_srv *store)
{
	lockdep_assert_held(&store->admin);
	set_state(store, MEMX_SRV_STOPPING);
	cancel_delayed_work_sync(&store->watch_work);
	rmp_service_unregister(store->node);
	flush_work(&store->control_work);
	flush_work(&store->reap_work);
	mutex_lock(&store->lock);
	memx_srv_detach(store, is_any, NULL);
	mutex_unlock(&store->lock);
	memx_srv_reap(store);
	memx_srv_pool_close(&store->pool);
	mutex_lock(&store->lock);
	memx_srv_cap_set(&store->cap, 0);
	mutex_unlock(&store->lock);
	set_state(store, MEMX_SRV_STOPPED);
}

/* How many nodes have extents here. */
static unsigned int count_clients(struct memx_srv *store)
{
	struct memx_srv_extent *ext, *last = NULL;
	static const struct memx_srv_key first;
	unsigned int n = 0;

	for (ext = memx_srv_find_from(store, &first); ext; last = ext, ext = memx_srv_next(ext))
		if (!last || memcmp(last->key.owner, ext->key.owner, RMP_NODE_ID_LEN))
			n++;
	return n;
}

/**
 * memx_srv_stop - serve no more
 * @store:	store
 * @force:	also when clients have extents here: what they hold is lost
 * @ack:	for the refusal
 *
 * Context: process.
 * Return: 0 or an error, with a sentence in @ack.
 */
int memx_srv_stop(struct memx_srv *store, bool force, struct netlink_ext_ack *ack)
{
	u64 extents;
	int err = 0;

	mutex_lock(&store->admin);
	mutex_lock(&store->lock);
	extents = store->nextents;
	if (store->state != MEMX_SRV_SERVING) {
		NL_SET_ERR_MSG(ack, "the server does not run");
		err = -ENOENT;
	} else if (extents && !force) {
		NL_SET_ERR_MSG_FMT(ack,
				   "%u client(s) have %llu MiB here; --force would lose their data",
				   count_clients(store), extents << MEMX_EXTENT_SHIFT >> 20);
		err = -EBUSY;
	} else {
		/* In one go with the look at the extents: none is opened, and lost, behind it. */
		store->state = MEMX_SRV_STOPPING;
	}
	mutex_unlock(&store->lock);
	if (!err)
		stop(store);
	mutex_unlock(&store->admin);
	if (!err)
		memx_srv_event(store, "stopped",
			       "the server donates no memory any more; extents lost: %llu",
			       extents);
	return err;
}

/**
 * memx_srv_set_capacity - donate more or less
 * @store:	store
 * @bytes:	to donate from now on; rounded down to whole extents
 * @ack:	for the refusal
 *
 * Context: process.
 * Return: 0 or an error, with a sentence in @ack.
 */
int memx_srv_set_capacity(struct memx_srv *store, u64 bytes, struct netlink_ext_ack *ack)
{
	int err = check_capacity(bytes, ack);

	if (err)
		return err;
	mutex_lock(&store->lock);
	if (store->state != MEMX_SRV_SERVING) {
		NL_SET_ERR_MSG(ack, "the server does not run: 'memx-admin server start' starts it");
		err = -ENOENT;
	} else if (!memx_srv_cap_set(&store->cap, bytes)) {
		NL_SET_ERR_MSG_FMT(ack,
				   "%llu MiB are promised to clients: the capacity cannot be less",
				   store->cap.reserved << MEMX_EXTENT_SHIFT >> 20);
		err = -EBUSY;
	} else {
		memx_srv_announce(store);
	}
	mutex_unlock(&store->lock);
	return err;
}

/**
 * memx_srv_init - make the store of a namespace
 * @store:	store, zero
 * @net:	namespace
 *
 * Return: 0 or -ENOMEM.
 */
int memx_srv_init(struct memx_srv *store, struct net *net)
{
	store->net = net;
	store->node = rmp_node(net);
	mutex_init(&store->admin);
	mutex_init(&store->lock);
	store->by_key = RB_ROOT;
	xa_init(&store->by_handle);
	INIT_LIST_HEAD(&store->dead_list);
	spin_lock_init(&store->control_lock);
	INIT_LIST_HEAD(&store->control);
	INIT_WORK(&store->control_work, memx_srv_control_work);
	INIT_WORK(&store->reap_work, memx_srv_reap_work);
	INIT_DELAYED_WORK(&store->watch_work, memx_srv_watch);
	ratelimit_state_init(&store->event_limit, HZ, EVENTS_BURST);
	ratelimit_set_flags(&store->event_limit, RATELIMIT_MSG_ON_RELEASE);
	store->stats = alloc_percpu(struct memx_srv_stats);
	if (!store->stats)
		return -ENOMEM;
	/* Clients open extents to free memory: that must go on when no new worker can be made. */
	store->wq = alloc_workqueue("memx_server", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!store->wq)
		goto free_stats;
	memx_srv_pool_init(&store->pool, store->wq);
	return 0;

free_stats:
	free_percpu(store->stats);
	return -ENOMEM;
}

/* The namespace or the module goes: no netlink request can come any more. */
void memx_srv_exit(struct memx_srv *store)
{
	mutex_lock(&store->admin);
	if (store->state != MEMX_SRV_STOPPED)
		stop(store);
	mutex_unlock(&store->admin);
	destroy_workqueue(store->wq);
	free_percpu(store->stats);
	xa_destroy(&store->by_handle);
}
