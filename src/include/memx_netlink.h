/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Generic netlink of MemX: one family per module. src/<module>/<family>.yaml says the same for
 * tools that read YNL specifications; `make lint` compares the two. Numbers are ABI: append only.
 *
 * A node lives in the network namespace of the socket. Multicast group of every family: "events".
 * Every refusal carries an extack sentence. Node ids and UUIDs are 16 bytes, hardware addresses
 * 6.
 */
#ifndef _MEMX_NETLINK_H
#define _MEMX_NETLINK_H

#define MEMX_GENL_VERSION	1
#define MEMX_GENL_EVENTS	"events"

/*
 * memx_rmap: node, links, keys, peers
 */
#define MEMX_RMAP_GENL		"memx_rmap"

enum {
	MEMX_RMAP_CMD_UNSPEC,
	MEMX_RMAP_CMD_NODE_GET,		/* do: MEMX_RMAP_A_NODE */
	MEMX_RMAP_CMD_NODE_SET,		/* do: any settable attribute of MEMX_RMAP_A_NODE */
	MEMX_RMAP_CMD_LINK_ADD,		/* do: MEMX_RMAP_A_LINK with IFNAME [ETHERTYPE MTU] */
	MEMX_RMAP_CMD_LINK_DEL,		/* do: MEMX_RMAP_A_LINK with IFNAME */
	MEMX_RMAP_CMD_LINK_GET,		/* dump: one MEMX_RMAP_A_LINK each */
	MEMX_RMAP_CMD_KEY_SET,		/* do: MEMX_RMAP_A_KEY with KEY [SECONDARY] */
	MEMX_RMAP_CMD_KEY_DEL,		/* do: MEMX_RMAP_A_KEY with ID */
	MEMX_RMAP_CMD_KEY_GET,		/* dump: one MEMX_RMAP_A_KEY each, never the key itself */
	/* do: MEMX_RMAP_A_PEER with NAME ADDR IFNAME: a static server */
	MEMX_RMAP_CMD_PEER_ADD,
	MEMX_RMAP_CMD_PEER_DEL,		/* do: MEMX_RMAP_A_PEER with NAME */
	MEMX_RMAP_CMD_PEER_GET,		/* dump: one MEMX_RMAP_A_PEER each */
	/* do: MEMX_RMAP_A_PING with NAME, SIZE, COUNT; waits; reply has SAMPLES */
	MEMX_RMAP_CMD_PING,
	MEMX_RMAP_CMD_EVENT,		/* notification: MEMX_RMAP_A_EVENT */
};

enum {
	MEMX_RMAP_A_UNSPEC,
	MEMX_RMAP_A_NODE,		/* nest */
	MEMX_RMAP_A_LINK,		/* nest */
	MEMX_RMAP_A_KEY,		/* nest */
	MEMX_RMAP_A_PEER,		/* nest */
	MEMX_RMAP_A_PING,		/* nest */
	MEMX_RMAP_A_EVENT,		/* nest */
	MEMX_RMAP_A_PAD,
	__MEMX_RMAP_A_NR
};

enum {
	MEMX_RMAP_NODE_A_UNSPEC,
	/* binary 16, settable while there is neither link nor session */
	MEMX_RMAP_NODE_A_ID,
	MEMX_RMAP_NODE_A_INCARNATION,	/* u64 */
	MEMX_RMAP_NODE_A_NAME,		/* string, settable */
	/* u8 enum rmp_security, settable while there is no session */
	MEMX_RMAP_NODE_A_SECURITY,
	MEMX_RMAP_NODE_A_INTERVAL_MS,	/* u32 of advertisements, settable, 100 to 30000 */
	MEMX_RMAP_NODE_A_RTO_MIN_US,	/* u32, settable */
	MEMX_RMAP_NODE_A_RTO_MAX_US,	/* u32, settable */
	MEMX_RMAP_NODE_A_INCAST_FRAMES,	/* u32 reply frames asked for per link, settable */
	MEMX_RMAP_NODE_A_REKEY_S,	/* u32 seconds between new session keys, settable */
	MEMX_RMAP_NODE_A_COUNTERS,	/* nest of MEMX_RMAP_COUNTER_A_* */
	MEMX_RMAP_NODE_A_SESSIONS,	/* u32 */
	MEMX_RMAP_NODE_A_PAD,
	__MEMX_RMAP_NODE_A_NR
};

