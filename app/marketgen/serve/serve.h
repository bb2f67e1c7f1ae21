/* SPDX-License-Identifier: BSD-3-Clause */
// serve.h: `marketgen serve`: recovery servers for captures, over real sockets: MoldUDP64 re-request, IEX gap
// fill by UDP and TCP, NYSE retransmission. They keep the venues' rules, and can be told to lose, limit and
// delay answers, and to die. One thread, one poll loop.
#ifndef WB_MARKETGEN_SERVE_H
#define WB_MARKETGEN_SERVE_H

#include <netinet/in.h>

#include "app/marketgen/rng.h"
#include "drivers/feed/recover.h"

struct serve_conf {
	uint32_t listen_ip;                                          // host order
	uint16_t mold_port, iex_udp_port, iex_tcp_port, pillar_port; // 0: not served
	struct sockaddr_in retransmit;                               // Pillar: where messages go
	const char *retransmit_interface;                            // NULL: that of listen_ip
	char source_id[RECOVER_SOURCE_BYTES + 1];
	double drop;              // share of requests that get no answer
	uint64_t delay_ns;        // before an answer leaves
	uint64_t limit;           // most messages for a MoldUDP64 or IEX request; 0: as the protocol has it
	uint64_t quota;           // Pillar: requests a day
	uint64_t die_after;       // requests; 0: never
	uint64_t for_ns, idle_ns; // 0: no bound
	uint64_t beat_ns;         // Pillar: between heartbeats
	uint64_t seed;
	char **captures;
	unsigned n_captures;
};

struct serve_stats {
	uint64_t requests, answers, messages, dropped, refused, invalid;
};

// One message of a stream.
struct serve_message {
	uint64_t at; // in the store's bytes, of the message itself; UINT64_MAX: not in the captures
	uint64_t stream_offset, send_ns;
	uint32_t n_bytes;
};

// The messages of one session of one stream, by number from 1 on.
struct serve_stream {
	const struct feed *feed;
	uint64_t session[2];
	uint32_t stream; // IEX: channel; Pillar: 1 << 16 | product << 8 | channel, as a reset told it
	uint32_t group;  // Pillar: the destination that it came from
	uint16_t port;
	struct serve_message *message; // [room], message[0] is number 1
	uint64_t n, room;
};

#define SERVE_STREAMS 64
struct serve_store {
	struct serve_stream stream[SERVE_STREAMS];
	unsigned n_streams;
	uint8_t *bytes;
	uint64_t n_bytes, room;
	uint64_t n_messages;
};

enum serve_protocol { SERVE_MOLD, SERVE_IEX_UDP, SERVE_IEX_TCP, SERVE_PILLAR, SERVE_PROTOCOLS };

// Who asked.
struct serve_client {
	int fd;
	struct sockaddr_in from; // UDP
	uint32_t server_seq;     // Pillar: number of the next packet to the client
};

// What the answers need.
struct serve {
	struct serve_conf conf;
	struct serve_store store;
	struct serve_stats stats;
	struct rng rng;
	int udp[SERVE_PROTOCOLS], tcp[SERVE_PROTOCOLS], multicast; // -1: none
};

// serve_args reads the command line. Returns 0, 1 (help was printed) or 2 (wrong, said on stderr).
int serve_args(struct serve_conf *conf, int argc, char **argv);
// serve_store_read adds a capture's messages. Returns 0, or -1, said on stderr.
int serve_store_read(struct serve_store *store, const char *path);
void serve_store_free(struct serve_store *store);
// serve_store_find finds a stream; NULL: there is none. protocol: of IEX, else 0.
const struct serve_stream *serve_store_find(const struct serve_store *store, enum serve_protocol protocol,
					    const struct recover_asked *asked);
// serve_get returns message seq, or NULL.
static inline const struct serve_message *serve_get(const struct serve_stream *stream, uint64_t seq)
{
	return seq && seq <= stream->n && stream->message[seq - 1].at != UINT64_MAX
		       ? &stream->message[seq - 1]
		       : NULL;
}
// serve_answer answers one request that was read. False: the client is to be disconnected.
bool serve_answer(struct serve *s, enum serve_protocol protocol, enum recover_kind kind,
		  const struct recover_asked *asked, struct serve_client *client);
// serve_now_ns is the time of day, UTC.
uint64_t serve_now_ns(void);
// serve_main is the subcommand's main.
int serve_main(int argc, char **argv);

#endif
