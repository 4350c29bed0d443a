// SPDX-License-Identifier: GPL-2.0-only
/* What /etc/memx/memx.conf wants of this machine. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "names.h"
#include "say.h"
#include "units.h"

#define KEYS_MAX	12

struct reader {
	struct conf *conf;
	const struct inifile *file;
	size_t line;		/* from 1 */
	size_t faults;
	const struct kind *kind;	/* of the section; NULL: an unknown one */
	uint32_t seen;		/* keys of this section, by their place in kind->key */
};

/* Return: false, when the value is none, having told so. */
typedef bool (*take_value)(struct reader *r, const char *value);

struct key_of {
	const char *name;
	take_value take;
};

/* A kind of section. */
struct kind {
	const char *name;
	const char *of;		/* what the word behind it is; NULL: there is none */
	bool (*begin)(struct reader *r, const char *word);
	void (*end)(struct reader *r);
	struct key_of key[KEYS_MAX];
};

static bool __attribute__((format(printf, 2, 3))) fault(struct reader *r, const char *fmt, ...)
{
	char text[SENTENCE_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	say_plain("%s:%zu: %s", r->conf->path, r->line, text);
	r->faults++;
	return false;
}

static bool take_number(struct reader *r, const char *key, const char *value, uint32_t least,
			uint32_t most, uint32_t *number)
{
	uint64_t n;

	if (!parse_uint(value, least, most, &n))
		return fault(r, "%s is a number from %u to %u, not '%s'", key, least, most, value);
	*number = (uint32_t)n;
	return true;
}

static bool take_name(struct reader *r, const char *value, char name[NAME_BYTES])
{
	if (!name_is_valid(value, NAME_CHARS))
		return fault(r, "'%s' is no name: it takes 1 to %d letters, digits, dots, dashes "
			     "and underscores", value, NAME_CHARS);
	strcpy(name, value);
	return true;
}

static bool take_ifname(struct reader *r, const char *value, char ifname[IFNAME_BYTES])
{
	if (!ifname_is_valid(value))
		return fault(r, "'%s' is no name of a network device: it takes 1 to %d characters",
			     value, IFNAME_BYTES - 1);
	strcpy(ifname, value);
	return true;
}

/* [node] */

static bool begin_node(struct reader *r, const char *word)
{
	(void)r, (void)word;
	return true;
}

static bool node_name(struct reader *r, const char *value)
{
	return take_name(r, value, r->conf->node.name);
}

static bool node_id(struct reader *r, const char *value)
{
	r->conf->node.have_id = parse_hex(value, r->conf->node.id, ID_BYTES);
	return r->conf->node.have_id ||
	       fault(r, "id is %d hexadecimal digits, not '%s'", 2 * ID_BYTES, value);
}

static bool node_security(struct reader *r, const char *value)
{
	return security_number(value, &r->conf->node.security) ||
	       fault(r, "security is psk or none, not '%s'", value);
}

static bool node_key_file(struct reader *r, const char *value)
{
	if (value[0] != '/')
		return fault(r, "key-file is a path that begins with /, not '%s'", value);
	r->conf->key_file = strdup(value);
	return true;
}

static bool take_node_number(struct reader *r, const char *value, enum node_number i)
{
	const struct node_number_of *of = &node_numbers[i];

	r->conf->node.have[i] = take_number(r, of->name, value, of->least, of->most,
					    &r->conf->node.number[i]);
	return r->conf->node.have[i];
}

static bool node_interval(struct reader *r, const char *value)
{
	return take_node_number(r, value, NODE_INTERVAL);
}

static bool node_rto_min(struct reader *r, const char *value)
{
	return take_node_number(r, value, NODE_RTO_MIN);
}

static bool node_rto_max(struct reader *r, const char *value)
{
	return take_node_number(r, value, NODE_RTO_MAX);
}

static bool node_incast(struct reader *r, const char *value)
{
	return take_node_number(r, value, NODE_INCAST);
}

static bool node_rekey(struct reader *r, const char *value)
{
	return take_node_number(r, value, NODE_REKEY);
}

/* [link IFNAME] */

static struct conf_link *this_link(const struct reader *r)
{
	return &r->conf->link[r->conf->links - 1];
}

static bool begin_link(struct reader *r, const char *word)
{
	struct conf_link link = { .line = r->line };
	struct conf *c = r->conf;

	if (!take_ifname(r, word, link.ifname))
		return false;
	c->link = get_memory(c->link, c->links + 1, sizeof(link));
	c->link[c->links++] = link;
	return true;
}

static bool link_ethertype(struct reader *r, const char *value)
{
	return take_number(r, "ethertype", value, ETHERTYPE_LEAST, ETHERTYPE_MOST,
			   &this_link(r)->ethertype);
}

static bool link_mtu(struct reader *r, const char *value)
{
	return take_number(r, "mtu", value, MTU_LEAST, MTU_MOST, &this_link(r)->mtu);
}

/* [server] */

static bool begin_server(struct reader *r, const char *word)
{
	(void)word;
	r->conf->have_server = true;
	r->conf->server_line = r->line;
	return true;
}

static bool server_capacity(struct reader *r, const char *value)
{
	struct conf *c = r->conf;

	if (parse_percent(value, &c->percent))
		return true;
	c->percent = 0;
	return (parse_size(value, &c->capacity) && c->capacity) ||
	       fault(r, "capacity is a size such as 48G (in binary units), or a part of this "
		     "machine's memory such as 50%%, not '%s'", value);
}

/* [peer NAME] */

static struct conf_peer *this_peer(const struct reader *r)
{
	return &r->conf->peer[r->conf->peers - 1];
}

static bool begin_peer(struct reader *r, const char *word)
{
	struct conf_peer peer = { .line = r->line };
	struct conf *c = r->conf;

	if (!take_name(r, word, peer.name))
		return false;
	c->peer = get_memory(c->peer, c->peers + 1, sizeof(peer));
	c->peer[c->peers++] = peer;
	return true;
}

static bool peer_address(struct reader *r, const char *value)
{
	struct conf_peer *p = this_peer(r);

	p->have_mac = parse_mac(value, p->mac);
	return p->have_mac || fault(r, "address is a hardware address such as 52:54:00:12:34:03, "
				    "not '%s'", value);
}

static bool peer_link(struct reader *r, const char *value)
{
	return take_ifname(r, value, this_peer(r)->ifname);
}

/* [volume NAME] */

static struct conf_volume *this_volume(const struct reader *r)
{
	return &r->conf->volume[r->conf->volumes - 1];
}

static bool begin_volume(struct reader *r, const char *word)
{
	struct conf_volume volume = { .line = r->line };
	struct conf *c = r->conf;

	if (!take_name(r, word, volume.name))
		return false;
	c->volume = get_memory(c->volume, c->volumes + 1, sizeof(volume));
	c->volume[c->volumes++] = volume;
	return true;
}

static bool volume_size(struct reader *r, const char *value)
{
	return (parse_size(value, &this_volume(r)->size) && this_volume(r)->size) ||
	       fault(r, "size is a size such as 64G or 512M (in binary units), not '%s'", value);
}

static bool volume_use(struct reader *r, const char *value)
{
	this_volume(r)->swap = !strcmp(value, "swap");
	return this_volume(r)->swap || !strcmp(value, "block") ||
	       fault(r, "use is swap or block, not '%s'", value);
}

static bool volume_priority(struct reader *r, const char *value)
{
	struct conf_volume *v = this_volume(r);

	v->have_priority = take_number(r, "priority", value, 0, PRIORITY_MOST, &v->priority);
	return v->have_priority;
}

static bool volume_boot(struct reader *r, const char *value)
{
	this_volume(r)->boot = !strcmp(value, "yes");
	return this_volume(r)->boot || !strcmp(value, "no") ||
	       fault(r, "boot is yes or no, not '%s'", value);
}

static bool volume_loss_timeout(struct reader *r, const char *value)
{
	struct conf_volume *v = this_volume(r);

	v->have_timeout = take_number(r, "loss-timeout", value, 0, TIMEOUT_MOST,
				      &v->loss_timeout_s);
	return v->have_timeout;
}

static void end_server(struct reader *r);
static void end_peer(struct reader *r);
static void end_volume(struct reader *r);

static const struct kind kinds[] = {
	{ "node", NULL, begin_node, NULL,
	  { { "name", node_name }, { "id", node_id }, { "security", node_security },
	    { "key-file", node_key_file }, { "interval", node_interval },
	    { "rto-min", node_rto_min }, { "rto-max", node_rto_max },
	    { "incast", node_incast }, { "rekey", node_rekey } } },
	{ "link", "IFNAME", begin_link, NULL,
	  { { "ethertype", link_ethertype }, { "mtu", link_mtu } } },
	{ "server", NULL, begin_server, end_server, { { "capacity", server_capacity } } },
	{ "peer", "NAME", begin_peer, end_peer,
	  { { "address", peer_address }, { "link", peer_link } } },
	{ "volume", "NAME", begin_volume, end_volume,
	  { { "size", volume_size }, { "use", volume_use }, { "priority", volume_priority },
	    { "boot", volume_boot }, { "loss-timeout", volume_loss_timeout } } },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Return: whether the key was in the section, with a good value or a bad one. */
static bool saw(const struct reader *r, take_value take)
{
	int i;

	for (i = 0; i < KEYS_MAX && r->kind->key[i].name; i++)
		if (r->kind->key[i].take == take)
			return r->seen & 1U << i;
	return false;
}

/* What is wrong with a section as a whole is told with the line of its head. */
static void fault_of_section(struct reader *r, size_t line, const char *what)
{
	size_t here = r->line;

	r->line = line;
	fault(r, "%s", what);
	r->line = here;
}

static void need(struct reader *r, size_t line, take_value take, const char *what)
{
	if (!saw(r, take))
		fault_of_section(r, line, what);
}

static void end_server(struct reader *r)
{
	need(r, r->conf->server_line, server_capacity,
	     "capacity is missing in [server], such as capacity=48G or capacity=50%");
}

static void end_peer(struct reader *r)
{
	size_t line = this_peer(r)->line;

	need(r, line, peer_address, "address is missing in [peer], such as "
	     "address=52:54:00:12:34:03");
	need(r, line, peer_link, "link is missing in [peer], such as link=eth1");
}

static void end_volume(struct reader *r)
{
	const struct conf_volume *v = this_volume(r);

	need(r, v->line, volume_size, "size is missing in [volume], such as size=64G");
	if (v->have_priority && !v->swap)
		fault_of_section(r, v->line, "priority is for use=swap only");
}

static void end_section(struct reader *r)
{
	if (r->kind && r->kind->end)
		r->kind->end(r);
	r->kind = NULL;
}

/* Return: the line that has this section before, or 0. */
static size_t line_before(const struct reader *r, const char *name)
{
	size_t i;

	for (i = 0; i + 1 < r->line; i++)
		if (r->file->line[i].kind == INI_SECTION && !strcmp(r->file->line[i].name, name))
			return i + 1;
	return 0;
}

static const struct kind *find_kind(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (strlen(kinds[i].name) == n && !strncmp(kinds[i].name, name, n))
			return &kinds[i];
	return NULL;
}

static void begin_section(struct reader *r, const char *name)
{
	size_t n = strcspn(name, " "), before = line_before(r, name);
	const char *word = name + n + strspn(name + n, " ");
	const struct kind *kind = find_kind(name, n);

	r->conf->any = true;
	r->seen = 0;
	if (!kind)
		fault(r, "there is no section [%s]; there are [node], [link IFNAME], [server], "
		      "[peer NAME] and [volume NAME]", name);
	else if (kind->of && !*word)
		fault(r, "[%s] needs a name: [%s %s]", name, kind->name, kind->of);
	else if (!kind->of && *word)
		fault(r, "[%s] takes no name, so not '%s'", kind->name, word);
	else if (before)
		fault(r, "[%s] is there already, in line %zu", name, before);
	else if (kind->begin(r, word))
		r->kind = kind;
}

static void say_keys(struct reader *r, const char *name)
{
	char keys[SENTENCE_BYTES] = "";
	size_t n = 0;
	int i;

	for (i = 0; i < KEYS_MAX && r->kind->key[i].name; i++)
		n += (size_t)snprintf(keys + n, sizeof(keys) - n, "%s%s", i ? ", " : "",
				      r->kind->key[i].name);
	fault(r, "there is no key '%s' in [%s]; there are %s", name, r->kind->name, keys);
}

/* Keys of a section with a fault in its head are not looked at: they would only repeat it. */
static void take_key(struct reader *r, const struct ini_line *l, bool in_section)
{
	int i;

	if (!in_section) {
		fault(r, "'%s' is in no section", l->name);
		return;
	}
	if (!r->kind)
		return;
	for (i = 0; i < KEYS_MAX && r->kind->key[i].name; i++) {
		if (strcmp(r->kind->key[i].name, l->name))
			continue;
		if (r->seen & 1U << i)
			fault(r, "%s is in this section already", l->name);
		else if (!*l->value)
			fault(r, "%s has no value", l->name);
		else
			r->kind->key[i].take(r, l->value);
		r->seen |= 1U << i;
		return;
	}
	say_keys(r, l->name);
}

/* What follows a broken head belongs to it, not to the section before. */
static void take_fault(struct reader *r, const struct ini_line *l)
{
	if (l->text[strspn(l->text, " \t")] == '[') {
		end_section(r);
		r->conf->any = true;
	}
	fault(r, "%s", l->fault);
}

bool conf_take(struct conf *conf, const struct inifile *f)
{
	struct reader r = { .conf = conf, .file = f };
	size_t i;

	*conf = (struct conf){ .path = f->path };
	conf->node.security = SECURITY_NOISE;
	conf->node.have_security = true;
	for (i = 0; i < f->n; i++) {
		const struct ini_line *l = &f->line[i];

		r.line = i + 1;
		if (l->kind == INI_SECTION) {
			end_section(&r);
			begin_section(&r, l->name);
		} else if (l->kind == INI_KEY) {
			take_key(&r, l, conf->any);
		} else if (l->kind == INI_FAULT) {
			take_fault(&r, l);
		}
	}
	end_section(&r);
	return !r.faults;
}

void conf_free(struct conf *conf)
{
	free(conf->key_file);
	free(conf->link);
	free(conf->peer);
	free(conf->volume);
	*conf = (struct conf){ 0 };
}
