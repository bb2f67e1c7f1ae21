/* SPDX-License-Identifier: BSD-3-Clause */
// box.h: the black box: what a wirebar said last, kept in a folder for when it is dead. Two files in turn,
// each with its number and a check sum, so that one is whole whenever the writer or the machine stops. When
// another process has taken the place, the newest box of the one before is kept under a name of its own.
#ifndef WB_CTL_BOX_H
#define WB_CTL_BOX_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "app/wirebarctl/sock.h"

enum { BOX_ERROR_BYTES = 400, BOX_BYTES = 16 << 20 };

#define BOX_NAME   "wirebar-box" // .0 and .1 in turn
#define BOX_BEFORE "wirebar-box.before"

// struct box is what a file holds. Members: "recorded" (UTC, as text), "pid", "left_out" (requests that found
// no room) and "answers" (by request).
struct box {
	json_t *said; // the caller's after box_read
	uint64_t n;   // of the writing, from 1
	char path[256];
	char error[BOX_ERROR_BYTES];
};

// box_write writes box->said as number box->n into the folder dir, and waits for the disk. On false
// box->error says why; the other file is as it was.
bool box_write(struct box *box, const char *dir);
// box_read reads path: a file, or the newer whole one of a folder. On true a text in box->error tells of a
// file that is damaged and was left out; on false it says why there is none.
bool box_read(struct box *box, const char *path);
// box_keep gives the newest whole box in dir the name BOX_BEFORE, and removes the other one. True when there
// is none.
bool box_keep(struct box *box, const char *dir);
// box_open makes the box at path answer in place of a socket, and says on stderr of what process and when it
// is. On false s->error says why there is none.
bool box_open(struct sock *s, const char *path);

#endif
