/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static int fd_of(BIO *b) { return (int)(intptr_t)BIO_get_data(b); }

// OpenSSL's own socket writes without MSG_NOSIGNAL.
static int bio_write(BIO *b, const char *data, int bytes)
{
	ssize_t n = send(fd_of(b), data, (size_t)bytes, MSG_NOSIGNAL | MSG_DONTWAIT);

	BIO_clear_retry_flags(b);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(b);
	return (int)n;
}

static int bio_read(BIO *b, char *out, int room)
{
	ssize_t n = recv(fd_of(b), out, (size_t)room, MSG_DONTWAIT);

	BIO_clear_retry_flags(b);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(b);
	return (int)n;
}

static long bio_control(BIO *b, int what, long number, void *pointer)
{
	(void)b, (void)number, (void)pointer;
	return what == BIO_CTRL_FLUSH;
}

// Made once, by the one thread that has sinks; lives as long as the process.
static BIO_METHOD *method(void)
{
	static BIO_METHOD *m;

	if (!m && (m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wirebar")) != NULL) {
		BIO_meth_set_write(m, bio_write);
		BIO_meth_set_read(m, bio_read);
		BIO_meth_set_ctrl(m, bio_control);
	}
	return m;
}

static const char *reason(char out[TLS_WHY], const char *otherwise)
{
	unsigned long code = ERR_get_error();
	const char *text = code ? ERR_reason_error_string(code) : NULL;

	snprintf(out, TLS_WHY, "%s", text ? text : otherwise);
	ERR_clear_error();
	return out;
}

static bool bad_file(const struct tls_conf *c, const char *key, const char *path, char *err, size_t err_len)
{
	char why[TLS_WHY];

	snprintf(err, err_len, "[%s] %s: %.200s: %s", c->section, key, path,
		 reason(why, "found nothing of the kind"));
	return false;
}

bool tls_open(struct tls *t, const struct tls_conf *c, char *err, size_t err_len)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	*t = (struct tls){ .ctx = ctx };
	ERR_clear_error();
	if (!ctx || !method() || !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION)) {
		snprintf(err, err_len, "[%s] tls: no memory", c->section);
		return false;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (!SSL_CTX_load_verify_file(ctx, c->ca_file))
		return bad_file(c, "ca_file", c->ca_file, err, err_len);
	if (c->cert_file[0] && SSL_CTX_use_certificate_chain_file(ctx, c->cert_file) != 1)
		return bad_file(c, "cert_file", c->cert_file, err, err_len);
	if (c->key_file[0] && (SSL_CTX_use_PrivateKey_file(ctx, c->key_file, SSL_FILETYPE_PEM) != 1 ||
			       SSL_CTX_check_private_key(ctx) != 1))
		return bad_file(c, "key_file", c->key_file, err, err_len);
	return true;
}

void tls_close(struct tls *t)
{
	tls_end(t);
	SSL_CTX_free(t->ctx);
	*t = (struct tls){ 0 };
}

static bool expect(SSL *ssl, const char *name)
{
	uint8_t ip[16];

	if (inet_pton(AF_INET, name, ip) == 1 || inet_pton(AF_INET6, name, ip) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
	return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

bool tls_begin(struct tls *t, int fd, const char *name)
{
	SSL *ssl = SSL_new(t->ctx);
	BIO *b = ssl ? BIO_new(method()) : NULL;

	tls_end(t);
	if (!b || !expect(ssl, name)) {
		BIO_free(b);
		SSL_free(ssl);
		return false;
	}
	BIO_set_data(b, (void *)(intptr_t)fd);
	BIO_set_init(b, 1);
	SSL_set_bio(ssl, b, b);
	SSL_set_connect_state(ssl);
	t->ssl = ssl;
	return true;
}

void tls_end(struct tls *t)
{
	SSL_free(t->ssl);
	t->ssl = NULL;
}

// What a call has come to that returned n.
static int outcome(struct tls *t, int n)
{
	int error = SSL_get_error(t->ssl, n);
	long verified = SSL_get_verify_result(t->ssl);

	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return 0;
	if (error == SSL_ERROR_ZERO_RETURN)
		snprintf(t->why, sizeof t->why, "the server has ended the connection");
	else if (verified != X509_V_OK)
		snprintf(t->why, sizeof t->why, "TLS: the server's certificate: %s",
			 X509_verify_cert_error_string(verified));
	else {
		char why[TLS_WHY];

		snprintf(t->why, sizeof t->why, "TLS: %.140s",
			 reason(why,
				n < 0 && errno ? strerror(errno) : "the server has ended the connection"));
	}
	ERR_clear_error();
	return -1;
}

int tls_greet(struct tls *t)
{
	ERR_clear_error();
	errno = 0;
	int n = SSL_do_handshake(t->ssl);

	return n == 1 ? 1 : outcome(t, n);
}

static int most(size_t bytes) { return bytes > INT_MAX ? INT_MAX : (int)bytes; }

ssize_t tls_write(struct tls *t, const char *data, size_t bytes)
{
	ERR_clear_error();
	errno = 0;
	int n = SSL_write(t->ssl, data, most(bytes));

	return n > 0 ? n : outcome(t, n);
}

ssize_t tls_read(struct tls *t, char *out, size_t room)
{
	ERR_clear_error();
	errno = 0;
	int n = SSL_read(t->ssl, out, most(room));

	return n > 0 ? n : outcome(t, n);
}
