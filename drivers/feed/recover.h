/* SPDX-License-Identifier: BSD-3-Clause */
// recover.h: the requests for lost messages that each venue's servers understand, and their answers: bytes
// only, both ways, every length checked. PURE and stateless; sockets are in drivers/recovery, when to ask is
// decided in recover_job.h.
//
// - mold64: MoldUDP64 1.00. A request of 20 bytes by UDP {session, first, count}. The server answers with one
//   ordinary packet to the sender, with as many whole messages as fit; request the rest again. No refusals.
// - iex_udp: IEX-TP 1.26. A header of 16 bytes and ranges of 16; the server answers with ordinary segments.
//   1,000 messages a request.
// - iex_tcp: the same over a connection for each request, without a limit; the server closes it at the end.
// - pillar: NYSE Pillar Common client 2.4p. Type 10 over a TCP connection that stays open; the server answers
//   with type 11, and the messages come by multicast on the channel's retransmission group. 1,000 messages a
//   request, 10,000 requests a day. The client must answer the server's heartbeats within 5 s.
#ifndef WB_FEED_RECOVER_H
#define WB_FEED_RECOVER_H

#include "drivers/feed/blocks.h"
#include "drivers/feed/feed.h"
#include "lcore/base/bytes.h"

#define RECOVER_REQUEST_MAX     64
// The largest packet that is passed on; larger segments (IEX over TCP) are cut into packets of this size.
#define RECOVER_PACKET_MAX      1472
// The largest packet a server may send: IEX-TP header and a payload of 64 KB.
#define RECOVER_ANSWER_MAX      (40 + 65535)
#define RECOVER_SOURCE_BYTES    10
#define RECOVER_PILLAR_MESSAGES 1000
#define RECOVER_IEX_MESSAGES    1000

// The messages to request, and the identity of the client.
struct recover_ask {
	const struct feed *feed;
	uint64_t session[2]; // as struct packet has it
	uint32_t stream;
	uint64_t first_seq, last_seq; // inclusive
	uint64_t now_ns;              // UTC; goes into packets that carry a send time
	// Pillar
	char source_id[RECOVER_SOURCE_BYTES + 1];
	uint8_t product, channel;
	uint32_t own_seq; // number of this client's packet
};

enum recover_kind {
	RECOVER_PART,     // a stream's packet is not whole yet: more bytes are needed
	RECOVER_BROKEN,   // not of this protocol; the rest of the stream cannot be read
	RECOVER_ALIEN,    // well formed, but of another session, stream or request
	RECOVER_MESSAGES, // a transport packet with messages
	RECOVER_NOTHING,  // a heartbeat, or an empty answer
	RECOVER_ALIVE,    // a heartbeat that must be answered
	RECOVER_ACCEPTED, // the messages come by multicast
	RECOVER_REFUSED,
};

struct recover_answer {
	enum recover_kind kind;
	uint32_t bytes;     // of this packet, also when the kind is BROKEN in a datagram; 0: PART
	uint64_t first_seq; // MESSAGES
	uint32_t count;
	char status;     // REFUSED: the venue's code
	const char *why; // REFUSED: in words
	bool daily;      // REFUSED: and so for the rest of the day
};

struct recover_protocol {
	const char *name;      // as in the configuration
	bool connection;       // TCP
	bool persistent;       // the connection stays, and serves all channels
	bool multicast;        // messages do not come over the socket
	bool one_packet;       // a request brings one packet: request the rest again
	uint32_t max_messages; // most for one request
	// request writes a request for [first_seq, last_seq], which hold at most max_messages. Returns its
	// bytes.
	size_t (*request)(const struct recover_ask *ask, uint8_t out[RECOVER_REQUEST_MAX]);
	// answer reads the first packet of bytes[0 .. len), which is a datagram, or the unread part of a
	// stream.
	void (*answer)(const struct recover_ask *ask, const uint8_t *bytes, size_t len,
		       struct recover_answer *out);
	// alive writes the answer to ALIVE; NULL where there is none.
	size_t (*alive)(const struct recover_ask *ask, uint8_t out[RECOVER_REQUEST_MAX]);
};

extern const struct recover_protocol recover_mold64, recover_iex_udp, recover_iex_tcp, recover_pillar;
// recover_protocols is the table, NULL-ended, in the order of enum conf_recovery_protocol.
extern const struct recover_protocol *const recover_protocols[];

// recover_carries returns whether a protocol recovers a feed's messages.
bool recover_carries(const struct recover_protocol *protocol, const struct feed *feed);
// recover_whole returns whether a packet holds all of its blocks and nothing else.
static inline bool recover_whole(const struct packet *packet, bool big_endian)
{
	return blocks_past(packet->body, packet->end, packet->count, big_endian ? be16 : le16) == packet->end;
}

// struct recover_cut is the place inside an IEX-TP segment that is cut into packets of at most
// RECOVER_PACKET_MAX bytes.
struct recover_cut {
	const uint8_t *at, *end;
	uint64_t seq, offset;
	uint32_t left;
};
// recover_cut_begin starts with a whole segment (RECOVER_MESSAGES). recover_cut_next writes the next packet
// and returns its bytes, 0 at the end, or when a message is larger than a packet can be.
void recover_cut_begin(struct recover_cut *cut, const uint8_t *segment);
size_t recover_cut_next(struct recover_cut *cut, const uint8_t *segment, uint8_t out[RECOVER_PACKET_MAX]);

// --- The server's side, for simulators and tests.
#define RECOVER_RANGES_MAX 64
struct recover_range {
	uint64_t first_seq, last_seq; // inclusive
};
struct recover_asked {
	uint64_t session[2];
	uint32_t stream;
	uint16_t protocol; // IEX: message protocol id
	uint16_t type;     // Pillar: message type
	uint32_t bytes;    // of the request
	uint32_t own_seq;  // Pillar
	char source_id[RECOVER_SOURCE_BYTES + 1];
	uint8_t product, channel;
	uint32_t n_ranges;
	struct recover_range range[RECOVER_RANGES_MAX];
};
// Each function reads a request and returns: RECOVER_MESSAGES: a good one. RECOVER_PART: more bytes are
// needed. RECOVER_NOTHING: IEX: a test without ranges, Pillar: a heartbeat response. RECOVER_REFUSED: Pillar:
// a type or size that is not served. RECOVER_BROKEN: not of this protocol, or ranges that are not allowed.
enum recover_kind recover_mold64_asked(const uint8_t *bytes, size_t len, struct recover_asked *out);
enum recover_kind recover_iex_asked(const uint8_t *bytes, size_t len, struct recover_asked *out);
enum recover_kind recover_pillar_asked(const uint8_t *bytes, size_t len, struct recover_asked *out);
// recover_pillar_response writes the answer of type 11 to a request; recover_pillar_heartbeat a server's
// heartbeat.
size_t recover_pillar_response(const struct recover_asked *asked, uint32_t server_seq, char status,
			       uint64_t now_ns, uint8_t out[RECOVER_REQUEST_MAX]);
size_t recover_pillar_heartbeat(uint32_t server_seq, uint64_t now_ns, uint8_t out[RECOVER_REQUEST_MAX]);

#endif
