/* SPDX-License-Identifier: BSD-3-Clause */
// files_scan.c: the streams of captured packets. A stream is known by what the receiver knows it by: feed and
// stream id or session, the destination where packets name no stream, and for feeds with symbol indices by
// these: a line that missed the packet which names it still carries the same symbols.
#include <errno.h>
#include <stdlib.h>

#include "drivers/feed/feed.h"
#include "drivers/receiver/frame.h"
#include "drivers/feed/pillar.h"
#include "drivers/replay/capture_kind.h"
#include "drivers/replay/files_kind.h"
#include "lcore/base/bytes.h"
#include "lcore/base/calendar.h"

enum { KEYS = 4096, WITNESSES = 63 };
enum key_kind { BY_GROUP, BY_STREAM, BY_SESSION, KEY_KINDS };

struct key {
	const struct feed *feed; // NULL: free
	uint64_t value[2];
	uint8_t kind, file;
};

struct scan {
	struct replay_files *files;
	struct key key[KEYS];
	unsigned n_keys;
	struct key last[KEY_KINDS];   // of the file in hand: most packets say the same as the one before
	uint8_t symbol[FEED_SYMBOLS]; // first file that carries it, plus 1
	int64_t offset[WITNESSES], named[WITNESSES];
	unsigned n_offsets, n_named;
};

static bool same(const struct key *a, const struct key *b)
{
	return a->feed == b->feed && a->kind == b->kind && a->value[0] == b->value[0] &&
	       a->value[1] == b->value[1];
}

static void found(struct scan *s, unsigned file, struct key key)
{
	if (same(&s->last[key.kind], &key))
		return;
	s->last[key.kind] = key;
	for (unsigned i = 0; i < s->n_keys; i++)
		if (same(&s->key[i], &key)) {
			files_join(s->files, s->key[i].file, file);
			return;
		}
	key.file = (uint8_t)file;
	if (s->n_keys <
	    KEYS) // beyond that: packets of thousands of streams, which no table of channels holds
		s->key[s->n_keys++] = key;
}

static void found_symbols(struct scan *s, unsigned file, const struct packet *packet)
{
	const uint8_t *p = packet->body;

	for (uint32_t i = 0; i < packet->count && packet->end - p >= 4; i++) {
		unsigned bytes = le16(p), type = le16(p + 2);
		unsigned at = type == PILLAR_SYMBOL_MAPPING ? 4 : type >= PILLAR_ADD ? 8 : 0;

		if (bytes < 4 || bytes > packet->end - p)
			return;
		uint32_t index = at && bytes >= at + 4 ? le32(p + at) : FEED_SYMBOLS;

		if (index < FEED_SYMBOLS && s->symbol[index])
			files_join(s->files, s->symbol[index] - 1u, file);
		else if (index < FEED_SYMBOLS)
			s->symbol[index] = (uint8_t)(file + 1);
		p += bytes;
	}
}

static void found_packet(struct scan *s, unsigned file, const struct frame_view *view)
{
	const struct feed *feed = feed_probe(view->payload, view->bytes);
	struct packet packet;

	if (!feed || !feed->header(view->payload, view->bytes, &packet))
		return;
	if (packet.stream == 0 || feed->flags & FEED_BY_LINE)
		found(s, file, (struct key){ feed, { view->dst_ip, view->dst_port }, BY_GROUP, 0 });
	if (packet.stream)
		found(s, file, (struct key){ feed, { packet.stream, 0 }, BY_STREAM, 0 });
	if (packet.session[0] || packet.session[1])
		found(s, file, (struct key){ feed, { packet.session[0], packet.session[1] }, BY_SESSION, 0 });
	if (feed->flags & FEED_SYMBOL_INDEX)
		found_symbols(s, file, &packet);
}

// offset_on tells by how much receive time is ahead of a time of day on that day.
static int64_t offset_on(const struct witness *w, int32_t day)
{
	struct calendar_day calendar;

	calendar_day_by_date(day, &calendar);
	return w->rx_ns - (int64_t)calendar.midnight_ns - w->exchange_ns;
}

static void found_time(struct scan *s, const struct replay_file *f, const struct capture_record *record,
		       int32_t trade_day)
{
	struct witness w;

	if (record->ts_ns >= UINT64_C(1) << 62 || !witness_of(record, (int64_t)record->ts_ns, &w))
		return;
	int64_t offset = witness_offset(&w);

	if (w.of_day && trade_day != CAPTURE_NO_DAY)
		offset = offset_on(&w, trade_day);
	if (w.of_day && f->named)
		s->named[s->n_named++] = offset_on(&w, f->name_day);
	s->offset[s->n_offsets++] = offset;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void scan_file(struct scan *s, unsigned file, int32_t trade_day, uint64_t limit)
{
	struct replay_file *f = &s->files->file[file];
	struct capture_record record[CAPTURE_BATCH];
	unsigned n;

	s->n_offsets = s->n_named = 0;
	f->named = trade_day == CAPTURE_NO_DAY && capture_name_day(f->path, &f->name_day);
	for (unsigned i = 0; i < KEY_KINDS; i++)
		s->last[i].feed = NULL;
	for (uint64_t seen = 0; seen < limit && (n = capture_read(&f->capture, record, CAPTURE_BATCH));
	     seen += n)
		for (unsigned i = 0; i < n; i++) {
			struct frame_view view;

			if (frame_peel(record[i].link, record[i].data, record[i].bytes, record[i].wire_bytes,
				       false, &view) != FRAME_OK)
				continue;
			found_packet(s, file, &view);
			if (s->n_offsets < WITNESSES)
				found_time(s, f, &record[i], trade_day);
		}
	qsort(s->offset, s->n_offsets, sizeof *s->offset, by_size);
	f->timed = s->n_offsets != 0;
	f->offset_ns = f->timed ? s->offset[s->n_offsets / 2] : 0;
	qsort(s->named, s->n_named, sizeof *s->named, by_size);
	f->named = s->n_named != 0;
	f->named_ns = f->named ? s->named[s->n_named / 2] : 0;
	capture_rewind(&f->capture);
}

int files_scan(struct replay_files *files, int32_t trade_day, uint64_t limit)
{
	struct scan *s = calloc(1, sizeof *s);

	if (!s)
		return -ENOMEM;
	s->files = files;
	for (unsigned i = 0; i < files->n; i++) {
		files->file[i].timed =
			files->file[i].capture.synthesised; // raw messages have the exchange's own times
		if (!files->file[i].timed)
			scan_file(s, i, trade_day, limit);
	}
	free(s);
	return 0;
}
