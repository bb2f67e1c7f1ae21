/* SPDX-License-Identifier: BSD-3-Clause */
// control_peer.h: who may connect to sockets and command. A file's mode says who may connect; here it is
// asked again, since a path may lie in a folder with other rules. No DPDK. Any thread.
#ifndef WB_APP_CONTROL_PEER_H
#define WB_APP_CONTROL_PEER_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

// struct control_peers is who may, beside root and the user of this process.
struct control_peers {
	uid_t user; // run.user, where it becomes another one or its parts do; else its own
	bool has_group;
	gid_t group; // run.group
};

// control_peer_may returns true if the client on fd may command.
bool control_peer_may(int fd, const struct ucred *who, const struct control_peers *peers);
// control_peer_share makes a socket's file the group's, mode 0660, where there is a group. Returns 0 or
// -errno; -ENOTSOCK: it is something else, a link to a socket as well.
int control_peer_share(const char *path, const struct control_peers *peers);
// control_peer_folder lets the group pass the folder of the sockets, which hands its group down to what is
// made there later, and everybody pass the folder above it (DPDK makes it 0700; names of instances are no
// secret, and what is in them has modes of its own). Returns 0 or -errno.
int control_peer_folder(const char *dir, const struct control_peers *peers);

#endif
