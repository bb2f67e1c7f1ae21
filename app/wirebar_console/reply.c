/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar_console/reply.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void reply_headers(struct MHD_Response *r, const char *type)
{
	if (type)
		MHD_add_response_header(r, "Content-Type", type);
	MHD_add_response_header(r, "Content-Security-Policy", REPLY_CSP);
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(r, "Referrer-Policy", "no-referrer");
	MHD_add_response_header(r, "Cache-Control", "no-store");
	MHD_add_response_header(r, "Cross-Origin-Resource-Policy", "same-origin");
}

static enum MHD_Result finish(struct MHD_Connection *to, unsigned status, struct MHD_Response *r,
			      const char *type)
{
	if (!r)
		return MHD_NO;
	reply_headers(r, type);
	enum MHD_Result rc = MHD_queue_response(to, status, r);

	MHD_destroy_response(r);
	return rc;
}

enum MHD_Result reply_text(struct MHD_Connection *to, unsigned status, const char *text)
{
	return finish(to, status,
		      MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
						      MHD_RESPMEM_PERSISTENT),
		      "text/plain; charset=utf-8");
}

enum MHD_Result reply_own(struct MHD_Connection *to, unsigned status, const char *type, char *text,
			  size_t bytes)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(bytes, text, MHD_RESPMEM_MUST_FREE);

	if (!r)
		free(text);
	return finish(to, status, r, type);
}

enum MHD_Result reply_constant(struct MHD_Connection *to, const char *type, const unsigned char *data,
			       size_t bytes)
{
	return finish(to, MHD_HTTP_OK,
		      MHD_create_response_from_buffer(bytes, (void *)(uintptr_t)data, MHD_RESPMEM_PERSISTENT),
		      type);
}

enum MHD_Result reply_error(struct MHD_Connection *to, unsigned status, const char *why)
{
	char text[256];

	snprintf(text, sizeof text, "{\"status\":\"error\",\"error\":\"%s\"}\n", why);
	return finish(to, status, MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY),
		      "application/json");
}

enum MHD_Result reply_job(struct MHD_Connection *to, struct job *j)
{
	char *text = j->text;

	j->text = NULL;
	return text ? reply_own(to, j->status, "application/json", text, j->bytes)
		    : reply_error(to, MHD_HTTP_SERVICE_UNAVAILABLE, "too many wait for the appliance");
}

enum MHD_Result reply_stream(struct MHD_Connection *to, struct MHD_Response *r)
{
	return finish(to, MHD_HTTP_OK, r, "text/event-stream");
}
