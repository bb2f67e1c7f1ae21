/* SPDX-License-Identifier: BSD-3-Clause */
// serve_answer.c: what each venue's server answers.
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "app/marketgen/serve/serve.h"
#include "drivers/feed/iex.h"
#include "drivers/feed/mold64.h"
#include "drivers/feed/pillar.h"
#include "lcore/base/bytes.h"

enum { DATAGRAM_MAX = 1472, SEGMENT_MAX = 40 + 65535, PILLAR_MAX = 1400 };

uint64_t serve_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static bool put(struct serve *s, const struct serve_client *to, const uint8_t *bytes, size_t n,
		uint64_t messages)
{
	bool udp = to->from.sin_family == AF_INET;

	s->stats.answers++;
	s->stats.messages += messages;
	return sendto(to->fd, bytes, n, MSG_NOSIGNAL, udp ? (const struct sockaddr *)&to->from : NULL,
		      udp ? sizeof to->from : 0) == (ssize_t)n;
}

// Appends messages from *seq on, up to `last`, until the packet is full or one is missing. Returns how many.
static uint32_t fill(const struct serve *s, const struct serve_stream *stream, uint64_t seq, uint64_t last,
		     uint8_t *out, size_t *n, size_t room, bool big_endian, uint32_t most)
{
	const struct serve_message *m;
	size_t head = stream->feed == &pillar_feed ? 0 : 2;
	uint32_t count = 0;

	for (; seq + count <= last && count < most && (m = serve_get(stream, seq + count)) != NULL; count++) {
		if (*n + head + m->n_bytes > room)
			break;
		if (head && big_endian)
			put_be16(out + *n, (uint16_t)m->n_bytes);
		else if (head)
			put_le16(out + *n, (uint16_t)m->n_bytes);
		memcpy(out + *n + head, s->store.bytes + m->at, m->n_bytes);
		*n += head + m->n_bytes;
	}
	return count;
}

static uint32_t limit(const struct serve *s, uint32_t most)
{
	return s->conf.limit && s->conf.limit < most ? (uint32_t)s->conf.limit : most;
}

// MoldUDP64: one packet with as many whole messages as fit. What is not there is not answered.
static void answer_mold(struct serve *s, const struct serve_stream *stream, const struct recover_asked *asked,
			const struct serve_client *client)
{
	uint8_t out[DATAGRAM_MAX];
	size_t n = MOLD64_HEADER_BYTES;
	char session[MOLD64_SESSION_BYTES];
	uint32_t count = fill(s, stream, asked->range[0].first_seq, asked->range[0].last_seq, out, &n,
			      sizeof out, true, limit(s, MOLD64_END - 1));

	if (!count)
		return;
	put_le64((uint8_t *)session, stream->session[0]);
	put_le16((uint8_t *)session + 8, (uint16_t)stream->session[1]);
	mold64_write_header(out, session, asked->range[0].first_seq, (uint16_t)count);
	put(s, client, out, n, count);
}

static bool segments(struct serve *s, const struct serve_stream *stream, const struct recover_asked *asked,
		     struct recover_range range, uint64_t *left, const struct serve_client *client,
		     size_t room)
{
	static uint8_t out[SEGMENT_MAX];
	uint64_t seq = range.first_seq;

	while (*left && seq <= range.last_seq) {
		const struct serve_message *m = serve_get(stream, seq);
		size_t n = IEX_HEADER_BYTES;
		uint32_t count = m ? fill(s, stream, seq, range.last_seq, out, &n, room, false,
					  *left < 60000 ? (uint32_t)*left : 60000)
				   : 0;

		if (!count)
			return true;
		iex_write_header(out, asked->protocol, (uint32_t)stream->session[0], seq, (uint16_t)count,
				 (uint16_t)(n - IEX_HEADER_BYTES), m->stream_offset, m->send_ns);
		put_le32(out + 4, stream->stream);
		if (!put(s, client, out, n, count))
			return false;
		seq += count;
		*left -= count;
	}
	return true;
}

// IEX gap fill: ordinary segments; a test request gets one without messages. Over TCP the server closes when
// it is done.
static bool answer_iex(struct serve *s, const struct serve_stream *stream, const struct recover_asked *asked,
		       const struct serve_client *client, bool tcp)
{
	uint64_t left = limit(s, tcp ? UINT32_MAX : RECOVER_IEX_MESSAGES);
	uint8_t out[IEX_HEADER_BYTES];

	if (!asked->n_ranges) {
		iex_write_header(out, asked->protocol, (uint32_t)stream->session[0], stream->n + 1, 0, 0, 0,
				 serve_now_ns());
		put_le32(out + 4, stream->stream);
		put(s, client, out, sizeof out, 0);
	}
	for (uint32_t i = 0; i < asked->n_ranges; i++)
		if (!segments(s, stream, asked, asked->range[i], &left, client,
			      tcp ? SEGMENT_MAX : DATAGRAM_MAX))
			return false;
	return !tcp;
}

