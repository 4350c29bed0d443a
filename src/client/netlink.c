// SPDX-License-Identifier: GPL-2.0-only
/* Generic netlink family memx_client: see memx_netlink.h and memx_client.yaml. */
#include <linux/module.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "clt.h"

/* Room that one more server needs in a message about a volume. */
#define PLACE_ROOM	128

static struct genl_family family;

static struct netlink_range_validation timeout_range = { .max = 365 * 86400 };

static const struct nla_policy volume_policy[__MEMX_CLIENT_VOLUME_A_NR] = {
	[MEMX_CLIENT_VOLUME_A_NAME] = { .type = NLA_NUL_STRING, .len = 255 },
	[MEMX_CLIENT_VOLUME_A_SIZE] = { .type = NLA_U64 },
	[MEMX_CLIENT_VOLUME_A_LOSS_TIMEOUT_S] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &timeout_range),
	[MEMX_CLIENT_VOLUME_A_FORCE] = { .type = NLA_FLAG },
};

static const struct nla_policy policy[__MEMX_CLIENT_A_NR] = {
	[MEMX_CLIENT_A_VOLUME] = NLA_POLICY_NESTED(volume_policy),
};

/* What an administrator asks for. */
struct wish {
	struct nlattr	*tb[__MEMX_CLIENT_VOLUME_A_NR];
	const char	*name;
	u64		bytes;
	u32		timeout_s;
	bool		force;
};

static int parse(struct wish *w, struct genl_info *info, int needed)
{
	struct nlattr *nest = info->attrs[MEMX_CLIENT_A_VOLUME], **tb = w->tb;
	int err;

	if (!nest)
		goto incomplete;
	err = nla_parse_nested(tb, __MEMX_CLIENT_VOLUME_A_NR - 1, nest, volume_policy,
			       info->extack);
	if (err)
		return err;
	if (!tb[MEMX_CLIENT_VOLUME_A_NAME] || (needed && !tb[needed]))
		goto incomplete;
	w->name = nla_data(tb[MEMX_CLIENT_VOLUME_A_NAME]);
	if (tb[MEMX_CLIENT_VOLUME_A_SIZE])
		w->bytes = nla_get_u64(tb[MEMX_CLIENT_VOLUME_A_SIZE]);
	w->timeout_s = MEMX_CLT_LOSS_TIMEOUT_S;
	if (tb[MEMX_CLIENT_VOLUME_A_LOSS_TIMEOUT_S])
		w->timeout_s = nla_get_u32(tb[MEMX_CLIENT_VOLUME_A_LOSS_TIMEOUT_S]);
	w->force = nla_get_flag(tb[MEMX_CLIENT_VOLUME_A_FORCE]);
	return 0;

incomplete:
	NL_SET_ERR_MSG(info->extack, "the request is incomplete");
	return -EINVAL;
}

/* Where a volume lies: one entry for each server's number. */
struct place {
	u64 extents, written;
};

struct usage {
	u64 extents, written, lost;
	struct place place[MEMX_CLT_SERVERS_MAX];
};

/* Context: clt->lock is held. */
static void measure(struct memx_clt_vol *vol, struct usage *u)
{
	struct memx_clt_map *map;
	u64 i;

	memset(u, 0, sizeof(*u));
	map = rcu_dereference_protected(vol->map, lockdep_is_held(&vol->clt->lock));
	for (i = 0; i < map->n; i++) {
		struct memx_clt_extent *ext = memx_clt_extent(map, i);
		u32 written;

		if (!(i % 1024))
			cond_resched();
		if (!READ_ONCE(ext->srv) && !READ_ONCE(ext->blocks.nlost))
			continue;
		spin_lock_bh(&ext->lock);
		written = memx_clt_blocks_written(&ext->blocks);
		u->written += written;
		u->lost += ext->blocks.nlost;
		if (ext->srv) {
			u->extents++;
			u->place[ext->srv->n].extents++;
			u->place[ext->srv->n].written += written;
		}
		spin_unlock_bh(&ext->lock);
	}
}

static int put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, MEMX_CLIENT_VOLUME_A_PAD);
}

