/* SPDX-License-Identifier: BSD-3-Clause */
// name.h: the name of a process in its runtime directory (the file prefix), which holds its telemetry socket.
// A name is in use if a connection to its socket succeeds: a file alone may be a dead process's. The one rule
// of the start and of the check.
#ifndef WB_APP_NAME_H
#define WB_APP_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum name_state {
	NAME_FREE,
	NAME_STALE, // a dead process left its socket
	NAME_IN_USE,
	NAME_NO_PLACE, // no runtime directory, or one that nothing can be put into
};

struct name_finding {
	enum name_state state;
	char found[300], mend[300]; // what is wrong, and the command that mends it; empty when free
};

// name_dir returns the runtime directory that DPDK uses for this user.
const char *name_dir(void);
// name_look looks under root ("" for the host) whether the name can be taken. Changes nothing.
void name_look(const char *root, const char *prefix, struct name_finding *out);
// name_claim takes the name for as long as this process lives, and removes what a dead one left there.
// Returns 0, or -errno with out saying why. Once a process.
int name_claim(const char *prefix, struct name_finding *out);

// name_primary looks whether a living DPDK primary has the name. Returns NULL, or why not; valid until the
// next call.
const char *name_primary(const char *prefix);
// name_primary_pid returns the process that has the name; 0: none; INT_MAX: one of another pid namespace.
int name_primary_pid(const char *prefix);

#endif
