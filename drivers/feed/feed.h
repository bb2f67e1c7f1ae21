/* SPDX-License-Identifier: BSD-3-Clause */
// feed.h: what a venue's wire format must provide, and the one table of all of them (feeds.def). PURE: bytes
// to events.
//
// A feed is a transport (packet header: which stream, which messages, when sent) and the messages in it.
// Adding a venue is one file that defines a const struct feed, one row in feeds.def, fixtures and a fuzz
// target (docs/contributing.md).
#ifndef WB_FEED_FEED_H
#define WB_FEED_FEED_H

#include "lcore/base/event.h"
#include "lcore/base/ledger.h"
#include "lcore/base/symtab.h"

enum packet_kind {
	PACKET_DATA,
	PACKET_HEARTBEAT,
	PACKET_SESSION_END,
	PACKET_RESENT,  // messages sent again on request, with their own numbers
	PACKET_REFRESH, // a snapshot: messages that are numbered apart from the live stream
};

// struct packet is a parsed transport header. Spans point into the frame.
struct packet {
	const uint8_t *body; // first message block
	const uint8_t *end;  // one past the payload, by the header
	uint64_t session[2]; // the venue's session id, opaque, compared whole
	uint64_t first_seq;  // number of the first message; 0 = unsequenced where the feed has such
	uint64_t send_ns;    // transport clock, UTC; 0 where the transport carries none
	uint64_t reset_ns;   // not 0: numbering begins anew with first_seq; the same value on all lines, and
			     // a later one for a later reset
	uint32_t count;      // messages announced
	uint32_t stream;     // the venue's channel id within the feed (0 where the packet names none)
	enum packet_kind kind;
};

#define FEED_SYMBOLS (UINT32_C(1) << 18)

// struct feed_symbol is what the decoder of a feed with FEED_SYMBOL_INDEX knows of one symbol index. An index
// names one symbol of the market and a symbol lives on one channel, so that the channels of an ingest lcore
// share one table.
struct feed_symbol {
	uint32_t instr;  // valid if introduced
	uint32_t scale;  // our price = wire price * scale; 0: not introduced yet
	uint32_t seq;    // the symbol's own number of its last message; 0: none heard
	uint8_t system;  // matching engine partition
	uint8_t channel; // 1 + feed_channel.index of the channel that introduced it
	uint8_t pad[2];
};

// struct feed_source is the venue's clock as one channel sent it, for feeds whose messages carry only the
// nanoseconds.
struct feed_source {
	uint64_t next_pos;      // a jump means that messages, perhaps of the clock, were lost
	uint32_t latest_s;      // of any partition; 0: none sent yet
	uint32_t second_s[256]; // by partition
};

// struct feed_channel is what decoding one channel's messages needs beyond the bytes. One per channel.
struct feed_channel {
	struct symtab *symtab; // shared by all channels of an ingest lcore
	struct ledger *ledger;
	uint64_t *by_type;    // [256] messages decoded, by type byte
	uint64_t midnight_ns; // UTC of the trade date's New York midnight, for feeds that carry the time of
			      // day only
	uint64_t horizon_ns; // event times later than this are bad values (a day past the channel's clock);
			     // 0: no bound
	uint32_t *locate;    // [65536] locate code to instrument id, INSTR_NONE where unknown; NULL for feeds
			     // without FEED_LOCATE
	struct feed_symbol *symbols; // [n_symbols] by symbol index; NULL for feeds without FEED_SYMBOL_INDEX
	uint32_t n_symbols;
	struct feed_source *source; // this channel's; with symbols
	uint64_t send_ns;           // transport clock of the packet in hand
	uint8_t index;              // goes into event.channel
};

// struct feed_walk is the place inside a packet's messages; decode may be called again until left is 0.
struct feed_walk {
	const uint8_t *p, *end;
	uint64_t pos;  // channel position of the next message
	uint32_t left; // messages still to walk
	uint32_t skip; // of those, how many leading ones are known already (counted as duplicates)
	uint16_t frame;
};

