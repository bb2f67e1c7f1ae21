/* SPDX-License-Identifier: BSD-3-Clause */
// capture_kind.h: what the formats of captures offer to capture.c; not for other files. Each *_open looks at
// the mapped bytes, sets read and first_at and returns 0, or -errno with what is wrong in err.
#ifndef WB_REPLAY_CAPTURE_KIND_H
#define WB_REPLAY_CAPTURE_KIND_H

#include "drivers/replay/capture.h"
#include "lcore/base/bytes.h"

// How far ahead of a record headers and frames are prefetched.
#define CAPTURE_PREFETCH_BYTES 2048

bool capture_pcap_recognise(const struct capture *capture);
int capture_pcap_open(struct capture *capture, char *err, size_t err_len);

bool capture_pcapng_recognise(const struct capture *capture);
int capture_pcapng_open(struct capture *capture, char *err, size_t err_len);
// capture_pcapng_head learns the interfaces that are described before the first other block, and before
// offset to; of the first part.
void capture_pcapng_head(struct capture *capture, uint64_t to);

// capture_raw_recognise walks a number of messages on trial.
bool capture_raw_recognise(const struct capture *capture);
int capture_raw_open(struct capture *capture, int32_t trade_day, char *err, size_t err_len);

// A recorded SoupBinTCP connection is a raw file with packets around its messages. capture_soup_message
// returns the bytes of the message after the three bytes at p, 0: there is none; capture_soup_control those
// of a whole packet to step over, 0: it is none of these; capture_soup_login_seq the number that an accepted
// login (type A) gives the next message, 0: none.
bool capture_soup_recognise(const struct capture *capture);
uint32_t capture_soup_message(const uint8_t *p, uint64_t left);
uint32_t capture_soup_control(const uint8_t *p, uint64_t left);
uint64_t capture_soup_login_seq(const uint8_t *p);

// unpack_file unpacks compressed bytes into an unlinked temporary file and returns that file's descriptor,
// -errno with a text in err, or -ENOENT when they are not compressed by gzip, bzip2 or xz. cut tells whether
// the stream ended early or was damaged: what was whole is there.
int unpack_file(const uint8_t *map, uint64_t bytes, bool *cut, char *err, size_t err_len);

// capture_unmap ends the mapping of a capture's file, if there is one, and closes the file.
void capture_unmap(struct capture *capture);

// capture_guard_take makes reads beyond the end of a mapped file that shrinks find zeros instead of SIGBUS;
// capture_guard_drop ends that.
void capture_guard_take(struct capture *capture);
void capture_guard_drop(struct capture *capture);

// capture_name_day finds the date in a file's name: 12302019 and S123019 as Nasdaq writes it, 20191230
// elsewhere.
bool capture_name_day(const char *path, int32_t *day);

// capture_cut ends a capture: all from offset at on is counted as its cut tail.
static inline void capture_cut(struct capture *capture, uint64_t at)
{
	capture->cut_at = at;
	capture->cut_tail_bytes += capture->map_bytes - at;
	capture->at = capture->map_bytes;
}

// wire32 and wire16 read integers in the byte order of the file.
static inline uint32_t wire32(const uint8_t *p, bool swapped) { return swapped ? be32(p) : le32(p); }
static inline uint16_t wire16(const uint8_t *p, bool swapped) { return swapped ? be16(p) : le16(p); }

// capture_link_name is the name of a link type for error texts (IANA pcap link types).
const char *capture_link_name(uint32_t link);

// capture_link_of returns what frames of a link type begin with (enum frame_link), or LINK_FOREIGN.
int16_t capture_link_of(uint32_t link);

#define LINK_FOREIGN (-1)
#define LINKS_READ \
	"wanted 1 (Ethernet), 113 or 276 (Linux cooked), 0 or 108 (loopback), 12, 14, 101, 228 or 229 (IP)"

#endif
