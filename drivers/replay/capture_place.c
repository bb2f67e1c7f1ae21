/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/replay/capture_place.h"

#include <errno.h>

#include "drivers/replay/capture_kind.h"
#include "lcore/base/crc32c.h"

enum { TAIL_BYTES = 4096 };

const char *capture_where(const struct capture *c, struct capture_place *out)
{
	uint64_t at = c->cut_at ? c->cut_at : c->at;
	const struct capture_part *part = &c->part[c->part_now];

	*out = (struct capture_place){ .offset = at - part->at,
				       .n_interfaces = c->n_interfaces,
				       .cut_tail_bytes =
					       c->cut_tail_bytes - (c->cut_at ? c->map_bytes - c->cut_at : 0),
				       .foreign = c->foreign,
				       .unknown_interface = c->unknown_interface,
				       .recorder_dropped = c->recorder_dropped,
				       .last_ns = c->last_ns };
	out->tail_bytes = out->offset < TAIL_BYTES ? out->offset : TAIL_BYTES;
	out->tail_crc = crc32c(c->map + at - out->tail_bytes, out->tail_bytes);
	for (uint32_t i = 0; i < c->interfaces_max && i < CAPTURE_PLACE_INTERFACES; i++)
		out->dropped[i] = c->interface[i].dropped;
	return part->path;
}

int capture_go_to(struct capture *c, const struct capture_place *place)
{
	const struct capture_part *part = &c->part[0];

	if (place->offset > part->end - part->at || place->tail_bytes > place->offset ||
	    crc32c(c->map + place->offset - place->tail_bytes, place->tail_bytes) != place->tail_crc)
		return -ESTALE;
	capture_rewind(c);
	capture_pcapng_head(c, place->offset);
	for (uint32_t i = 0; i < c->interfaces_max && i < CAPTURE_PLACE_INTERFACES; i++)
		c->interface[i].dropped = place->dropped[i];
	c->at = place->offset;
	c->cut_tail_bytes = place->cut_tail_bytes;
	c->foreign = place->foreign;
	c->unknown_interface = place->unknown_interface;
	c->recorder_dropped = place->recorder_dropped;
	c->last_ns = place->last_ns;
	return 0;
}
