/* SPDX-License-Identifier: BSD-3-Clause */
// capture.h: reads a capture file record by record, without copying. PURE (libc and what unpacks): no DPDK in
// here.
//
// Recognised by content, never by name: pcap (micro- and nanosecond, both byte orders), pcapng (both byte
// orders, several sections and interfaces), raw ITCH 5.0 files (u16 length and message, or 0x0000 and
// message), recorded SoupBinTCP connections with ITCH 5.0, and gzip, bzip2 or xz of any of them. Frames may
// begin with Ethernet, a Linux cooked header, a loopback header, or IP. The file is mapped read-only; a
// compressed one is unpacked once at open into an unlinked temporary file in $TMPDIR (or /tmp), which is then
// mapped. Raw messages are wrapped into Ethernet/IPv4/UDP/MoldUDP64 frames.
//
// Damage is never fatal: what cannot be read as records is counted in cut_tail_bytes, and the capture ends
// there; so it is when the file is cut while it is mapped. One thread owns a capture. pcap:
// draft-ietf-opsawg-pcap; pcapng: draft-ietf-opsawg-pcapng.
#ifndef WB_REPLAY_CAPTURE_H
#define WB_REPLAY_CAPTURE_H

#include "drivers/receiver/peel.h"
#include "lcore/base/num.h"

#define CAPTURE_NO_DAY     INT32_MIN
#define CAPTURE_RECORD_MAX (256u * 1024) // captured bytes beyond this are taken for damage
#define CAPTURE_BATCH      64            // at most this many synthesised records a call

// data is valid until the capture is closed, or only until the call after the next when the frame is
// synthesised.
struct capture_record {
	const uint8_t *data;
	uint32_t bytes;      // captured
	uint32_t wire_bytes; // original length; more than bytes when the capture cut the frame
	uint64_t ts_ns; // UTC epoch: the capture hardware's own, where it wrote one (peel.h), else the file's
	bool synthesised;
	uint8_t file;   // of several that are merged
	uint8_t link;   // enum frame_link: what data begins with
	uint8_t source; // journal: interface it came from; else 0
	bool bad;       // journal: its checksum was wrong, as the device said
};

enum capture_kind { CAPTURE_PCAP, CAPTURE_PCAPNG, CAPTURE_RAW_ITCH50 };

// 1990-01-01, in days. Receive times before it are no dates.
enum { CAPTURE_DATED_DAY = 7305 };

// Where the trade date of a raw file comes from; the frames of other kinds carry their own time, unless the
// date in the file's name is more likely (files.h), or they have none (EPOCH).
enum capture_date { CAPTURE_DATE_FRAMES, CAPTURE_DATE_GIVEN, CAPTURE_DATE_NAME, CAPTURE_DATE_EPOCH };

struct capture_interface {
	uint64_t ticks_per_s; // 0: 2^64 and the like, which no clock has: times read as 0
	int64_t offset_s;
	uint32_t snap_bytes;   // 0: unlimited
	int16_t link;          // enum frame_link, or LINK_FOREIGN
	uint64_t dropped;      // by its recorder, as its statistics said last
	uint64_t os_dropped;   // by the recorder's system, likewise
	uint64_t told, before; // the same, added up: by statistics, and at the packets that came next
};

// One file of several that are mapped one after the other, each from a page on.
struct capture_part {
	uint64_t at, end; // in the mapping
	char *path;
};

struct capture_raw;   // frames being put together
struct capture_guard; // what is known of a file that shrinks