static char pillar_status(const struct serve *s, const struct serve_stream *stream,
			  const struct recover_asked *asked)
{
	const struct recover_range *r = &asked->range[0];

	if (memcmp(asked->source_id, s->conf.source_id, RECOVER_SOURCE_BYTES) != 0)
		return '1';
	if (!stream)
		return '7';
	if (!r->first_seq || r->last_seq < r->first_seq ||
	    r->last_seq - r->first_seq >= RECOVER_PILLAR_MESSAGES)
		return '3';
	return s->stats.requests > s->conf.quota ? '4' : '0';
}

static void put_pillar(uint8_t *out, size_t n, uint8_t delivery, uint32_t count, uint64_t seq)
{
	uint64_t now = serve_now_ns();

	put_le16(out, (uint16_t)n);
	out[2] = delivery;
	out[3] = (uint8_t)count;
	put_le32(out + 4, (uint32_t)seq);
	put_le32(out + 8, (uint32_t)(now / NS_PER_S));
	put_le32(out + 12, (uint32_t)(now % NS_PER_S));
}

// NYSE: messages that are there go to the retransmission group; of what lies behind the last, it says that it
// is not.
static void retransmit(struct serve *s, const struct serve_stream *stream, const struct recover_asked *asked)
{
	const struct recover_range *r = &asked->range[0];
	struct serve_client group = { .fd = s->multicast, .from = s->conf.retransmit };
	uint8_t out[PILLAR_MAX];
	uint64_t seq = r->first_seq, left = RECOVER_PILLAR_MESSAGES;

	while (left && seq <= r->last_seq && seq <= stream->n) {
		size_t n = PILLAR_HEADER_BYTES;
		uint32_t count = fill(s, stream, seq, r->last_seq, out, &n, sizeof out, false,
				      left < 255 ? (uint32_t)left : 255);

		if (!count)
			return;
		put_pillar(out, n,
			   seq == r->first_seq && seq + count > r->last_seq ? PILLAR_RESENT_ONE
									    : PILLAR_RESENT_PART,
			   count, seq);
		put(s, &group, out, n, count);
		seq += count;
		left -= count;
	}
	if (seq > r->last_seq || seq <= stream->n)
		return;
	uint8_t *m = out + PILLAR_HEADER_BYTES;

	put_pillar(out, PILLAR_HEADER_BYTES + 14, PILLAR_UNAVAILABLE, 1, seq);
	put_le16(m, 14);
	put_le16(m + 2, PILLAR_MESSAGE_UNAVAILABLE);
	put_le32(m + 4, (uint32_t)seq);
	put_le32(m + 8, (uint32_t)r->last_seq);
	m[12] = asked->product;
	m[13] = asked->channel;
	put(s, &group, out, PILLAR_HEADER_BYTES + 14, 0);
}

static bool answer_pillar(struct serve *s, enum recover_kind kind, const struct recover_asked *asked,
			  struct serve_client *client)
{
	const struct serve_stream *stream = serve_store_find(&s->store, SERVE_PILLAR, asked);
	char status = kind == RECOVER_REFUSED ? '9' : pillar_status(s, stream, asked);
	uint8_t out[RECOVER_REQUEST_MAX];

	s->stats.refused += status != '0';
	if (send(client->fd, out,
		 recover_pillar_response(asked, client->server_seq++, status, serve_now_ns(), out),
		 MSG_NOSIGNAL) < 0)
		return false;
	if (status == '0')
		retransmit(s, stream, asked);
	return true;
}

bool serve_answer(struct serve *s, enum serve_protocol protocol, enum recover_kind kind,
		  const struct recover_asked *asked, struct serve_client *client)
{
	if (kind == RECOVER_BROKEN) {
		s->stats.invalid++;
		return false;
	}
	if (protocol == SERVE_PILLAR)
		return kind == RECOVER_NOTHING || answer_pillar(s, kind, asked, client);
	const struct serve_stream *stream = serve_store_find(&s->store, protocol, asked);

	if (!stream) {
		s->stats.refused++;
		return false;
	}
	if (protocol != SERVE_MOLD)
		return answer_iex(s, stream, asked, client, protocol == SERVE_IEX_TCP);
	answer_mold(s, stream, asked, client);
	return true;
}
