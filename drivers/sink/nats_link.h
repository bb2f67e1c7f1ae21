/* SPDX-License-Identifier: BSD-3-Clause */
// nats_link.h: a connection to a NATS server that never waits: bytes out and in, in room that is bounded. One
// thread.
#ifndef WB_SINK_NATS_LINK_H
#define WB_SINK_NATS_LINK_H

#include "conf/conf.h"
#include "drivers/sink/tls.h"
#include "drivers/wire/nats.h"

struct nats_link {
	int fd;           // -1: none
	struct tls tls;   // ctx NULL: none is spoken
	char at[16];      // the server's IP address
	const char *name; // that its certificate must have; "": at
	char *out, *in;
	size_t out_room, out_n, out_at; // bytes to send, and sent of them
	size_t in_n, in_at;             // bytes received, and read of them
};

// nats_link_open takes memory for out_room bytes that wait to be sent, and what TLS needs. Returns false with
// a text in err.
bool nats_link_open(struct nats_link *l, const struct conf_jetstream *c, size_t out_room, char *err,
		    size_t err_len);
// nats_link_start begins to connect (sink_connected says when that is done). Returns NULL, or what was wrong.
const char *nats_link_start(struct nats_link *l, const struct conf_address *to);
// nats_link_secure begins TLS. Returns NULL, or what was wrong: among it anything that came before it, which
// nobody vouches for. nats_link_secured: 1 when it is there, 0 not yet, -1 with l->tls.why.
const char *nats_link_secure(struct nats_link *l);
int nats_link_secured(struct nats_link *l);
// nats_link_space returns where up to that many bytes may be written, *room of them; nats_link_add says how
// many were.
char *nats_link_space(struct nats_link *l, size_t *room);
void nats_link_add(struct nats_link *l, size_t bytes);
// nats_link_at is nats_link_space where it is known how much is to be written; nats_link_fits whether that
// has room.
static inline char *nats_link_at(struct nats_link *l) { return nats_link_space(l, &(size_t){ 0 }); }
static inline bool nats_link_fits(struct nats_link *l, size_t bytes)
{
	size_t room;

	nats_link_space(l, &room);
	return room >= bytes;
}
// nats_link_write sends what can be sent now, nats_link_read takes what has come. Both return NULL, or why
// the connection is no more.
const char *nats_link_write(struct nats_link *l);
const char *nats_link_read(struct nats_link *l);
// nats_link_next returns the next thing that the server has said, as nats_read does; it is valid until the
// next nats_link_read.
long nats_link_next(struct nats_link *l, struct nats_said *said);
// nats_link_stop ends the connection, nats_link_close frees. Accepts a zeroed one.
void nats_link_stop(struct nats_link *l);
void nats_link_close(struct nats_link *l);

#endif