struct capture {
	char *path;
	enum capture_kind kind;
	enum capture_date date_source;
	bool synthesised; // frames are written by the capture; see capture_record
	bool packed;      // gzip, bzip2 or xz
	bool packed_cut;  // the compressed stream is incomplete or damaged
	const uint8_t *map;
	uint64_t map_bytes; // that can be read: less than mapped_bytes when the file became shorter meanwhile
	uint64_t mapped_bytes;
	int fd; // of the mapped file; only while map is set
	struct capture_guard *guard;
	uint64_t at;             // w: owner, r: progress. Offset of the next record
	uint64_t slide_at;       // when at passes this, later pages are read and earlier ones dropped
	uint64_t dropped_to;     // pages before this offset were dropped
	uint64_t cut_at;         // offset at which reading gave up; 0: it did not
	uint64_t cut_tail_bytes; // bytes at the end that are no whole record; at least 1 when the compressed
				 // stream is cut
	uint64_t foreign; // pcapng: packets of interfaces of link types that are not read, stepped over
	uint64_t unknown_interface; // pcapng: packets of interfaces that the section does not describe,
				    // stepped over
	uint8_t number;             // of the file among all of a replay: its lines' source
	int32_t name_days; // packets: the date in the name is so many days after that of the receive times;
			   // 0: not so
	int64_t shift_ns;  // whoever merges adds it to the times: the recorder's clock was off by as much
	uint64_t last_ns;  // time of the last record (pcapng simple packets have none of their own)
	unsigned (*read)(struct capture *capture, struct capture_record *out, unsigned n);
	void (*rewind)(struct capture *capture); // what the format has to rewind besides; NULL: nothing
	uint64_t first_at;                       // offset of the first record, for capture_rewind
	// pcap and pcapng
	bool swapped;
	enum frame_link link;      // pcap
	enum peel_trailer trailer; // what hardware appended to each frame; may be set before the first read
	uint32_t frac_ns;          // pcap: nanoseconds of one unit of the fraction
	uint32_t n_interfaces;     // described in this section so far
	uint32_t interfaces_max;   // room; grows, bounded by the file: a description takes 20 of its bytes
	struct capture_interface *interface; // [interfaces_max]
	struct capture_raw *raw;
	// pcapng: a packet journal of ours (drivers/journal). Its times are settled, its interfaces are
	// sources.
	bool journal;
	uint64_t recorder_dropped;  // w: owner, r: any. Frames that the recorder says it dropped
	struct capture_part *part;  // [n_parts], NULL: one file
	unsigned n_parts, part_now; // part_now: that of at
};

// capture_open maps the file at path and recognises it. trade_day is the New York date (days since the epoch)
// of a raw file, or CAPTURE_NO_DAY: then the date in its name (YYYYMMDD or MMDDYYYY), else the epoch day;
// date_source says which. Assumes calendar_load for raw files. Returns 0, or -errno with a text in err that
// names the file, what was found and what is allowed. Boot only.
int capture_open(struct capture *capture, const char *path, int32_t trade_day, char *err, size_t err_len);
// capture_open_parts maps n files of one recorder, in their order, as one capture: files of a packet journal.
// What is damaged at the end of one is counted as cut, and the next one follows; path is that of the first.
// Returns as capture_open. Boot only.
int capture_open_parts(struct capture *capture, const char *const *paths, unsigned n, char *err,
		       size_t err_len);
// capture_close unmaps. Accepts a zeroed capture.
void capture_close(struct capture *capture);
// capture_read hands out up to n records (of synthesised ones at most CAPTURE_BATCH) in file order and
// returns how many; 0 is the end. Each call looks once whether the file is still as long as it was.
unsigned capture_read(struct capture *capture, struct capture_record *out, unsigned n);
// capture_look checks whether the file has become shorter since it was mapped: then the capture ends there,
// and what is gone is counted in cut_tail_bytes. Returns true if it has since the last look. A read beyond
// the end of the file meanwhile is no fault: it finds zeros. Readers look now and then and at the end; who
// keeps records for long looks before using them (capture_whole). Owner.
bool capture_look(struct capture *capture);
// capture_whole returns whether the record's data is still there, as of the last look.
static inline bool capture_whole(const struct capture *capture, const struct capture_record *record)
{
	return record->synthesised || record->data + record->bytes <= capture->map + capture->map_bytes;
}
// capture_cut_bytes returns cut_tail_bytes and what has been missed since the last look. Any thread.
uint64_t capture_cut_bytes(const struct capture *capture);
// capture_date_remark writes what is to be said of a capture's trade date: that nothing tells it, or that two
// witnesses differ, and which one is believed. Returns false when there is nothing to say.
bool capture_date_remark(const struct capture *capture, char *out, size_t len);
// capture_rewind goes back to the first record. Counts (cut_tail_bytes, foreign, unknown_interface) start
// again.
void capture_rewind(struct capture *capture);

// How the frames of a raw file are addressed: which stream they are of.
struct capture_stream {
	const char *session; // up to ten characters
	uint32_t group;      // of multicast groups: 0, 1, ...
	uint32_t line;       // in it: 0, 1, ...
	uint64_t first_seq;  // number of the file's first message
	bool ends;           // an end of session follows the last message
};

// capture_name_stream sets what the frames of a raw file say of their stream, and rewinds.
void capture_name_stream(struct capture *capture, const struct capture_stream *stream);
// capture_same_start returns true if two raw files hold the same messages: all, or the first some hundred.
bool capture_same_start(const struct capture *a, const struct capture *b);
// capture_starts_in finds where in a the messages of b begin: *seq is the number of the first. False when
// they do not.
bool capture_starts_in(const struct capture *a, const struct capture *b, uint64_t *seq);

// capture_next hands out one record. Returns 1, or 0 at the end.
static inline int capture_next(struct capture *capture, struct capture_record *out)
{
	return (int)capture_read(capture, out, 1);
}

#endif
