/* SPDX-License-Identifier: BSD-3-Clause */
// receiver.h: everything between a burst of frames and an array of events: framing, feed recognition,
// channels and their lines, sequence tracking, decoding. PURE; one per ingest lcore, which alone calls it;
// caller owns the memory.
#ifndef WB_FEED_RECEIVER_H
#define WB_FEED_RECEIVER_H

#include "drivers/feed/feed.h"

#define RECEIVER_CHANNELS 32
#define RECEIVER_LINES 8

struct frame_in {
	const uint8_t *data;
	uint32_t bytes;
	uint32_t wire_bytes; // original length; more than bytes when the capture cut the frame
	uint64_t rx_ns;      // receive time, UTC
	bool checksum_bad;   // the NIC says so
	bool segmented;      // not contiguous: refused
};

// A destination group that is declared to carry a channel: lines with the same channel number are arbitrated.
struct receiver_group {
	uint32_t dst_ip; // host order
	uint16_t dst_port;
	uint16_t channel;
};

struct receiver_conf {
	const struct feed *feed; // NULL: recognise by content
	bool verify_checksum;    // verify IPv4 header and non-zero UDP checksums in software
	uint64_t restart_window; // a sequence further back than this many messages is a restart, nearer is a
				 // duplicate
	int32_t trade_day; // days since epoch (New York) for FEED_TIME_OF_DAY; INT32_MIN: the New York date
			   // of the channel's first packet
	// Which lines of FEED_BY_LINE feeds carry the same channel, beyond what the packets tell themselves.
	// Lives as long as the receiver.
	const struct receiver_group *group;
	uint32_t n_groups;
};

// A line: one way (destination group) on which a channel's packets arrive.
struct receiver_line {
	uint32_t dst_ip; // host order
	uint16_t dst_port;
	uint64_t first; // messages that arrived here first
	uint64_t duplicate;
	uint64_t packets;
	uint64_t last_rx_ns;
};

enum channel_state { CHANNEL_FREE, CHANNEL_OPEN, CHANNEL_ENDED };

// w: owner lcore, r: telemetry
struct receiver_channel {
	const struct feed *feed;
	enum channel_state state;
	uint32_t stream;
	uint64_t session[2];
	uint64_t old_session[2]; // the session before, whose late packets are duplicates: a line may lag
				 // behind
	uint64_t old_next_seq;   // expected of it; 0: there was none
	uint64_t first_seq;      // first sequence number heard in this session
	uint64_t next_seq;       // expected; 0 until a numbered packet is heard
	uint64_t pos;            // messages passed since the join, losses included: position of the next
	uint64_t gap_messages, gaps, duplicates, restarts, messages, packets, heartbeats;
	uint64_t last_rx_ns, last_send_ns;
	uint64_t reset_ns; // packet.reset_ns of the last reset; 0: none heard
	uint64_t last_gap_first, last_gap_last; // sequence numbers of the last hole
	uint8_t n_lines;
	struct receiver_line line[RECEIVER_LINES];
	struct feed_channel decode;
	struct feed_source source;
	uint64_t by_type[256];
};

#define RECEIVER_HOLES 256
// The first holes are kept so that a summary can name them.
struct receiver_hole {
	uint8_t channel;
	uint64_t first_seq, last_seq;  // lost, inclusive
	uint64_t from_rx_ns, to_rx_ns; // receive times of the packets around the hole
};

struct receiver {
	struct receiver_conf conf;
	struct symtab *symtab;
	struct ledger *ledger;
	uint32_t *locate_mem; // [RECEIVER_CHANNELS][65536]
	struct feed_symbol *symbols; // [FEED_SYMBOLS]
	uint32_t n_channels;
	uint32_t n_holes;
	struct receiver_hole hole[RECEIVER_HOLES];
	struct receiver_channel channel[RECEIVER_CHANNELS];
	// resume state: a packet whose messages did not fit the caller's array
	struct feed_walk walk;
	uint8_t walk_channel;
	uint64_t walk_end_pos; // position behind the packet's last message
	uint64_t walk_rx_ns;
	uint16_t walk_flags; // enum ev_flag that all of the packet's events get
	bool walking;
	uint8_t last_channel; // guess for the next frame
};

// receiver_bytes returns the memory receiver_init needs behind struct receiver (locate codes, symbol
// indices).
size_t receiver_bytes(void);
// receiver_init makes *r empty. mem: receiver_bytes() zeroed bytes, 64-byte aligned. symtab and ledger
// outlive r.
void receiver_init(struct receiver *r, const struct receiver_conf *conf, struct symtab *symtab,
		   struct ledger *ledger, void *mem);
// receiver_push turns frames into events, in order, until the frames are used up or out is full. Returns the
// number of events; *used is how many leading frames are completely done. A frame whose messages did not all
// fit is not counted as used: call again with frame + *used, and it goes on where it stopped (it is frame 0
// of that call, and not counted or parsed twice). event.frame counts from the first frame of the call. max
// must be at least 8.
unsigned receiver_push(struct receiver *r, const struct frame_in *frame, unsigned n, struct event *out,
		       unsigned max, unsigned *used);

#endif
