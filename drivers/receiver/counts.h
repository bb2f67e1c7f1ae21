/* SPDX-License-Identifier: BSD-3-Clause */
// counts.h: what other threads may read of a receiver: its channels, their lines and the holes of the run. No
// pointers: it may be in shared memory. The receiver counts here as packets come; what decides something (the
// numbers expected, the state of a channel) is its own, and is copied here by counts_publish. PURE.
#ifndef WB_FEED_COUNTS_H
#define WB_FEED_COUNTS_H

#include <stdbool.h>

#include "lcore/base/hist.h"

#define RECEIVER_CHANNELS 32
#define RECEIVER_LINES    8
#define RECEIVER_HOLES    256

struct receiver;

enum channel_state {
	CHANNEL_FREE,
	CHANNEL_OPEN,
	CHANNEL_ENDED,
	CHANNEL_ELSEWHERE, // another channel or lcore carries it, as was learned late: no more is applied
			   // here
};

// w: the ingest lcore of the receiver. r: all. Each word is whole; two may be of different moments.
struct line_counts {
	// as last published
	uint32_t dst_ip; // host order
	uint16_t dst_port;
	uint8_t source;
	// as they come
	uint64_t packets;
	uint64_t first; // messages that arrived here first
	uint64_t duplicate;
	uint64_t late; // of those, first to bring a message whose hole had been declared
	uint64_t lost; // numbers that this line passed over, whether or not another line brought them
	uint64_t last_rx_ns;
	uint64_t data_rx_ns; // of the last packet that held messages: between the two there were heartbeats
			     // only
	struct hist skew; // ns after another line's first arrival, one sample per packet that was not first
};

// w: the ingest lcore of the receiver. r: all, as line_counts.
struct channel_counts {
	// as last published
	uint8_t feed;    // 1 + its place in feeds; 0: the channel is not published yet
	uint8_t state;   // enum channel_state
	uint8_t n_lines; // places of line that are in use
	bool prints;     // its prints count, and bars wait for its clock
	uint8_t system;  // the venue's last system event, its own code; 0: none
	uint32_t stream;
	uint32_t held;       // packets that wait for their turn
	uint64_t system_ns;  // exchange time of the system event
	uint64_t session[2]; // name of the session
	uint64_t first_seq;  // first sequence number heard in this numbering
	uint64_t next_seq;   // expected
	// as they come
	uint64_t packets, messages, heartbeats, duplicates, gaps, gap_messages, restarts;
	uint64_t last_rx_ns;
	uint64_t data_rx_ns;                    // of the last packet that held messages
	uint64_t last_gap_first, last_gap_last; // sequence numbers of the last hole
	uint64_t by_type[256];                  // messages decoded, by type byte
	struct line_counts line[RECEIVER_LINES];
};

// The first holes are kept so that a summary can name them.
struct receiver_hole {
	uint8_t channel;
	uint64_t first_seq, last_seq;  // lost, inclusive
	uint64_t from_rx_ns, to_rx_ns; // receive times of the packets around the hole
};

// w: the ingest lcore of the receiver. r: all.
struct receiver_counts {
	uint32_t n_channels; // published so far; release, acquire
	uint32_t n_holes;    // of hole; stays at RECEIVER_HOLES when there are more
	struct receiver_hole hole[RECEIVER_HOLES];
	struct channel_counts channel[RECEIVER_CHANNELS];
} __attribute__((aligned(CACHE_LINE)));

// counts_publish copies what is the receiver's own, channels' states and numbers, to where it counts. Owner
// lcore; to be called now and then, and at the end.
void counts_publish(const struct receiver *r);

// counts_feed returns the name of the channel's feed. Assumes the channel is published. Any thread.
const char *counts_feed(const struct channel_counts *c);

// counts_channels returns how many channels are published, RECEIVER_CHANNELS at most. Any thread.
static inline unsigned counts_channels(const struct receiver_counts *c)
{
	uint32_t n = __atomic_load_n(&c->n_channels, __ATOMIC_ACQUIRE);

	return n < RECEIVER_CHANNELS ? n : RECEIVER_CHANNELS;
}

// counts_lines returns how many lines of a channel are published, RECEIVER_LINES at most. Any thread.
static inline unsigned counts_lines(const struct channel_counts *c)
{
	return c->n_lines < RECEIVER_LINES ? c->n_lines : RECEIVER_LINES;
}

#endif