/* u64 each, since the node began; the names are those that `memx-admin status --json` prints */
enum {
	MEMX_RMAP_COUNTER_A_UNSPEC,
	MEMX_RMAP_COUNTER_A_TX_FRAMES,
	MEMX_RMAP_COUNTER_A_TX_BYTES,
	MEMX_RMAP_COUNTER_A_RX_FRAMES,
	MEMX_RMAP_COUNTER_A_RX_BYTES,
	MEMX_RMAP_COUNTER_A_TX_REQUESTS,	/* requests begun by this node */
	MEMX_RMAP_COUNTER_A_RX_REQUESTS,	/* requests executed by this node */
	MEMX_RMAP_COUNTER_A_RETRANSMITS,	/* frames sent again */
	MEMX_RMAP_COUNTER_A_TIMEOUTS,		/* retransmission timer ran out */
	MEMX_RMAP_COUNTER_A_TX_NACKS,
	MEMX_RMAP_COUNTER_A_RX_NACKS,
	MEMX_RMAP_COUNTER_A_TX_DROPS,		/* no memory, or the device refused */
	MEMX_RMAP_COUNTER_A_TX_RESERVE,		/* frames sent from the preallocated reserve */
	MEMX_RMAP_COUNTER_A_RX_MALFORMED,	/* dropped: header breaks a rule */
	MEMX_RMAP_COUNTER_A_RX_BADCRC,		/* dropped: CRC32C is wrong */
	MEMX_RMAP_COUNTER_A_RX_BADTAG,		/* dropped: authentication failed */
	MEMX_RMAP_COUNTER_A_RX_REPLAYED,	/* dropped: counter seen before */
	MEMX_RMAP_COUNTER_A_RX_UNKNOWN,		/* dropped: no such session */
	/* dropped: key id of another cluster, or other security */
	MEMX_RMAP_COUNTER_A_RX_FOREIGN,
	MEMX_RMAP_COUNTER_A_RX_STALE,		/* dropped: old sequence number */
	MEMX_RMAP_COUNTER_A_RX_DUPLICATES,	/* dropped: fragment was there already */
	/* dropped: queue of handshakes and advertisements is full */
	MEMX_RMAP_COUNTER_A_RX_OVERLOAD,
	MEMX_RMAP_COUNTER_A_RX_NOMEM,		/* requests answered with busy for lack of a page */
	MEMX_RMAP_COUNTER_A_HANDSHAKES,		/* completed */
	MEMX_RMAP_COUNTER_A_WINDOW_CUTS,	/* congestion window reduced */
	__MEMX_RMAP_COUNTER_A_NR
};

enum {
	MEMX_RMAP_LINK_A_UNSPEC,
	MEMX_RMAP_LINK_A_IFNAME,	/* string */
	MEMX_RMAP_LINK_A_IFINDEX,	/* u32 */
	MEMX_RMAP_LINK_A_ADDR,		/* binary 6 */
	MEMX_RMAP_LINK_A_ETHERTYPE,	/* u16 */
	MEMX_RMAP_LINK_A_MTU,		/* u32 in use; LINK_ADD: at most this */
	MEMX_RMAP_LINK_A_CARRIER,	/* u8 */
	MEMX_RMAP_LINK_A_INGRESS,	/* u8: 1 netfilter ingress hook, 0 dev_add_pack() */
	__MEMX_RMAP_LINK_A_NR
};

enum {
	MEMX_RMAP_KEY_A_UNSPEC,
	MEMX_RMAP_KEY_A_KEY,		/* binary 32, KEY_SET only */
	MEMX_RMAP_KEY_A_ID,		/* u32 */
	MEMX_RMAP_KEY_A_SECONDARY,	/* flag: accepted, not used to begin with */
	__MEMX_RMAP_KEY_A_NR
};