static int put_place(struct sk_buff *skb, const struct memx_clt_srv *srv, const struct place *p)
{
	struct nlattr *nest = nla_nest_start(skb, MEMX_CLIENT_VOLUME_A_PLACE);

	if (!nest || nla_put(skb, MEMX_CLIENT_PLACE_A_NODE, RMP_NODE_ID_LEN, srv->id) ||
	    nla_put_string(skb, MEMX_CLIENT_PLACE_A_NAME, srv->name) ||
	    nla_put_u64_64bit(skb, MEMX_CLIENT_PLACE_A_EXTENTS, p->extents,
			      MEMX_CLIENT_PLACE_A_PAD) ||
	    nla_put_u64_64bit(skb, MEMX_CLIENT_PLACE_A_WRITTEN, p->written * RMP_PAGE_SIZE,
			      MEMX_CLIENT_PLACE_A_PAD) ||
	    nla_put_u8(skb, MEMX_CLIENT_PLACE_A_STATE, READ_ONCE(srv->up) ? 2 : 1))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_stats(struct sk_buff *skb, const struct memx_clt_vol *vol)
{
	struct memx_clt_stats sum = { };
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct memx_clt_stats *s = per_cpu_ptr(vol->stats, cpu);

		sum.pages_in += READ_ONCE(s->pages_in);
		sum.pages_out += READ_ONCE(s->pages_out);
		sum.errors += READ_ONCE(s->errors);
	}
	return put_u64(skb, MEMX_CLIENT_VOLUME_A_PAGES_IN, sum.pages_in) ||
	       put_u64(skb, MEMX_CLIENT_VOLUME_A_PAGES_OUT, sum.pages_out) ||
	       put_u64(skb, MEMX_CLIENT_VOLUME_A_ERRORS, sum.errors) ? -EMSGSIZE : 0;
}

static int put_volume(struct sk_buff *skb, struct memx_clt_vol *vol, struct usage *u)
{
	struct memx_clt *clt = vol->clt;
	struct nlattr *nest;
	unsigned int i;

	measure(vol, u);
	nest = nla_nest_start(skb, MEMX_CLIENT_A_VOLUME);
	if (!nest || nla_put_string(skb, MEMX_CLIENT_VOLUME_A_NAME, vol->name) ||
	    nla_put(skb, MEMX_CLIENT_VOLUME_A_UUID, MEMX_UUID_LEN, vol->uuid) ||
	    put_u64(skb, MEMX_CLIENT_VOLUME_A_SIZE, vol->bytes) ||
	    nla_put_string(skb, MEMX_CLIENT_VOLUME_A_DISK, vol->disk->disk_name) ||
	    nla_put_u32(skb, MEMX_CLIENT_VOLUME_A_LOSS_TIMEOUT_S,
			READ_ONCE(vol->loss_timeout) / HZ) ||
	    nla_put_u32(skb, MEMX_CLIENT_VOLUME_A_OPENERS, disk_openers(vol->disk)) ||
	    nla_put_u32(skb, MEMX_CLIENT_VOLUME_A_WAITING, memx_clt_waiting(vol)) ||
	    put_u64(skb, MEMX_CLIENT_VOLUME_A_EXTENTS, u->extents) ||
	    put_u64(skb, MEMX_CLIENT_VOLUME_A_WRITTEN, u->written * RMP_PAGE_SIZE) ||
	    put_u64(skb, MEMX_CLIENT_VOLUME_A_LOST, u->lost * RMP_PAGE_SIZE) ||
	    put_stats(skb, vol))
		return -EMSGSIZE;
	/* Those that find room: a message of usual size names 30 servers. */
	for (i = 0; i < MEMX_CLT_SERVERS_MAX && skb_tailroom(skb) > PLACE_ROOM; i++)
		if (u->place[i].extents && put_place(skb, clt->srv[i], &u->place[i]))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int reply_volume(struct memx_clt *clt, const char *name, struct genl_info *info)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	struct usage *u = kvmalloc(sizeof(*u), GFP_KERNEL);
	struct memx_clt_vol *vol;
	int err = -ENOMEM;
	void *hdr;

	if (!skb || !u)
		goto free;
	err = -EMSGSIZE;
	hdr = genlmsg_put_reply(skb, info, &family, 0, info->genlhdr->cmd);
	if (!hdr)
		goto free;
	mutex_lock(&clt->lock);
	vol = memx_clt_find(clt, name);
	err = vol && vol->disk ? put_volume(skb, vol, u) : -ENOENT;
	mutex_unlock(&clt->lock);
	if (err)
		goto free;
	kvfree(u);
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);

free:
	kvfree(u);
	nlmsg_free(skb);
	return err;
}

static int volume_create(struct sk_buff *skb, struct genl_info *info)
{
	struct memx_clt *clt = memx_clt_of(genl_info_net(info));
	struct wish w = { };
	int err = parse(&w, info, MEMX_CLIENT_VOLUME_A_SIZE);

	if (!err)
		err = memx_clt_create(clt, w.name, w.bytes, w.timeout_s, info->extack);
	return err ?: reply_volume(clt, w.name, info);
}

static int volume_resize(struct sk_buff *skb, struct genl_info *info)
{
	struct wish w = { };
	int err = parse(&w, info, MEMX_CLIENT_VOLUME_A_SIZE);

	return err ?: memx_clt_resize(memx_clt_of(genl_info_net(info)), w.name, w.bytes,
				      info->extack);
}

