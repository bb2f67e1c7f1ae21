/* SPDX-License-Identifier: BSD-3-Clause */
// reply.h: answers over HTTP, all with the same headers. The server's thread.
#ifndef WB_CONSOLE_REPLY_H
#define WB_CONSOLE_REPLY_H

#include <stddef.h>

#include <microhttpd.h>

#include "app/wirebar_console/job.h"

// What a page may do: scripts, styles, pictures and connections of this server, nothing inline, no frames.
#define REPLY_CSP \
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " \
	"font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// reply_headers adds what every answer has; type NULL: none.
void reply_headers(struct MHD_Response *r, const char *type);
// reply_text answers a constant text, reply_own one that was taken by malloc and is given up.
enum MHD_Result reply_text(struct MHD_Connection *to, unsigned status, const char *text);
enum MHD_Result reply_own(struct MHD_Connection *to, unsigned status, const char *type, char *text,
			  size_t bytes);
// reply_constant answers bytes that stay where they are.
enum MHD_Result reply_constant(struct MHD_Connection *to, const char *type, const unsigned char *data,
			       size_t bytes);
// reply_error answers {"status":"error","error":why}.
enum MHD_Result reply_error(struct MHD_Connection *to, unsigned status, const char *why);
// reply_job answers what a job that is done found, and takes its text.
enum MHD_Result reply_job(struct MHD_Connection *to, struct job *j);
// reply_stream answers events, which end when the response's reader says so.
enum MHD_Result reply_stream(struct MHD_Connection *to, struct MHD_Response *r);

#endif
