// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pcap.h"

#define FIELDS_MAX 128
#define VALUE_MAX 512

struct row {
	char *value[FIELDS_MAX];
};

struct pcap {
	FILE *file;
	char base[512];
	const char *field[FIELDS_MAX];
	unsigned int nfields;
	struct row *row;
	unsigned int nrows;
};

static void need(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(2);
	}
}

static FILE *open_file(const struct pcap *p, const char *suffix)
{
	char path[600];
	FILE *f;

	snprintf(path, sizeof(path), "%s.%s", p->base, suffix);
	f = fopen(path, "wb");
	need(f != NULL, path);
	return f;
}

static void put(struct pcap *p, const void *data, size_t len)
{
	need(fwrite(data, 1, len, p->file) == len, p->base);
}

struct pcap *pcap_open(const char *dir, const char *name)
{
	static const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, sigfigs, snaplen, linktype;
	} head = {0xa1b2c3d4, 2, 4, 0, 0, 65535, 1};
	struct pcap *p = calloc(1, sizeof(*p));

	need(p != NULL, "calloc");
	snprintf(p->base, sizeof(p->base), "%s/%s", dir, name);
	p->file = open_file(p, "pcap");
	put(p, &head, sizeof(head));
	return p;
}

static void address(uint8_t mac[6], unsigned int last)
{
	static const uint8_t local[5] = {0x02, 'm', 'e', 'm', 'x'};

	memset(mac, 0xff, 6);
	if (last != 0xff) {
		memcpy(mac, local, 5);
		mac[5] = (uint8_t)last;
	}
}

unsigned int pcap_frame(struct pcap *p, unsigned int from, unsigned int to, uint16_t ethertype,
			const void *frame, size_t len, size_t cap)
{
	uint32_t head[4] = {1700000000 + p->nrows, 0, (uint32_t)(14 + cap), (uint32_t)(14 + len)};
	uint8_t eth[14];

	address(eth, to);
	address(eth + 6, from);
	eth[12] = ethertype >> 8;
	eth[13] = ethertype & 0xff;
	put(p, head, sizeof(head));
	put(p, eth, sizeof(eth));
	put(p, frame, cap);
	if (!(p->nrows & (p->nrows - 1))) /* full: twice as many */
		p->row = realloc(p->row, (p->nrows ? 2 * p->nrows : 1) * sizeof(*p->row));
	need(p->row != NULL, "realloc");
	memset(&p->row[p->nrows], 0, sizeof(*p->row));
	return ++p->nrows;
}

static unsigned int index_of(struct pcap *p, const char *field)
{
	unsigned int i;

	for (i = 0; i < p->nfields; i++)
		if (!strcmp(p->field[i], field))
			return i;
	need(i < FIELDS_MAX, "too many fields");
	p->field[i] = field;
	p->nfields++;
	return i;
}

void pcap_watch(struct pcap *p, const char *field)
{
	index_of(p, field);
}

static void set(struct pcap *p, const char *field, const char *text)
{
	char **v = &p->row[p->nrows - 1].value[index_of(p, field)];
	size_t old = *v ? strlen(*v) + 1 : 0;

	*v = realloc(*v, old + strlen(text) + 1);
	need(*v != NULL, "realloc");
	if (old)
		(*v)[old - 1] = ',';
	strcpy(*v + old, text);
}

void pcap_expect(struct pcap *p, const char *field, const char *fmt, ...)
{
	char text[VALUE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	set(p, field, text);
}

void pcap_expect_hex(struct pcap *p, const char *field, const void *data, size_t len)
{
	const uint8_t *b = data;
	char *text = malloc(2 * len + 1);
	size_t i;

	need(text != NULL, "malloc");
	for (i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", b[i]);
	text[2 * len] = 0;
	set(p, field, text);
	free(text);
}

static void write_expected(struct pcap *p, FILE *fields, FILE *expected)
{
	unsigned int r, i;

	for (i = 0; i < p->nfields; i++)
		fprintf(fields, "%s\n", p->field[i]);
	for (r = 0; r < p->nrows; r++) {
		for (i = 0; i < p->nfields; i++) {
			char *v = p->row[r].value[i];

			fprintf(expected, "%s%s", i ? "\t" : "", v ? v : "");
			free(v);
		}
		fputc('\n', expected);
	}
}

void pcap_close(struct pcap *p)
{
	FILE *fields = open_file(p, "fields"), *expected = open_file(p, "expected");

	write_expected(p, fields, expected);
	need(!fclose(fields) && !fclose(expected) && !fclose(p->file), p->base);
	free(p->row);
	free(p);
}
