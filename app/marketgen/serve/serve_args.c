/* SPDX-License-Identifier: BSD-3-Clause */
// serve_args.c: options of `marketgen serve`.
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/marketgen/serve/serve.h"
#include "conf/conf.h"

static const char help[] =
	"usage: marketgen serve [options] CAPTURE...\n"
	"\n"
	"Plays the venues' recovery servers for captures (best the lossless ones: the same arguments without\n"
	"--loss), over real sockets. Prints \"serving ...\" when it is ready, and what it did as JSON at its end.\n"
	"\n"
	"  --listen IP          address to listen at (default 127.0.0.1)\n"
	"  --mold PORT          MoldUDP64 re-request (UDP)\n"
	"  --iex-udp PORT       IEX gap fill, at most 1,000 messages a request\n"
	"  --iex-tcp PORT       IEX gap fill over TCP\n"
	"  --pillar PORT        NYSE retransmission requests (TCP)\n"
	"  --retransmit GROUP:PORT  where NYSE's messages go, sent from the --listen address's interface,\n"
	"  --retransmit-interface NAME  or from this one\n"
	"  --source-id ID       the only NYSE client that is known (default WIREBAR01)\n"
	"  --quota N            NYSE requests a day (default 10000)\n"
	"  --heartbeat T        NYSE heartbeats, to be answered within 5 s (default 60s)\n"
	"  --drop P             share of requests that get no answer (default 0)\n"
	"  --delay T            time before an answer leaves (default 0)\n"
	"  --limit N            at most so many messages for a MoldUDP64 or IEX request\n"
	"  --die-after N        end without a word after so many requests\n"
	"  --for T              end after this time (default 1m)\n"
	"  --idle T             end when nothing was asked for this long\n"
	"  --seed N             of --drop (default 1)\n"
	"  --help               this text\n"
	"\n"
	"At least one of --mold, --iex-udp, --iex-tcp, --pillar. T such as 20ms, 5s. Exit: 0, 1 failed, 2 wrong usage.\n";

enum option_id {
	OPT_LISTEN = 256,
	OPT_MOLD,
	OPT_IEX_UDP,
	OPT_IEX_TCP,
	OPT_PILLAR,
	OPT_RETRANSMIT,
	OPT_INTERFACE,
	OPT_SOURCE,
	OPT_QUOTA,
	OPT_BEAT,
	OPT_DROP,
	OPT_DELAY,
	OPT_LIMIT,
	OPT_DIE,
	OPT_FOR,
	OPT_IDLE,
	OPT_SEED,
	OPT_HELP,
};

static const struct option options[] = {
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "mold", required_argument, NULL, OPT_MOLD },
	{ "iex-udp", required_argument, NULL, OPT_IEX_UDP },
	{ "iex-tcp", required_argument, NULL, OPT_IEX_TCP },
	{ "pillar", required_argument, NULL, OPT_PILLAR },
	{ "retransmit", required_argument, NULL, OPT_RETRANSMIT },
	{ "retransmit-interface", required_argument, NULL, OPT_INTERFACE },
	{ "source-id", required_argument, NULL, OPT_SOURCE },
	{ "quota", required_argument, NULL, OPT_QUOTA },
	{ "heartbeat", required_argument, NULL, OPT_BEAT },
	{ "drop", required_argument, NULL, OPT_DROP },
	{ "delay", required_argument, NULL, OPT_DELAY },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ "die-after", required_argument, NULL, OPT_DIE },
	{ "for", required_argument, NULL, OPT_FOR },
	{ "idle", required_argument, NULL, OPT_IDLE },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static bool number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	char *end;
	unsigned long long v = strtoull(text, &end, 10);

	*out = v;
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && v >= min && v <= max;
}

static bool port(const char *text, uint16_t *out)
{
	uint64_t v = 0;
	bool ok = number(text, 1, 65535, &v);

	*out = (uint16_t)v;
	return ok;
}

static bool share(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == '\0' && *out >= 0 && *out <= 1;
}

static bool address(const char *text, uint32_t *out)
{
	struct in_addr ip;
	bool ok = inet_pton(AF_INET, text, &ip) == 1;

	*out = ok ? ntohl(ip.s_addr) : 0;
	return ok;
}

static bool group(const char *text, struct sockaddr_in *out)
{
	struct conf_address a = { 0 };
	bool ok = conf_parse_address(text, &a) == 0 && a.ip >> 28 == 0xe;

	*out = (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(a.port),
				     .sin_addr.s_addr = htonl(a.ip) };
	return ok;
}

static bool read_option(struct serve_conf *c, int id, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	switch (id) {
	case OPT_LISTEN: return address(text, &c->listen_ip);
	case OPT_MOLD: return port(text, &c->mold_port);
	case OPT_IEX_UDP: return port(text, &c->iex_udp_port);
	case OPT_IEX_TCP: return port(text, &c->iex_tcp_port);
	case OPT_PILLAR: return port(text, &c->pillar_port);
	case OPT_RETRANSMIT: return group(text, &c->retransmit);
	case OPT_INTERFACE: c->retransmit_interface = text; return n > 0;
	case OPT_SOURCE:
		if (n < 1 || n > RECOVER_SOURCE_BYTES)
			return false;
		memset(c->source_id, 0, sizeof c->source_id);
		memcpy(c->source_id, text, n);
		return true;
	case OPT_QUOTA: return number(text, 0, UINT64_MAX, &c->quota);
	case OPT_BEAT: return conf_duration(text, &c->beat_ns) == 0 && c->beat_ns >= NS_PER_MS;
	case OPT_DROP: return share(text, &c->drop);
	case OPT_DELAY: return conf_duration(text, &c->delay_ns) == 0;
	case OPT_LIMIT: return number(text, 1, UINT32_MAX, &c->limit);
	case OPT_DIE: return number(text, 1, UINT64_MAX, &c->die_after);
	case OPT_FOR: return conf_duration(text, &c->for_ns) == 0;
	case OPT_IDLE: return conf_duration(text, &c->idle_ns) == 0;
	case OPT_SEED: return number(text, 0, UINT64_MAX, &c->seed);
	default: return false;
	}
}

static int wrong(const char *what)
{
	fprintf(stderr, "marketgen serve: %s; see marketgen serve --help\n", what);
	return 2;
}

int serve_args(struct serve_conf *conf, int argc, char **argv)
{
	int id, index = 0;

	*conf = (struct serve_conf){ .listen_ip = INADDR_LOOPBACK,
				     .quota = 10000,
				     .beat_ns = 60 * NS_PER_S,
				     .for_ns = 60 * NS_PER_S,
				     .seed = 1,
				     .source_id = "WIREBAR01" };
	opterr = 0;
	while ((id = getopt_long(argc, argv, "h", options, &index)) != -1) {
		if (id == OPT_HELP || id == 'h') {
			fputs(help, stdout);
			return 1;
		}
		if (id == '?')
			return wrong("unknown option or missing value");
		if (!read_option(conf, id, optarg)) {
			fprintf(stderr, "marketgen serve: --%s: ", options[index].name);
			return wrong(optarg);
		}
	}
	conf->captures = argv + optind;
	conf->n_captures = (unsigned)(argc - optind);
	if (!conf->n_captures)
		return wrong("no captures");
	if (!conf->mold_port && !conf->iex_udp_port && !conf->iex_tcp_port && !conf->pillar_port)
		return wrong("nothing to serve: none of --mold, --iex-udp, --iex-tcp, --pillar");
	if (conf->pillar_port && !conf->retransmit.sin_port)
		return wrong("--pillar needs --retransmit GROUP:PORT");
	return 0;
}