enum {
	MEMX_RMAP_PEER_A_UNSPEC,
	MEMX_RMAP_PEER_A_ID,		/* binary 16 */
	MEMX_RMAP_PEER_A_NAME,		/* string */
	MEMX_RMAP_PEER_A_ADDR,		/* binary 6 */
	MEMX_RMAP_PEER_A_IFNAME,	/* string */
	MEMX_RMAP_PEER_A_STATIC,	/* flag */
	MEMX_RMAP_PEER_A_SUSPECT,	/* flag */
	MEMX_RMAP_PEER_A_LOAD,		/* u8 enum rmp_load */
	MEMX_RMAP_PEER_A_CAPACITY,	/* u64 bytes */
	MEMX_RMAP_PEER_A_FREE,		/* u64 bytes */
	MEMX_RMAP_PEER_A_RTT_US,	/* u32, absent when not measured */
	MEMX_RMAP_PEER_A_SEEN_MS,	/* u32, absent when never */
	MEMX_RMAP_PEER_A_MTU,		/* u32 */
	MEMX_RMAP_PEER_A_INCARNATION,	/* u64 */
	MEMX_RMAP_PEER_A_SESSION,	/* u8: 0 none, 1 connecting, 2 up */
	/* string: why there is no session, absent when all is well */
	MEMX_RMAP_PEER_A_PROBLEM,
	MEMX_RMAP_PEER_A_PAD,
	__MEMX_RMAP_PEER_A_NR
};

enum {
	MEMX_RMAP_PING_A_UNSPEC,
	MEMX_RMAP_PING_A_NAME,		/* string */
	MEMX_RMAP_PING_A_ID,		/* binary 16 */
	MEMX_RMAP_PING_A_SIZE,		/* u32 bytes of data in the reply, 0 to 65536 */
	MEMX_RMAP_PING_A_COUNT,		/* u32, 1 to 1000 */
	MEMX_RMAP_PING_A_SAMPLES,	/* binary: host-endian u32 nanoseconds each */
	MEMX_RMAP_PING_A_LOST,		/* u32: not answered within a second */
	__MEMX_RMAP_PING_A_NR
};

enum {
	MEMX_RMAP_EVENT_A_UNSPEC,
	MEMX_RMAP_EVENT_A_KIND,		/* string, such as "peer-up", see docs */
	MEMX_RMAP_EVENT_A_NAME,		/* string: what it is about */
	MEMX_RMAP_EVENT_A_TEXT,		/* string: a sentence */
	__MEMX_RMAP_EVENT_A_NR
};

/*
 * memx_server: the page store
 */
#define MEMX_SERVER_GENL	"memx_server"

enum {
	MEMX_SERVER_CMD_UNSPEC,
	MEMX_SERVER_CMD_START,		/* do: CAPACITY */
	MEMX_SERVER_CMD_STOP,		/* do: [FORCE] refused while clients' pages lie here */
	MEMX_SERVER_CMD_SET,		/* do: CAPACITY */
	MEMX_SERVER_CMD_GET,		/* do: all below but CLIENT and FORCE */
	MEMX_SERVER_CMD_CLIENT_GET,	/* dump: one CLIENT each: a volume of a client */
	/* do: CLIENT with NODE: frees all that a client that will not come back left */
	MEMX_SERVER_CMD_RELEASE,
	MEMX_SERVER_CMD_EVENT,		/* notification: EVENT_KIND, EVENT_TEXT */
};

enum {
	MEMX_SERVER_A_UNSPEC,
	MEMX_SERVER_A_CAPACITY,		/* u64 bytes */
	MEMX_SERVER_A_RESERVED,		/* u64 bytes promised to extents */
	MEMX_SERVER_A_STORED,		/* u64 bytes of pages that occupy memory */
	MEMX_SERVER_A_UNIFORM,		/* u64 bytes of pages kept as one value */
	MEMX_SERVER_A_EXTENTS,		/* u64 */
	MEMX_SERVER_A_LOAD,		/* u8 enum rmp_load */
	MEMX_SERVER_A_READS,		/* u64 pages */
	MEMX_SERVER_A_WRITES,		/* u64 pages */
	MEMX_SERVER_A_ZEROS,		/* u64 pages discarded */
	MEMX_SERVER_A_BUSY,		/* u64 requests answered with busy */
	MEMX_SERVER_A_REFUSED,		/* u64 extents refused */
	MEMX_SERVER_A_POOL,		/* u64 bytes of pages ready for writes */
	MEMX_SERVER_A_CLIENT,		/* nest */
	MEMX_SERVER_A_FORCE,		/* flag */
	MEMX_SERVER_A_EVENT_KIND,	/* string */
	MEMX_SERVER_A_EVENT_TEXT,	/* string */
	MEMX_SERVER_A_PAD,
	__MEMX_SERVER_A_NR
};

