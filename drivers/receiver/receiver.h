/* SPDX-License-Identifier: BSD-3-Clause */
// receiver.h: everything between a burst of frames and an array of events: framing, feed recognition,
// channels and their lines, arbitration between them, decoding. PURE; one per ingest lcore, which alone calls
// it; caller owns the memory.
//
// Arbitration is by message number: the first arrival on any line wins, and lines may cut the stream into
// different packets. A packet that comes before its turn is held (hold.h) until the missing messages come, or
// the hole is given up: when no more packets can be held, or by the first frame received hold_ns after the
// hole was known. Receive times decide, and no clock, so that a replay makes the same events every time. The
// limit is inclusive: a hole is declared before a frame that is received exactly hold_ns after the
// hole was known, and receiver_flush declares it at that very time (expiry_ns <= now). This holds for
// receiver_push, receiver_flush and their callers alike.
#ifndef WB_FEED_RECEIVER_H
#define WB_FEED_RECEIVER_H

#include "drivers/receiver/counts.h"
#include "drivers/receiver/frame.h"
#include "drivers/receiver/hold.h"
#include "drivers/receiver/missing.h"
#include "lcore/base/step.h"

struct frame_in {
	const uint8_t *data;
	uint32_t bytes;
	uint32_t wire_bytes; // original length; more than bytes when the capture cut the frame
	uint64_t rx_ns;      // receive time, UTC
	bool checksum_bad;   // the NIC says so
	bool segmented;      // not contiguous: refused
	uint8_t source;      // the port or file it came from
	// Not a frame but a transport packet (data starts at its header) that recovery brought for a channel:
	// counted in no frame counter and on no line; opens no channel or session, declares no hole and moves
	// no clock.
	bool recovered;
	uint8_t channel; // of a recovered packet
	uint8_t link;    // enum frame_link: what data begins with
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
	uint64_t restart_window; // does nothing: no distance makes a restart
	int32_t trade_day; // days since epoch (New York) for FEED_TIME_OF_DAY; INT32_MIN: the New York date
			   // of the channel's first packet
	uint32_t hold_packets; // packets held per channel while a hole is open, up to HOLD_PACKETS_MAX; 0: a
			       // hole is declared at once
	uint64_t hold_ns;      // how long a hole may stay open, in receive time
	// Which lines of FEED_BY_LINE feeds carry the same channel, beyond what the packets themselves say.
	// Lives as long as the receiver.
	const struct receiver_group *group;
	uint32_t n_groups;
	// Destination addresses (host order) that carry feeds; a frame for another one that is of no feed
	// is a bystander. 0 of them: any address may. Lives as long as the receiver.
	const uint32_t *only;
	uint32_t n_only;
	uint32_t channels_max; // 0: RECEIVER_CHANNELS
	// Returns whether this lcore is to carry a stream: called when a channel opens, learns its name or
	// changes its session. False: the frame ends in frames_other_lcore, and nothing is opened. NULL: all
	// streams are carried. Owner
	// lcore; must not block.
	bool (*claim)(void *ctx, const struct feed *feed, const uint64_t session[2], uint32_t stream);
	void *claim_ctx;
	// If set, receiver_push returns before the first frame whose receive time is past an open hole's
	// deadline. Call receiver_flush, which declares the hole and sets expired_ns, then push again.
	bool stops_at_expiry;
	// Heartbeats of a channel whose packets carry no time, one behind the other in receiver_push and all
	// the same, make one event, whose qty is how many follow the one of its frame. As many events
	// otherwise.
	bool merges_beats;
};

// A line: one way (port or file, and destination group) on which a channel's packets arrive. w, r: the
// receiver's lcore.
struct receiver_line {
	struct line_counts *counts; // for all to read
	uint32_t dst_ip;            // host order
	uint16_t dst_port;
	uint8_t source;
	bool shared;        // the last place, which all further lines share: without numbers of its own
	uint32_t numbering; // receiver_channel.numbering that the line is in; 0: not known yet
	uint64_t next_seq;  // expected here; 0: of no number yet, or the line is in another numbering, or on
			    // trial
	uint64_t old_next_seq;  // in another numbering, or on trial (stranger.h): expected there; else 0
	struct missing missing; // of those lost, which may yet come
};

// When messages first arrived, for skew: one entry per packet, by ascending number, the last LINE_ARRIVALS of
// them.
#define LINE_ARRIVALS  256
#define LINE_RECOVERED UINT8_MAX // no line: recovery brought it

