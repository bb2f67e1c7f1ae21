/* SPDX-License-Identifier: BSD-3-Clause */
// kafka_link.h: Kafka's brokers by librdkafka, which has threads of its own: they are made by, and so bound
// to the cpu of, who opens a link. Nothing waits for an answer here. One thread.
//
// What was handed to librdkafka it sends again by itself, for as long as the link is open, under a number
// that brokers know (an idempotent producer): there once, and in the order of its partition.
#ifndef WB_SINK_KAFKA_LINK_H
#define WB_SINK_KAFKA_LINK_H

#include "conf/conf.h"
#include "lcore/base/num.h"

enum { KAFKA_TOPIC = 96, KAFKA_WHY = 96, KAFKA_ASKS = 64, KAFKA_TOPICS = 16 };

struct kafka_link; // opaque

struct kafka_message {
	const char *topic, *key, *id, *boot; // key "": none
	const char *data;
	size_t bytes;
	uint32_t partition;
	uint32_t rows; // 0: none
	uint64_t tag;  // what is said about it has it
};

enum kafka_what {
	KAFKA_TAKEN,    // a message is there
	KAFKA_THERE,    // the last message of the partition that was asked for has this id
	KAFKA_ABSENT,   // it has another one, or there is none, or nobody may look
	KAFKA_UNREAD,   // it could not be asked for, and nobody knows why
	KAFKA_REFUSED,  // a message was not taken, and that is its fault, or nobody knows whose
	KAFKA_LATER,    // it was not taken, or could not be asked for
	KAFKA_MADE,     // the topics are there, or somebody else's to make
	KAFKA_NOT_MADE, // ask again
	KAFKA_NEWS,     // words alone: of a broker that has gone, and the like
	KAFKA_AWAY,     // no broker can be reached; what was handed over waits
	KAFKA_LOST,     // this link cannot go on: nobody knows what became of all that is out
	KAFKA_NEVER     // as things are configured
};

// PEM, as texts: a link that is opened later is opened by a process that may not read its files any more.
// ca NULL: no TLS is spoken; cert and key NULL: brokers do not ask who we are.
struct kafka_pem {
	char *ca, *cert, *key;
};

struct kafka_said {
	enum kafka_what what;
	uint64_t tag;
	char why[KAFKA_WHY];
};

// kafka_link_open makes it; conf and pem outlive it. Returns NULL with a text in err (KAFKA_WHY).
// kafka_link_close gives up all that is out, in some milliseconds, and accepts NULL.
struct kafka_link *kafka_link_open(const struct conf_kafka *conf, const struct kafka_pem *pem,
				   char err[KAFKA_WHY]);
void kafka_link_close(struct kafka_link *k);
// kafka_link_make asks for topics to be made where they are missing; partitions: of each.
void kafka_link_make(struct kafka_link *k, unsigned n, const char (*topic)[KAFKA_TOPIC],
		     const uint32_t *partitions);
// kafka_link_send hands a message over, which is copied. kafka_link_ask looks whether the last message of its
// partition has its id: at most KAFKA_ASKS at a time. What becomes of it is said later.
void kafka_link_send(struct kafka_link *k, const struct kafka_message *m);
void kafka_link_ask(struct kafka_link *k, const struct kafka_message *m);
// kafka_link_next returns whether there is something more that was said.
bool kafka_link_next(struct kafka_link *k, struct kafka_said *said);

#endif
