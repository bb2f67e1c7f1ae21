/* SPDX-License-Identifier: BSD-3-Clause */
// decode_dump: a capture through the receiver, as text: what the oracle tests compare with other people's
// decoders.
//
//	decode_dump FILE [--feed NAME] [--date YYYY-MM-DD] [--max N] [--burst N] [--verify]
//
// FILE: pcap (either byte order, micro- or nanoseconds) or messages with lengths (*.itch50), gzip or not.
// Prints one line per event (EVENT_COLUMNS), then "type,CHANNEL,FEED,TYPE,COUNT", "count,NAME,VALUE" of every
// counter that is not zero, and "balanced,0|1". Exit 0, or 1 when the file cannot be read or the ledger does
// not balance.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "drivers/feed/mold64.h"
#include "drivers/receiver/receiver.h"
#include "lcore/base/bytes.h"
#include "lcore/base/calendar.h"

#define EVENT_COLUMNS "kind,channel,ts_ns,pos,ref,ref2,price,price2,qty,qty2,symbol,flags,side"
#define INSTRUMENTS   65536
#define RAW_BODY_MAX  1400
#define HEADERS       42 // Ethernet, IPv4, UDP

static const char *const kind_names[EV_KINDS] = {
	"none",      "add",   "exec",   "exec_px", "cancel", "delete",  "replace", "level",     "quote",
	"trade",     "cross", "status", "clear",   "break",  "correct", "system",  "directory", "admin",
	"imbalance", "short", "clock",  "join",    "gap",    "reset",   "end",
};

static struct receiver receiver;
static struct symtab symtab;
static struct ledger ledger;
static struct receiver_counts counts;

static uint8_t *read_all(const char *path, size_t *bytes)
{
	gzFile file = gzopen(path, "rb");
	size_t room = 1 << 20;
	uint8_t *data = malloc(room);
	int got;

	*bytes = 0;
	while (file && data && (got = gzread(file, data + *bytes, (unsigned)(room - *bytes))) > 0) {
		*bytes += (size_t)got;
		if (*bytes == room)
			data = realloc(data, room *= 2);
	}
	if (!file || !data)
		return NULL;
	gzclose(file);
	return data;
}

static void print_event(const struct event *e)
{
	char symbol[SYMBOL_BYTES + 1] = "";
	bool quote = e->kind == EV_QUOTE; // its second price stands in the place of the second reference

	if (e->instr != INSTR_NONE)
		symtab_text(symtab.symbol[e->instr], symbol);
	printf("%s,%u,%llu,%llu,%llu,%llu,%lld,%lld,%u,%u,%s,%u,%u\n", kind_names[e->kind], e->channel,
	       (unsigned long long)e->ts_ns, (unsigned long long)e->pos, (unsigned long long)e->ref,
	       quote ? 0ull : (unsigned long long)e->ref2, (long long)e->price,
	       quote ? (long long)e->price2 : 0ll, e->qty, e->qty2, symbol, e->flags & ~EVF_PACKET, e->side);
}

static void push(const struct frame_in *frame, unsigned n, unsigned max)
{
	static struct event out[4096];

	for (unsigned done = 0; done < n;) {
		unsigned used, n_out = receiver_push(&receiver, frame + done, n - done, out, max, &used);

		for (unsigned i = 0; i < n_out; i++)
			print_event(&out[i]);
		done += used;
	}
}

static uint32_t u32(const uint8_t *p, bool swapped) { return swapped ? be32(p) : le32(p); }

static int play_pcap(const uint8_t *data, size_t bytes, unsigned burst, unsigned max)
{
	static struct frame_in frame[256];
	uint32_t magic = le32(data), other = be32(data);
	bool swapped = other == 0xa1b2c3d4 || other == 0xa1b23c4d;
	bool nano = magic == 0xa1b23c4d || other == 0xa1b23c4d;
	unsigned n = 0;

	for (size_t at = 24; at + 16 <= bytes;) {
		uint32_t kept = u32(data + at + 8, swapped);

		if (kept > bytes - at - 16)
			return 1;
		frame[n++] = (struct frame_in){
			.data = data + at + 16,
			.bytes = kept,
			.wire_bytes = u32(data + at + 12, swapped),
			.rx_ns = u32(data + at, swapped) * NS_PER_S +
				 u32(data + at + 4, swapped) * (nano ? 1 : NS_PER_US),
		};
		at += 16 + kept;
		if (n == burst) {
			push(frame, n, max);
			n = 0;
		}
	}
	push(frame, n, max);
	return 0;
}

