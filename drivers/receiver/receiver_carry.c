/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/receiver_carry.h"

#include <string.h>

#include "drivers/receiver/receiver.h"

#define LOCATES 65536

// An address becomes a number, and a number an address: of a feed, or of a channel.
static const void *numbered(uintptr_t n) { return (const void *)n; }
static uintptr_t number_of(const void *p) { return (uintptr_t)p; }

static unsigned feed_count(void)
{
	unsigned n = 0;

	while (feeds[n])
		n++;
	return n;
}

static void freeze_channel(struct receiver_channel *c)
{
	c->counts = NULL;
	c->feed = numbered(1 + feed_place(c->feed));
	c->strange.slot = c->hold.slot = NULL;
	c->strange.order = c->hold.order = NULL;
	c->strange.body = c->hold.body = NULL;
	for (int i = 0; i < RECEIVER_LINES; i++)
		c->line[i].counts = NULL;
	c->decode.symtab = NULL;
	c->decode.ledger = NULL;
	c->decode.by_type = NULL;
	c->decode.locate = NULL;
	c->decode.symbols = NULL;
	c->decode.source = NULL;
}

bool receiver_freeze(const struct receiver *r, struct receiver *out)
{
	if (r->walking != WALK_NONE || r->release != RELEASE_NONE || r->hand != HAND_WAITS)
		return false;
	memcpy(out, r, sizeof *out);
	memset(&out->conf, 0, sizeof out->conf);
	out->counts = NULL;
	out->symtab = NULL;
	out->ledger = NULL;
	out->locate_mem = NULL;
	out->symbols = NULL;
	out->hold_mem = out->strange_mem = NULL;
	memset(&out->walk, 0, sizeof out->walk); // of a frame that is done
	memset(&out->view, 0, sizeof out->view);
	out->walk_channel = NULL;
	out->rest = NULL;
	out->last_channel =
		(struct receiver_channel *)(uintptr_t)numbered((uintptr_t)(r->last_channel - r->channel));
	for (uint32_t i = 0; i < r->n_channels; i++)
		freeze_channel(&out->channel[i]);
	return true;
}

// As join in channel.c and line_new have it.
static void wire_channel(struct receiver *r, uint32_t i)
{
	struct receiver_channel *c = &r->channel[i];
	struct feed_channel *d = &c->decode;

	c->counts = &r->counts->channel[i];
	c->feed = feeds[number_of(c->feed) - 1];
	hold_wire(&c->hold, r->conf.hold_packets, r->hold_mem + i * hold_bytes(r->conf.hold_packets));
	hold_wire(&c->strange, STRANGER_PACKETS, r->strange_mem + i * hold_bytes(STRANGER_PACKETS));
	for (int k = 0; k < c->n_lines; k++)
		c->line[k].counts = &c->counts->line[k];
	d->symtab = r->symtab;
	d->ledger = r->ledger;
	d->by_type = c->counts->by_type;
	if (c->feed->flags & FEED_LOCATE)
		d->locate = r->locate_mem + (size_t)i * LOCATES;
	if (c->feed->flags & FEED_SYMBOL_INDEX) {
		d->symbols = r->symbols;
		d->source = &c->source;
	}
}

bool receiver_thaw(struct receiver *r, const struct receiver *from)
{
	static struct receiver own; // large; boot only
	unsigned n_feeds = feed_count();

	if (from->n_channels > RECEIVER_CHANNELS || number_of(from->last_channel) >= RECEIVER_CHANNELS)
		return false;
	for (uint32_t i = 0; i < from->n_channels; i++)
		if (number_of(from->channel[i].feed) - 1 >= n_feeds ||
		    from->channel[i].n_lines > RECEIVER_LINES)
			return false;
	memcpy(&own, r, sizeof own);
	memcpy(r, from, sizeof *r);
	r->conf = own.conf;
	r->counts = own.counts;
	r->symtab = own.symtab;
	r->ledger = own.ledger;
	r->locate_mem = own.locate_mem;
	r->symbols = own.symbols;
	r->hold_mem = own.hold_mem;
	r->strange_mem = own.strange_mem;
	r->last_channel = r->channel + number_of(from->last_channel);
	for (uint32_t i = 0; i < r->n_channels; i++)
		wire_channel(r, i);
	return true;
}