struct receiver_arrival {
	uint64_t first_seq : 56;
	uint64_t line : 8;
	uint64_t rx_ns;
};

// The content of messages that were applied, of a feed whose packets name no channel (sibling.h): of the
// first message of each of the last packets.
#define RECEIVER_MARKS 64

struct receiver_mark {
	uint64_t seq, mark;
};

// A numbering that is over: by session or, within one, by numbers that began anew.
#define PAST_NUMBERINGS 4

struct receiver_past {
	uint64_t session[2];
	uint64_t end_seq; // the number after its last message
	uint64_t next_ns; // exchange time at which the next one began; 0: not known, or another session
};

// On trial: a sender whose packets do not continue the numbers of their line (stranger.h).
#define STRANGERS        8
#define STRANGER_PACKETS 32

enum stranger_kind {
	STRANGER_SESSION, // another session
	STRANGER_RESTART, // the channel's own session, numbered anew
	STRANGER_FOLLOWS, // the same, as another line has proven: this one may have come to it
};

struct receiver_stranger {
	bool used, proven;
	enum stranger_kind kind;
	uint64_t session[2];
	uint32_t dst_ip; // host order
	uint16_t dst_port;
	uint8_t source;
	uint64_t end_seq; // the number that would be in order
	uint64_t time_ns; // exchange time of its last packet; 0: not known
	uint64_t packets; // heard of the old when its last packet came
	uint64_t rx_ns;   // of its last packet
};

// w, r: the receiver's lcore. What others may read is in counts.
struct receiver_channel {
	struct channel_counts *counts;
	const struct feed *feed;
	enum channel_state state;
	uint32_t stream;
	uint64_t session[2];
	uint32_t numbering; // counted from 1: goes up with each session and restart
	struct receiver_past
		past[PAST_NUMBERINGS]; // by numbering % PAST_NUMBERINGS, of those before this one
	uint64_t first_seq;            // first sequence number heard in this numbering
	uint64_t join_seq;             // the channel was joined here, in this numbering; 0: at its beginning
	uint64_t next_seq;             // expected; 0 until a numbered packet is heard, and while settling
	uint64_t settle_ns;            // for how long: feed.hold
	bool settling;                 // packets are held until it is settled which number comes first
	bool announced;                // EV_JOIN is out
	uint64_t pos; // messages passed since the join, losses included: position of the next
	uint64_t last_send_ns;
	uint64_t reset_ns;   // packet.reset_ns of the last reset; 0: none heard
	uint64_t newest_ns;  // event time of the last message applied, as decoded
	struct step step;    // of the clock in headers
	struct hold strange; // packets of strangers
	struct receiver_stranger stranger[STRANGERS];
	uint64_t fresh_rx_ns;   // of the last packet that brought something new, in sequence
	struct missing missing; // declared lost in this session
	struct hold hold;
	bool held_told;        // an EV_HELD says that packets were held, and none yet that they no longer are
	bool waiting;          // a hole is open: something is held, and its turn has not come
	uint64_t patience_ns;  // how long a hole may stay open here
	uint64_t given_up_seq; // holes up to this number are declared from given_up_ns on
	uint64_t given_up_ns;  // receive time
	uint8_t n_lines;
	struct receiver_line line[RECEIVER_LINES];
	struct feed_channel decode;
	struct feed_source source;
	uint8_t sibling; // 1 + the channel whose name its line carried while it settled; 0: none
	uint32_t n_marks;
	struct receiver_mark mark[RECEIVER_MARKS];
	uint64_t n_arrivals;
	struct receiver_arrival arrival[LINE_ARRIVALS];
};

// The receiver's state is one of each of these: whose messages it decodes, what it releases before it
// continues with the frame in hand, and how far that frame is (drawing: docs/lines-and-recovery.md).

// Whose messages are being decoded.
enum receiver_walk {
	WALK_NONE,
	WALK_FRAME,    // of the packet in hand
	WALK_HELD,     // of the first packet that walk_channel holds
	WALK_STRANGER, // of one that a stranger held
};

// Held packets to apply before the frame in hand.
enum receiver_release {
	RELEASE_NONE,
	RELEASE_NEXT, // those of release_channel that are in sequence
	RELEASE_HOLE, // the same, after the hole before them is declared
};

