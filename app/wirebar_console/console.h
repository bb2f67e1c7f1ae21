/* SPDX-License-Identifier: BSD-3-Clause */
// console.h: the console: one thread that asks the appliance (main), one that serves (libmicrohttpd's).
#ifndef WB_CONSOLE_CONSOLE_H
#define WB_CONSOLE_CONSOLE_H

#include "app/wirebar_console/door.h"
#include "app/wirebar_console/view.h"
#include "conf/conf.h"

enum { CONSOLE_CLIENTS = 20, CONSOLE_REQUEST_BYTES = 8192, CONSOLE_TIMEOUT_S = 10 };

struct console {
	struct conf conf;
	struct view view;
	struct view_asker asker;
	struct door door;
	unsigned port; // as bound
	void *daemon;
};

// serve_start binds console.listen and begins to answer. Returns 0, or -errno having said why; -EINVAL: as it
// is configured.
int serve_start(struct console *c);
// serve_stop ends it. Main thread.
void serve_stop(struct console *c);

#endif
