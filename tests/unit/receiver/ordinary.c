/* SPDX-License-Identifier: BSD-3-Clause */
// ordinary.c: the receiver once more, as ordinary_push, whose straight way never finds the line it begins
// with, so that each packet goes the ordinary one. For straight_test.cc; all else is the receiver's own.
#define receiver_bytes    ordinary_bytes
#define receiver_init     ordinary_init
#define receiver_push     ordinary_push
#define receiver_flush    ordinary_flush
#define receiver_wanted   ordinary_wanted
#define receiver_patience ordinary_patience
#define receiver_give_up  ordinary_give_up

#include "drivers/receiver/take.h"
#include "drivers/receiver/stranger.h"

extern uint64_t ordinary_asked;
uint64_t ordinary_asked; // packets that the straight way was asked for

static struct receiver_line *no_line(const struct receiver_channel *channel, uint8_t source)
{
	(void)channel, (void)source;
	ordinary_asked++;
	return NULL;
}

#define line_find(channel, dst_ip, dst_port, source) no_line(channel, source)

#include "drivers/receiver/receiver.c"