enum feed_flag {
	FEED_TIME_OF_DAY = 1 << 0,     // timestamps are ns since New York midnight: needs the trade date
	FEED_LOCATE = 1 << 1,          // instruments are named by locate codes
	FEED_CLOCK_IN_HEADER = 1 << 2, // packet.send_ns is the channel's clock
	FEED_ORDERS = 1 << 3,          // order-level book
	FEED_LEVELS = 1 << 4,          // level book
	FEED_QUOTES = 1 << 5,          // top of book only
	FEED_SYMBOL_INDEX = 1 << 6,    // instruments are named by 32-bit indices with a price scale each
	FEED_BY_LINE = 1 << 7,         // packets name no stream: the channel is found by destination address
	FEED_OPEN_END = 1 << 8,        // the packet header has no length: its last message ends the packet
};

struct feed {
	const char *name;  // as in --feed
	const char *title; // for people
	enum venue venue;
	uint32_t flags;        // enum feed_flag
	uint64_t lateness_ns;  // default allowance for late prints (docs/bars.md)
	uint64_t heartbeat_ns; // nominal interval of heartbeats
	// probe returns whether a UDP payload is of this feed, by content alone.
	bool (*probe)(const uint8_t *payload, size_t len);
	// header parses the transport header. Returns false when it contradicts itself or len.
	bool (*header)(const uint8_t *payload, size_t len, struct packet *out);
	// decode walks messages into at most max events and returns how many it wrote. Counts every message
	// it passes, in exactly one end. Stops when walk->left is 0, when out is full, or at the end of the
	// body (the rest of left is counted messages_cut and left becomes 0).
	unsigned (*decode)(struct feed_channel *channel, struct feed_walk *walk, struct event *out,
			   unsigned max);
	// past returns the place after the first n messages at p, or NULL when end comes before. Cold paths
	// only.
	const uint8_t *(*past)(const uint8_t *p, const uint8_t *end, uint32_t n);
	// channel_of returns 1 + the index of the channel that introduced a symbol of the packet; 0: none
	// did. Cold paths only; NULL for feeds without FEED_SYMBOL_INDEX.
	unsigned (*channel_of)(const struct feed_symbol *symbol, uint32_t n_symbols,
			       const struct packet *packet);
	// mark returns a hash of the message at p by which lines of a feed that names no channel are
	// compared; 0: the message may be the same on other channels, or is none. NULL for feeds that name
	// theirs.
	uint64_t (*mark)(const uint8_t *p, const uint8_t *end);
	// time_of_day writes when the packet's first message was sent, in ns since New York midnight. Returns
	// false when the packet does not say. Cold paths only; NULL for feeds with packet.send_ns.
	bool (*time_of_day)(const struct packet *packet, uint64_t *ns);
};

// feed_side sets the side of an order by its letter, B or S, and returns false for another letter. Computed
// from the letter's last bit and without a jump: sides follow no pattern, and a jump on them is mispredicted
// for every second order.
static inline bool feed_side(uint8_t letter, struct event *e)
{
	unsigned sells = letter & 1;

	e->side = (uint8_t)(SIDE_BUY + sells);
	return likely(letter == 'B' + sells * ('S' - 'B'));
}

// feeds is the table, NULL-ended, in the order in which probes are tried.
extern const struct feed *const feeds[];

// feed_place returns the feed's place in feeds, or the number of feeds if it is not among them.
unsigned feed_place(const struct feed *feed);
// feed_by_name returns the feed of that name, or NULL.
const struct feed *feed_by_name(const char *name);
// feed_fits returns whether a payload is of the feed: it, or the first of several packets that were glued
// into one datagram. strict: by the feed's probe, else by the header and the lengths of messages alone.
bool feed_fits(const struct feed *feed, const uint8_t *payload, size_t len, bool strict);
// feed_probe returns the first feed that recognises the payload, or NULL.
const struct feed *feed_probe(const uint8_t *payload, size_t len);

#endif
