/* SPDX-License-Identifier: BSD-3-Clause */
// sent.h: when packets were sent, in exchange time (ns since 1970, UTC). Restarts and strangers are judged by
// it. Changes nothing. Part of the receiver; same thread.
#ifndef WB_FEED_SENT_H
#define WB_FEED_SENT_H

#include "drivers/receiver/receiver.h"

// sent_ns returns when the packet was sent: by its header, else by its first message, dated by rx_ns so that
// the next morning is later than the evening before. 0: not known.
uint64_t sent_ns(const struct receiver_channel *channel, const struct packet *packet, uint64_t rx_ns);
// sent_newest_ns returns when the newest message was sent that the channel applied or holds.
uint64_t sent_newest_ns(const struct receiver_channel *channel);

#endif