static int volume_set(struct sk_buff *skb, struct genl_info *info)
{
	struct wish w = { };
	int err = parse(&w, info, MEMX_CLIENT_VOLUME_A_LOSS_TIMEOUT_S);

	return err ?: memx_clt_set_timeout(memx_clt_of(genl_info_net(info)), w.name, w.timeout_s,
					   info->extack);
}

static int volume_destroy(struct sk_buff *skb, struct genl_info *info)
{
	struct wish w = { };
	int err = parse(&w, info, 0);

	return err ?: memx_clt_destroy(memx_clt_of(genl_info_net(info)), w.name, w.force,
				       info->extack);
}

static int put_dump(struct sk_buff *skb, struct netlink_callback *cb, struct memx_clt_vol *vol,
		    struct usage *u)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
				NLM_F_MULTI, MEMX_CLIENT_CMD_VOLUME_GET);

	if (!hdr)
		return -EMSGSIZE;
	if (put_volume(skb, vol, u)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static int volume_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct memx_clt *clt = memx_clt_of(sock_net(skb->sk));
	struct usage *u = kvmalloc(sizeof(*u), GFP_KERNEL);
	struct memx_clt_vol *vol;
	long i = 0;

	if (!u)
		return -ENOMEM;
	mutex_lock(&clt->lock);
	list_for_each_entry(vol, &clt->vols, list) {
		if (i++ < cb->args[0] || !vol->disk)
			continue;
		if (put_dump(skb, cb, vol, u))
			break;
		cb->args[0] = i;
	}
	mutex_unlock(&clt->lock);
	kvfree(u);
	return skb->len;
}

#define ADMIN(c, fn) { .cmd = MEMX_CLIENT_CMD_##c, .flags = GENL_ADMIN_PERM, .doit = fn }

static const struct genl_ops ops[] = {
	ADMIN(VOLUME_CREATE, volume_create),
	ADMIN(VOLUME_RESIZE, volume_resize),
	ADMIN(VOLUME_SET, volume_set),
	ADMIN(VOLUME_DESTROY, volume_destroy),
	{ .cmd = MEMX_CLIENT_CMD_VOLUME_GET, .dumpit = volume_dump },
};

static const struct genl_multicast_group groups[] = { { .name = MEMX_GENL_EVENTS } };

static struct genl_family family __ro_after_init = {
	.name = MEMX_CLIENT_GENL,
	.version = MEMX_GENL_VERSION,
	.maxattr = __MEMX_CLIENT_A_NR - 1,
	.policy = policy,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.resv_start_op = MEMX_CLIENT_CMD_EVENT + 1,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

static void send_event(struct memx_clt *clt, const char *kind, const char *name, const char *text)
{
	struct nlattr *nest;
	struct sk_buff *skb;
	void *hdr;

	if (!genl_has_listeners(&family, clt->net, 0))
		return;
	skb = genlmsg_new(512, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return;
	hdr = genlmsg_put(skb, 0, 0, &family, 0, MEMX_CLIENT_CMD_EVENT);
	if (!hdr || nla_put_string(skb, MEMX_CLIENT_A_EVENT_KIND, kind) ||
	    nla_put_string(skb, MEMX_CLIENT_A_EVENT_TEXT, text))
		goto free;
	nest = name ? nla_nest_start(skb, MEMX_CLIENT_A_VOLUME) : NULL;
	if (name && (!nest || nla_put_string(skb, MEMX_CLIENT_VOLUME_A_NAME, name)))
		goto free;
	if (nest)
		nla_nest_end(skb, nest);
	genlmsg_end(skb, hdr);
	genlmsg_multicast_netns(&family, clt->net, skb, 0, 0, GFP_ATOMIC);
	return;

free:
	nlmsg_free(skb);
}

/**
 * memx_clt_event - tell the log, and who listens
 * @clt:	client; it has volumes, so the module and the family stay
 * @kind:	word for programs
 * @name:	of the volume that it is about, or NULL
 * @fmt:	sentence for people
 *
 * Context: any but hardirq. Reclaim-safe: an event is dropped without memory for it.
 */
void memx_clt_event(struct memx_clt *clt, const char *kind, const char *name, const char *fmt, ...)
{
	char text[160];
	va_list args;

	if (!__ratelimit(&clt->event_limit))
		return;
	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	pr_info("memx_client: %s\n", text);
	send_event(clt, kind, name, text);
}

int memx_clt_netlink_init(void)
{
	return genl_register_family(&family);
}

void memx_clt_netlink_exit(void)
{
	genl_unregister_family(&family);
}
