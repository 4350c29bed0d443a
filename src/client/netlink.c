// SPDX-License-Identifier: GPL-2.0-only
/* Generic netlink family memx_client: see memx_netlink.h and memx_client.yaml. */
#include <linux/module.h>
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

static int put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, MEMX_CLIENT_VOLUME_A_PAD);
}

static int put_place(struct sk_buff *skb, const struct memx_clt_srv *srv, u64 extents, u64 written)
{
	struct nlattr *nest = nla_nest_start(skb, MEMX_CLIENT_VOLUME_A_PLACE);

	if (!nest || nla_put(skb, MEMX_CLIENT_PLACE_A_NODE, RMP_NODE_ID_LEN, srv->id) ||
	    nla_put_string(skb, MEMX_CLIENT_PLACE_A_NAME, srv->name) ||
	    nla_put_u64_64bit(skb, MEMX_CLIENT_PLACE_A_EXTENTS, extents,
			      MEMX_CLIENT_PLACE_A_PAD) ||
	    nla_put_u64_64bit(skb, MEMX_CLIENT_PLACE_A_WRITTEN, written * RMP_PAGE_SIZE,
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

/*
 * Where a volume lies. Return: an error when the message has no room for all of it; with @some it
 * has what finds room: a message of usual size names 30 servers.
 */
static int put_places(struct sk_buff *skb, struct memx_clt_vol *vol, bool some)
{
	unsigned int i, n = smp_load_acquire(&vol->clt->nsrv);

	for (i = 0; i < n; i++) {
		u64 extents = atomic64_read(&vol->share[i].extents);

		if (!extents)
			continue;
		if (skb_tailroom(skb) <= PLACE_ROOM)
			return some ? 0 : -EMSGSIZE;
		if (put_place(skb, memx_clt_srv(vol->clt, i), extents,
			      atomic64_read(&vol->share[i].written)))
			return -EMSGSIZE;
	}
	return 0;
}

static int put_sums(struct sk_buff *skb, struct memx_clt_vol *vol)
{
	unsigned int i, n = smp_load_acquire(&vol->clt->nsrv);
	u64 extents = 0, written = 0;

	for (i = 0; i < n; i++) {
		extents += atomic64_read(&vol->share[i].extents);
		written += atomic64_read(&vol->share[i].written);
	}
	return put_u64(skb, MEMX_CLIENT_VOLUME_A_EXTENTS, extents) ||
	       put_u64(skb, MEMX_CLIENT_VOLUME_A_WRITTEN, written * RMP_PAGE_SIZE) ||
	       put_u64(skb, MEMX_CLIENT_VOLUME_A_LOST,
		       atomic64_read(&vol->lost) * RMP_PAGE_SIZE) ? -EMSGSIZE : 0;
}

/* Context: clt->lock is held. */
static int put_volume(struct sk_buff *skb, struct memx_clt_vol *vol, bool some)
{
	struct nlattr *nest;

	lockdep_assert_held(&vol->clt->lock);
	nest = nla_nest_start(skb, MEMX_CLIENT_A_VOLUME);
	if (!nest || nla_put_string(skb, MEMX_CLIENT_VOLUME_A_NAME, vol->name) ||
	    nla_put(skb, MEMX_CLIENT_VOLUME_A_UUID, MEMX_UUID_LEN, vol->uuid) ||
	    put_u64(skb, MEMX_CLIENT_VOLUME_A_SIZE, vol->bytes) ||
	    nla_put_string(skb, MEMX_CLIENT_VOLUME_A_DISK, vol->disk->disk_name) ||
	    nla_put_u32(skb, MEMX_CLIENT_VOLUME_A_LOSS_TIMEOUT_S,
			READ_ONCE(vol->loss_timeout) / HZ) ||
	    nla_put_u32(skb, MEMX_CLIENT_VOLUME_A_OPENERS, disk_openers(vol->disk)) ||
	    nla_put_u32(skb, MEMX_CLIENT_VOLUME_A_WAITING, memx_clt_waiting(vol)) ||
	    put_sums(skb, vol) || put_stats(skb, vol) || put_places(skb, vol, some))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* The volume was made: whether or not the message says where. */
static void reply_volume(struct memx_clt *clt, const char *name, struct sk_buff *skb,
			 struct genl_info *info)
{
	void *hdr = genlmsg_put_reply(skb, info, &family, 0, info->genlhdr->cmd);
	struct memx_clt_vol *vol;
	int err = -EMSGSIZE;

	mutex_lock(&clt->lock);
	vol = memx_clt_find(clt, name);
	if (hdr && vol)
		err = put_volume(skb, vol, true);
	mutex_unlock(&clt->lock);
	if (err) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	genlmsg_reply(skb, info);
}

static int volume_create(struct sk_buff *unused, struct genl_info *info)
{
	struct memx_clt *clt = memx_clt_of(genl_info_net(info));
	struct wish w = { };
	int err = parse(&w, info, MEMX_CLIENT_VOLUME_A_SIZE);
	struct sk_buff *skb;

	if (err)
		return err;
	/* Now, so that no lack of memory makes an error of a volume that exists. */
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	err = memx_clt_create(clt, w.name, w.bytes, w.timeout_s, info->extack);
	if (err)
		nlmsg_free(skb);
	else
		reply_volume(clt, w.name, skb, info);
	return err;
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

/* A volume whose places do not fit into this message goes into the next one. */
static int put_dump(struct sk_buff *skb, struct netlink_callback *cb, struct memx_clt_vol *vol)
{
	bool first = !skb->len;
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
				NLM_F_MULTI, MEMX_CLIENT_CMD_VOLUME_GET);

	if (!hdr)
		return -EMSGSIZE;
	if (put_volume(skb, vol, first)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static int volume_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct memx_clt *clt = memx_clt_of(sock_net(skb->sk));
	struct memx_clt_vol *vol;
	long i = 0;

	mutex_lock(&clt->lock);
	list_for_each_entry(vol, &clt->vols, list) {
		if (i++ < cb->args[0])
			continue;
		if (put_dump(skb, cb, vol))
			break;
		cb->args[0] = i;
	}
	mutex_unlock(&clt->lock);
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