// How far the packet in hand is: of the frame, or a further one of its datagram.
enum receiver_hand {
	HAND_WAITS,  // not counted yet: to be judged, perhaps once again
	HAND_ADMITS, // the same, after the packets of proven strangers, which are applied one by one
	HAND_TAKEN,  // counted and parsed: walking and releasing remain
};

// w, r: the ingest lcore that it belongs to.
struct receiver {
	struct receiver_conf conf;
	struct receiver_counts *counts; // for all to read
	struct symtab *symtab;
	struct ledger *ledger;
	uint32_t *locate_mem;        // [RECEIVER_CHANNELS][65536]
	struct feed_symbol *symbols; // [FEED_SYMBOLS]
	uint8_t *hold_mem;           // [RECEIVER_CHANNELS] of hold_bytes
	uint8_t *strange_mem;        // [RECEIVER_CHANNELS] of hold_bytes(STRANGER_PACKETS)
	uint32_t n_channels;
	struct receiver_channel channel[RECEIVER_CHANNELS];
	uint64_t expired_ns; // receive time at which the hole that receiver_flush declared last was up: what
			     // it released is applied as of then, whichever frame came next
	uint64_t expiry_ns;  // receive time at which an open hole is to be declared, or earlier; UINT64_MAX:
			     // none is open
	// resume state: a frame that is not done, and the packet whose messages did not fit the caller's
	// array
	struct feed_walk walk;
	struct receiver_channel *walk_channel;
	uint64_t walk_end_pos; // position after the packet's last message
	uint64_t walk_rx_ns;
	uint16_t walk_flags; // enum ev_flag that all of the packet's events get
	uint8_t walking;     // enum receiver_walk
	uint8_t release;     // enum receiver_release
	uint8_t hand;        // enum receiver_hand
	uint8_t release_channel;
	uint8_t admit_channel;
	uint16_t walk_first; // EVF_PACKET until the packet's first event is out
	// The packet in hand within its datagram: further ones may follow it, glued to it on the way.
	struct frame_view view;
	const uint8_t *rest;                   // after the packet
	bool surplus;                          // it is a further one: its frame is counted
	struct receiver_channel *last_channel; // guess for the next frame
	struct receiver_line *beat_line; // the frame in hand is a heartbeat that more of the same may follow,
					 // of last_channel; NULL: it is not
};

// receiver_bytes returns the memory receiver_init needs after struct receiver (locate codes, symbol indices,
// held packets).
size_t receiver_bytes(const struct receiver_conf *conf);
// receiver_init makes *r empty. mem: receiver_bytes(conf) zeroed bytes, 64-byte aligned. symtab, ledger
// and counts (zeroed; what others may read) outlive r.
void receiver_init(struct receiver *r, const struct receiver_conf *conf, struct symtab *symtab,
		   struct ledger *ledger, struct receiver_counts *counts, void *mem);
// receiver_push turns frames into events, in order, until the frames are used up or out is full. Returns the
// number of events; *used is how many leading frames are completely done. A frame whose messages did not all
// fit is not counted as used: call again with frame + *used, and it goes on where it stopped (it is frame 0
// of that call, and not counted or parsed twice). event.frame counts from the first frame of the call. max
// must be at least 8.
unsigned receiver_push(struct receiver *r, const struct frame_in *frame, unsigned n, struct event *out,
		       unsigned max, unsigned *used);
// receiver_flush declares the holes whose time is up at now_ns (receive time; UINT64_MAX: all, as at the end
// of the data) and turns the packets held after them into events. Returns the number of events; call again
// until it is 0. event.frame is 0. To be called between bursts: while a frame of receiver_push is not used
// up, it does nothing.
unsigned receiver_flush(struct receiver *r, uint64_t now_ns, struct event *out, unsigned max);
// receiver_wanted writes the first open hole of a channel: the numbers [*first_seq, *last_seq] to request
// from recovery. Returns false when the channel waits for nothing.
bool receiver_wanted(const struct receiver *r, uint8_t channel, uint64_t *first_seq, uint64_t *last_seq);

// receiver_patience sets how long holes of a channel may stay open: longer than conf.hold_ns while recovery
// is under way.
void receiver_patience(struct receiver *r, uint8_t channel, uint64_t hold_ns);
// receiver_give_up notes that the open hole that ends with last_seq will not be filled: the next frame
// received at now_ns or later declares it, or receiver_flush. Does nothing when there is no such hole any
// more.
void receiver_give_up(struct receiver *r, uint8_t channel, uint64_t last_seq, uint64_t now_ns);

#endif