enum {
	MEMX_SERVER_CLIENT_A_UNSPEC,
	MEMX_SERVER_CLIENT_A_NODE,	/* binary 16 */
	MEMX_SERVER_CLIENT_A_VOLUME,	/* binary 16, UUID */
	MEMX_SERVER_CLIENT_A_NAME,	/* string: the volume's name */
	MEMX_SERVER_CLIENT_A_EXTENTS,	/* u64 */
	MEMX_SERVER_CLIENT_A_STORED,	/* u64 bytes */
	MEMX_SERVER_CLIENT_A_UNIFORM,	/* u64 bytes */
	MEMX_SERVER_CLIENT_A_PAD,
	__MEMX_SERVER_CLIENT_A_NR
};

/*
 * memx_client: volumes
 */
#define MEMX_CLIENT_GENL	"memx_client"

enum {
	MEMX_CLIENT_CMD_UNSPEC,
	/* do: VOLUME with NAME SIZE [LOSS_TIMEOUT_S]; reply VOLUME */
	MEMX_CLIENT_CMD_VOLUME_CREATE,
	MEMX_CLIENT_CMD_VOLUME_RESIZE,	/* do: VOLUME with NAME SIZE */
	MEMX_CLIENT_CMD_VOLUME_SET,	/* do: VOLUME with NAME LOSS_TIMEOUT_S */
	/* do: VOLUME with NAME [FORCE]: without it refused while open */
	MEMX_CLIENT_CMD_VOLUME_DESTROY,
	MEMX_CLIENT_CMD_VOLUME_GET,	/* dump: one VOLUME each */
	/* notification: EVENT_KIND, EVENT_TEXT, [VOLUME with NAME] */
	MEMX_CLIENT_CMD_EVENT,
};

enum {
	MEMX_CLIENT_A_UNSPEC,
	MEMX_CLIENT_A_VOLUME,		/* nest */
	MEMX_CLIENT_A_EVENT_KIND,	/* string */
	MEMX_CLIENT_A_EVENT_TEXT,	/* string */
	__MEMX_CLIENT_A_NR
};

enum {
	MEMX_CLIENT_VOLUME_A_UNSPEC,
	MEMX_CLIENT_VOLUME_A_NAME,	/* string */
	MEMX_CLIENT_VOLUME_A_UUID,	/* binary 16 */
	MEMX_CLIENT_VOLUME_A_SIZE,	/* u64 bytes */
	MEMX_CLIENT_VOLUME_A_DISK,	/* string: kernel name, memxN */
	MEMX_CLIENT_VOLUME_A_LOSS_TIMEOUT_S, /* u32, 0 = for ever */
	MEMX_CLIENT_VOLUME_A_OPENERS,	/* u32 */
	MEMX_CLIENT_VOLUME_A_EXTENTS,	/* u64 opened */
	MEMX_CLIENT_VOLUME_A_WRITTEN,	/* u64 bytes that hold something */
	MEMX_CLIENT_VOLUME_A_LOST,	/* u64 bytes lost with a server and not written again */
	MEMX_CLIENT_VOLUME_A_PAGES_IN,	/* u64 pages read from servers */
	MEMX_CLIENT_VOLUME_A_PAGES_OUT,	/* u64 pages written to servers */
	MEMX_CLIENT_VOLUME_A_WAITING,	/* u32 requests that wait for an unreachable server */
	MEMX_CLIENT_VOLUME_A_ERRORS,	/* u64 requests ended with an I/O error */
	MEMX_CLIENT_VOLUME_A_PLACE,	/* nest, one per server that holds extents */
	MEMX_CLIENT_VOLUME_A_FORCE,	/* flag */
	MEMX_CLIENT_VOLUME_A_PAD,
	__MEMX_CLIENT_VOLUME_A_NR
};

enum {
	MEMX_CLIENT_PLACE_A_UNSPEC,
	MEMX_CLIENT_PLACE_A_NODE,	/* binary 16 */
	MEMX_CLIENT_PLACE_A_NAME,	/* string */
	MEMX_CLIENT_PLACE_A_EXTENTS,	/* u64 */
	MEMX_CLIENT_PLACE_A_WRITTEN,	/* u64 bytes */
	MEMX_CLIENT_PLACE_A_STATE,	/* u8: 1 connecting, 2 up */
	MEMX_CLIENT_PLACE_A_PAD,
	__MEMX_CLIENT_PLACE_A_NR
};

#endif
