/* SPDX-License-Identifier: BSD-3-Clause */
// guests.h: the connections that are open, and which of them must go, so that there is a place for the next
// one. Pure: time is an argument; the caller locks.
//
// What cannot happen: who connects and says nothing, sends a request byte by byte, or does not read its
// answer keeps others out. Each state but a stream's has a time by which it ends, whatever comes meanwhile;
// when places run short, who has waited for the longest time without a request in hand makes room.
#ifndef WB_CONSOLE_GUESTS_H
#define WB_CONSOLE_GUESTS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	GUESTS = 64,        // places
	GUESTS_USUAL = 48,  // beyond that each that comes makes another one go
	GUESTS_ASK_S = 3,   // from the connection to the end of its first request
	GUESTS_IDLE_S = 15, // from an answer to the end of the next request
	GUESTS_SERVE_S = 15 // from a request to the end of its answer
};

enum guest_state { GUEST_FREE, GUEST_ASKS, GUEST_IDLE, GUEST_SERVED, GUEST_STREAMS };

struct guest {
	enum guest_state state;
	bool ended; // it was told to go and has not left yet
	int fd;
	uint64_t since_ns; // of the state
};

struct guests {
	struct guest guest[GUESTS];
	uint64_t evicted; // in all: too slow, or for another one's sake
};

// guests_enter takes a connection in. Returns its place, or -1: there is none. *evict is the descriptor of
// one that must go therefore, or -1.
int guests_enter(struct guests *g, int fd, uint64_t now_ns, int *evict);
// guests_turn puts a connection into another state.
void guests_turn(struct guests *g, int place, enum guest_state state, uint64_t now_ns);
void guests_leave(struct guests *g, int place);
// guests_overdue returns the descriptor of one whose time is over, or -1; each once.
int guests_overdue(struct guests *g, uint64_t now_ns);
unsigned guests_count(const struct guests *g, enum guest_state state);

#endif
