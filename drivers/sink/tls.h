/* SPDX-License-Identifier: BSD-3-Clause */
// tls.h: TLS 1.2 or newer over a connection that never waits, by OpenSSL: to a server whose certificate comes
// from one of the given authorities and has the name that is asked for. One thread.
#ifndef WB_SINK_TLS_H
#define WB_SINK_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { TLS_WHY = 160 };

struct tls_conf {
	const char *section;              // whose keys these are, for errors
	const char *ca_file;              // PEM: the authorities
	const char *cert_file, *key_file; // PEM: who we are; "": nobody asks
};

struct tls {
	void *ctx;         // SSL_CTX; NULL: none is spoken
	void *ssl;         // SSL of the connection; NULL: none
	char why[TLS_WHY]; // the last failure
};

// tls_open reads the files. Returns false with a text in err. tls_close accepts a zeroed one.
bool tls_open(struct tls *t, const struct tls_conf *conf, char *err, size_t err_len);
void tls_close(struct tls *t);

// tls_begin begins over a connected socket. name: that the certificate must have, a host's or an IP address.
// Returns false: no memory. tls_end forgets the connection; the socket stays as it is.
bool tls_begin(struct tls *t, int fd, const char *name);
void tls_end(struct tls *t);
// tls_greet goes on with the greeting: 1 when both sides agree, 0 not yet, -1 with why.
int tls_greet(struct tls *t);
// tls_write, tls_read return bytes, 0: not now, -1 with why. What tls_write was given is given again, from
// its beginning, until it returns more than 0.
ssize_t tls_write(struct tls *t, const char *data, size_t bytes);
ssize_t tls_read(struct tls *t, char *out, size_t room);

#endif