// wrap finishes a frame around body_bytes of message blocks that stand behind the headers already.
static struct frame_in wrap(uint8_t *frame, uint64_t first_seq, uint16_t count, size_t body_bytes)
{
	uint16_t payload = (uint16_t)(MOLD64_HEADER_BYTES + body_bytes);

	memset(frame, 0, HEADERS);
	put_be16(frame + 12, 0x0800);
	frame[14] = 0x45;
	put_be16(frame + 16, (uint16_t)(payload + 28));
	frame[23] = 17;
	put_be16(frame + 38, (uint16_t)(payload + 8));
	mold64_write_header(frame + HEADERS, "RAW       ", first_seq, count);
	return (struct frame_in){ .data = frame,
				  .bytes = HEADERS + payload,
				  .wire_bytes = HEADERS + payload };
}

static int play_raw(const uint8_t *data, size_t bytes, unsigned max)
{
	uint8_t frame[HEADERS + MOLD64_HEADER_BYTES + RAW_BODY_MAX];
	uint64_t seq = 1;
	size_t at = 0;

	while (at + 2 < bytes) {
		uint8_t *block = frame + HEADERS + MOLD64_HEADER_BYTES;
		size_t used = 0;
		uint16_t n = 0;

		while (at + 2 < bytes) {
			// Some files write 0 for the length: the type tells it then.
			unsigned len = be16(data + at) ? be16(data + at) : itch50_length(data[at + 2]);

			if (len == 0 || len > bytes - at - 2)
				return 1;
			if (used + 2 + len > RAW_BODY_MAX)
				break;
			put_be16(block + used, (uint16_t)len);
			memcpy(block + used + 2, data + at + 2, len);
			used += 2 + len;
			at += 2 + len;
			n++;
		}
		struct frame_in in = wrap(frame, seq, n, used);

		push(&in, 1, max);
		seq += n;
	}
	return 0;
}

// Types are letters, or numbers where the feed has numbers.
static void print_type(uint32_t channel, int type, uint64_t n)
{
	const struct feed *feed = receiver.channel[channel].feed;

	printf(feed->flags & FEED_SYMBOL_INDEX ? "type,%u,%s,%d,%llu\n" : "type,%u,%s,%c,%llu\n", channel,
	       feed->name, type, (unsigned long long)n);
}

static bool print_counts(void)
{
	struct ledger_identity identity[LEDGER_IDENTITIES];
	bool balanced = ledger_check(&ledger, identity);

	for (uint32_t c = 0; c < receiver.n_channels; c++)
		for (int t = 0; t < 256; t++)
			if (receiver.counts->channel[c].by_type[t])
				print_type(c, t, receiver.counts->channel[c].by_type[t]);
	for (int i = 0; i < LEDGER_COUNT; i++)
		if (ledger.v[i])
			printf("count,%s,%llu\n", ledger_rows[i].name, (unsigned long long)ledger.v[i]);
	printf("balanced,%d\n", balanced);
	return balanced;
}

int main(int argc, char **argv)
{
	struct receiver_conf conf = { .restart_window = 10000, .trade_day = INT32_MIN };
	unsigned max = 4096, burst = 32;
	const char *path = NULL;
	size_t bytes;

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--feed"))
			conf.feed = feed_by_name(value), i++;
		else if (!strcmp(argv[i], "--date"))
			calendar_parse_date(value, strlen(value), &conf.trade_day), i++;
		else if (!strcmp(argv[i], "--max"))
			max = (unsigned)atoi(value), i++;
		else if (!strcmp(argv[i], "--burst"))
			burst = (unsigned)atoi(value), i++;
		else if (!strcmp(argv[i], "--verify"))
			conf.verify_checksum = true;
		else
			path = argv[i];
	}
	if (!path || max < 8 || max > 4096 || burst < 1 || burst > 256 || calendar_load() < 0) {
		fprintf(stderr, "usage: decode_dump FILE [--feed NAME] [--date DATE] [--max N] [--burst N] "
				"[--verify]\n");
		return 2;
	}
	uint8_t *data = read_all(path, &bytes);

	if (!data || bytes < 24) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return 1;
	}
	symtab_init(&symtab, INSTRUMENTS, calloc(1, symtab_bytes(INSTRUMENTS)));
	receiver_init(&receiver, &conf, &symtab, &ledger, &counts, calloc(1, receiver_bytes(&conf)));
	printf(EVENT_COLUMNS "\n");
	uint32_t magic = le32(data), other = be32(data);
	bool pcap = magic == 0xa1b2c3d4 || magic == 0xa1b23c4d || other == 0xa1b2c3d4 || other == 0xa1b23c4d;
	int failed = pcap ? play_pcap(data, bytes, burst, max) : play_raw(data, bytes, max);

	return !print_counts() || failed;
}
