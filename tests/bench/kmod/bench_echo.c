// SPDX-License-Identifier: GPL-2.0-only
/*
 * The floor under any protocol: a page fetched or stored in three frames, answered from softirq,
 * without a block layer, a checksum, or anything that makes it reliable.
 *
 *   echo eth0 > /sys/module/bench_echo/parameters/serve			in one namespace
 *   echo "eth0 52:54:00:0a:00:02 read 1000" > .../parameters/measure	in the other
 *   cat .../parameters/measure		the median of the 1000, in nanoseconds
 *
 * A device is looked for in the network namespace of who writes.
 */
#include <linux/completion.h>
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/sort.h>

#define ETHERTYPE	0x88b6		/* IEEE local experimental 2: MemX uses 1 */
#define FRAME_DATA	1368		/* three frames of a page at MTU 1500 */
#define ROUNDS_MAX	100000

enum kind {
	READ_REQ,
	READ_REP,
	WRITE_REQ,
	WRITE_REP,
};

struct echo_hdr {
	__be32	seq;
	__be16	off;
	__be16	len;
	u8	kind;
	u8	hole[7];
};

/* Who serves, and who measures. */
struct side {
	struct packet_type	pt;
	struct page		*page;
	u32			seq;
	u32			got;
};

static struct side server, client;
static DECLARE_COMPLETION(replied);
static DEFINE_MUTEX(lock);
static u32 median_ns;

static void send(struct side *s, const u8 *to, const struct echo_hdr *h, bool data)
{
	struct net_device *dev = s->pt.dev;
	u32 len = ntohs(h->len);
	struct sk_buff *skb = alloc_skb(LL_RESERVED_SPACE(dev) + ETH_ZLEN, GFP_ATOMIC);

	if (!skb)
		return;
	skb_reserve(skb, LL_RESERVED_SPACE(dev));
	skb_reset_network_header(skb);
	skb->dev = dev;
	skb->protocol = htons(ETHERTYPE);
	skb_put_data(skb, h, sizeof(*h));
	if (data) {
		get_page(s->page);
		skb_add_rx_frag(skb, 0, s->page, ntohs(h->off), len, len);
	} else {
		skb_put_zero(skb, ETH_ZLEN - ETH_HLEN - sizeof(*h));
	}
	if (dev_hard_header(skb, dev, ETHERTYPE, to, dev->dev_addr, skb->len) < 0)
		kfree_skb(skb);
	else
		dev_queue_xmit(skb);
}

static void send_page(struct side *s, const u8 *to, u32 seq, u8 kind)
{
	struct echo_hdr h = { .seq = htonl(seq), .kind = kind };
	u32 off, len;

	for (off = 0; off < PAGE_SIZE; off += len) {
		len = min_t(u32, FRAME_DATA, PAGE_SIZE - off);
		h.off = htons(off);
		h.len = htons(len);
		send(s, to, &h, true);
	}
}

static void send_small(struct side *s, const u8 *to, u32 seq, u8 kind)
{
	struct echo_hdr h = { .seq = htonl(seq), .kind = kind };

	send(s, to, &h, false);
}

/* Return: true when the page is complete. */
static bool take(struct side *s, struct sk_buff *skb, const struct echo_hdr *h)
{
	u32 off = ntohs(h->off), len = ntohs(h->len);

	if (off + len > PAGE_SIZE ||
	    skb_copy_bits(skb, sizeof(*h), page_address(s->page) + off, len))
		return false;
	if (s->seq != ntohl(h->seq)) {
		s->seq = ntohl(h->seq);
		s->got = 0;
	}
	s->got += len;
	return s->got == PAGE_SIZE;
}

static int receive(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		   struct net_device *orig)
{
	struct side *s = container_of(pt, struct side, pt);
	struct echo_hdr h;
	u8 from[ETH_ALEN];

	if (skb->pkt_type != PACKET_HOST || skb_copy_bits(skb, 0, &h, sizeof(h)))
		goto out;
	ether_addr_copy(from, eth_hdr(skb)->h_source);
	if (s == &server && h.kind == READ_REQ)
		send_page(s, from, ntohl(h.seq), READ_REP);
	else if (s == &server && h.kind == WRITE_REQ && take(s, skb, &h))
		send_small(s, from, ntohl(h.seq), WRITE_REP);
	else if (s == &client && h.kind == READ_REP && take(s, skb, &h))
		complete(&replied);
	else if (s == &client && h.kind == WRITE_REP)
		complete(&replied);
out:
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static void leave(struct side *s)
{
	if (!s->pt.dev)
		return;
	dev_remove_pack(&s->pt);
	dev_put(s->pt.dev);
	s->pt.dev = NULL;
	put_page(s->page);
}

static int join(struct side *s, const char *name)
{
	leave(s);
	s->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!s->page)
		return -ENOMEM;
	s->pt.dev = dev_get_by_name(current->nsproxy->net_ns, name);
	if (!s->pt.dev) {
		put_page(s->page);
		return -ENODEV;
	}
	s->pt.type = htons(ETHERTYPE);
	s->pt.func = receive;
	dev_add_pack(&s->pt);
	return 0;
}

static int compare(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static int run(const u8 *to, bool write, u32 *ns, u32 n)
{
	ktime_t begin;
	u32 i;

	for (i = 0; i < n; i++) {
		reinit_completion(&replied);
		begin = ktime_get();
		if (write)
			send_page(&client, to, i + 1, WRITE_REQ);
		else
			send_small(&client, to, i + 1, READ_REQ);
		if (!wait_for_completion_timeout(&replied, HZ))
			return -ETIMEDOUT;
		ns[i] = ktime_to_ns(ktime_sub(ktime_get(), begin));
	}
	sort(ns, n, sizeof(*ns), compare, NULL);
	median_ns = ns[n / 2];
	return 0;
}

static int serve_set(const char *val, const struct kernel_param *kp)
{
	char name[IFNAMSIZ];
	int err;

	if (sscanf(val, "%15s", name) != 1)
		return -EINVAL;
	mutex_lock(&lock);
	err = join(&server, name);
	mutex_unlock(&lock);
	return err;
}

static int measure_set(const char *val, const struct kernel_param *kp)
{
	char name[IFNAMSIZ], mac[18], op[6];
	u8 to[ETH_ALEN];
	u32 n, *ns;
	int err;

	if (sscanf(val, "%15s %17s %5s %u", name, mac, op, &n) != 4 || !mac_pton(mac, to) ||
	    !n || n > ROUNDS_MAX)
		return -EINVAL;
	ns = kvmalloc_array(n, sizeof(*ns), GFP_KERNEL);
	if (!ns)
		return -ENOMEM;
	mutex_lock(&lock);
	err = join(&client, name);
	if (!err)
		err = run(to, !strcmp(op, "write"), ns, n);
	leave(&client);
	mutex_unlock(&lock);
	kvfree(ns);
	return err;
}

static int measure_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%u\n", median_ns);
}

static const struct kernel_param_ops serve_ops = { .set = serve_set };
static const struct kernel_param_ops measure_ops = { .set = measure_set, .get = measure_get };
module_param_cb(serve, &serve_ops, NULL, 0200);
module_param_cb(measure, &measure_ops, NULL, 0600);

static int __init bench_echo_init(void)
{
	return 0;
}

static void __exit bench_echo_exit(void)
{
	leave(&client);
	leave(&server);
}

module_init(bench_echo_init);
module_exit(bench_echo_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Raw echo of a page, the floor of bench-path");
