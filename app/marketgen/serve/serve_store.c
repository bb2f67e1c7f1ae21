/* SPDX-License-Identifier: BSD-3-Clause */
// serve_store.c: captures as messages by number. Lines of one stream are merged: what one has lost another
// may have.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/marketgen/serve/serve.h"
#include "drivers/feed/deepplus.h"
#include "drivers/receiver/frame.h"
#include "drivers/feed/iex.h"
#include "drivers/feed/itch50.h"
#include "drivers/feed/pillar.h"
#include "drivers/replay/capture.h"
#include "lcore/base/bytes.h"

#define MESSAGES_MAX (UINT64_C(1) << 28)

static bool grow(void **memory, uint64_t *room, uint64_t need, size_t each)
{
	uint64_t more = *room ? *room * 2 : 4096;

	if (need <= *room)
		return true;
	while (more < need)
		more *= 2;
	void *fresh = realloc(*memory, more * each);

	if (!fresh)
		return false;
	*memory = fresh;
	*room = more;
	return true;
}

static struct serve_stream *stream_of(struct serve_store *store, const struct feed *feed,
				      const struct frame_view *view, const struct packet *p)
{
	bool by_line = feed->flags & FEED_BY_LINE;

	for (unsigned i = 0; i < store->n_streams; i++) {
		struct serve_stream *s = &store->stream[i];

		if (s->feed == feed && (by_line ? s->group == view->dst_ip && s->port == view->dst_port
						: s->stream == p->stream && s->session[0] == p->session[0] &&
							  s->session[1] == p->session[1]))
			return s;
	}
	if (store->n_streams == SERVE_STREAMS)
		return NULL;
	struct serve_stream *s = &store->stream[store->n_streams++];

	*s = (struct serve_stream){ .feed = feed,
				    .session = { p->session[0], p->session[1] },
				    .stream = p->stream,
				    .group = view->dst_ip,
				    .port = view->dst_port };
	return s;
}

static int add(struct serve_store *store, struct serve_stream *s, uint64_t seq, const uint8_t *m, uint32_t n,
	       uint64_t offset, uint64_t send_ns)
{
	if (seq > MESSAGES_MAX || !grow((void **)&s->message, &s->room, seq, sizeof *s->message) ||
	    !grow((void **)&store->bytes, &store->room, store->n_bytes + n, 1))
		return -ENOMEM;
	while (s->n < seq)
		s->message[s->n++].at = UINT64_MAX;
	if (s->message[seq - 1].at != UINT64_MAX)
		return 0;
	memcpy(store->bytes + store->n_bytes, m, n);
	s->message[seq - 1] = (struct serve_message){ store->n_bytes, offset, send_ns, n };
	store->n_bytes += n;
	store->n_messages++;
	return 0;
}

// Walks a packet's messages: length before each (big- or little-endian), or Pillar's own sizes.
static int add_packet(struct serve_store *store, struct serve_stream *s, const struct packet *p,
		      uint64_t offset)
{
	bool pillar = s->feed == &pillar_feed;
	const uint8_t *at = p->body;

	for (uint32_t i = 0; i < p->count && p->end - at >= 2; i++) {
		uint32_t n = s->feed == &itch50_feed ? be16(at) : le16(at), head = pillar ? 0 : 2;

		if (p->end - at < (ptrdiff_t)(head + n) || (pillar && n < 4))
			return 0;
		int rc = add(store, s, p->first_seq + i, at + head, n, offset + (uint64_t)(at - p->body),
			     p->send_ns);

		if (rc)
			return rc;
		at += head + n;
	}
	return 0;
}

int serve_store_read(struct serve_store *store, const char *path)
{
	struct capture capture = { 0 };
	struct capture_record record;
	char err[512];
	int rc = capture_open(&capture, path, CAPTURE_NO_DAY, err, sizeof err);

	if (rc)
		fprintf(stderr, "marketgen: %s\n", err);
	while (!rc && capture_next(&capture, &record)) {
		struct frame_view view;
		struct packet packet;
		const struct feed *feed;

		if (frame_peel((enum frame_link)record.link, record.data, record.bytes, record.wire_bytes,
			       false, &view) != FRAME_OK ||
		    !(feed = feed_probe(view.payload, view.bytes)) ||
		    !feed->header(view.payload, view.bytes, &packet) || packet.kind != PACKET_DATA ||
		    !packet.first_seq)
			continue;
		struct serve_stream *s = stream_of(store, feed, &view, &packet);

		if (!s)
			continue;
		s->stream = packet.stream ? packet.stream : s->stream;
		rc = add_packet(store, s, &packet,
				feed == &itch50_feed || feed == &pillar_feed ? 0 : le64(view.payload + 16));
		if (rc)
			fprintf(stderr, "marketgen: %s: %s\n", path, strerror(-rc));
	}
	capture_close(&capture);
	return rc ? -1 : 0;
}

void serve_store_free(struct serve_store *store)
{
	for (unsigned i = 0; i < store->n_streams; i++)
		free(store->stream[i].message);
	free(store->bytes);
}

static uint16_t iex_protocol(const struct feed *feed)
{
	return feed == &iex_deep10      ? IEX_DEEP10
	       : feed == &iex_tops16    ? IEX_TOPS16
	       : feed == &deepplus_feed ? IEX_DEEPPLUS10
					: 0;
}

const struct serve_stream *serve_store_find(const struct serve_store *store, enum serve_protocol protocol,
					    const struct recover_asked *asked)
{
	uint32_t id = UINT32_C(1) << 16 | (uint32_t)asked->product << 8 | asked->channel;

	for (unsigned i = 0; i < store->n_streams; i++) {
		const struct serve_stream *s = &store->stream[i];
		bool same = s->session[0] == asked->session[0] && s->session[1] == asked->session[1];

		if (protocol == SERVE_MOLD ? s->feed == &itch50_feed && same
		    : protocol == SERVE_PILLAR
			    ? s->feed == &pillar_feed && s->stream == id
			    : iex_protocol(s->feed) && iex_protocol(s->feed) == asked->protocol && same &&
				      s->stream == asked->stream)
			return s;
	}
	return NULL;
}
