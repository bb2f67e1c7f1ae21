/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/parcel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/model/tables.h"

bool parcel_open(struct parcel *p, const struct sink_world *world, const char *site)
{
	*p = (struct parcel){ .world = world, .site = site, .rows = row_batch_open(PARCEL_ROWS) };
	snprintf(p->boot, sizeof p->boot, "%016" PRIx64, world->boot);
	p->data = p->rows ? malloc(parcel_room(p, PARCEL_ROWS)) : NULL;
	return p->data != NULL;
}

void parcel_close(struct parcel *p)
{
	row_batch_close(p->rows);
	free(p->data);
	p->rows = NULL;
	p->data = NULL;
}

size_t parcel_room(const struct parcel *p, uint32_t rows)
{
	size_t bytes = row_batch_room(p->rows, rows);

	return bytes > ENTRY_JSON ? bytes : ENTRY_JSON;
}

size_t parcel_put(struct parcel *p, const struct lanes *l, const struct lane *lane)
{
	const struct lane_slot *s = lanes_first(l, lane);

	if (lane_stream(lanes_index(l, lane)) != SINK_NEW_BAR)
		return entry_json(&s->entry, p->data) - 1; // without the newline
	for (uint32_t i = 0; i < lane->parcel; i++, s = lanes_after(l, s))
		row_batch_add(p->rows, &s->row, s->n);
	return row_batch_put(p->rows, p->data);
}

// The value of a thing that is no row, by its name; otherwise: it has none of it.
static const char *value_of(const struct lanes *l, const struct lane *lane, const char *name,
			    const char *otherwise)
{
	const char *field[2 * ENTRY_FIELDS];
	bool rows = lane_stream(lanes_index(l, lane)) == SINK_NEW_BAR;
	unsigned n = rows ? 0 : entry_fields(&lanes_first(l, lane)->entry, field);

	for (unsigned i = 0; i + 1 < n; i += 2)
		if (!strcmp(field[i], name))
			return field[i + 1];
	return otherwise;
}

// The boot of a thing is in its words: it may be of a process before this one.
void parcel_id(const struct parcel *p, const struct lanes *l, const struct lane *lane, char out[PARCEL_ID])
{
	snprintf(out, PARCEL_ID, "%.24s:%.16s:%s:%" PRIu64, p->site, value_of(l, lane, "boot", p->boot),
		 sink_stream_name[lane_stream(lanes_index(l, lane))], lanes_first(l, lane)->n);
}

const char *parcel_symbol(const struct lanes *l, const struct lane *lane)
{
	return value_of(l, lane, "symbol", "");
}

size_t parcel_hello(const struct parcel *p, const uint64_t *count, char out[PARCEL_HELLO])
{
	int n = snprintf(out, PARCEL_HELLO,
			 "{\"site\":\"%.24s\",\"boot\":\"%s\",\"started_ns\":%" PRIu64
			 ",\"schema\":\"%016" PRIx64 "\",\"dropped\":%" PRIu64 ",\"dead\":%" PRIu64,
			 p->site, p->boot, p->world->started_ns, tables_layout(), count[SINK_DROPPED],
			 count[SINK_DEAD]);

	for (int i = 0; i < SINK_STREAMS; i++)
		n += snprintf(out + n, PARCEL_HELLO - (size_t)n, ",\"n_%s\":%" PRIu64, sink_stream_name[i],
			      p->world->n[i]);
	n += snprintf(out + n, PARCEL_HELLO - (size_t)n, "}");
	return (size_t)n;
}

uint64_t parcel_hello_sum(const struct parcel *p, const uint64_t *count)
{
	uint64_t sum = count[SINK_DROPPED] + count[SINK_DEAD];

	for (int i = 0; i < SINK_STREAMS; i++)
		sum += p->world->n[i];
	return sum;
}
