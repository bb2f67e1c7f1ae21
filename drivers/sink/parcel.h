/* SPDX-License-Identifier: BSD-3-Clause */
// parcel.h: what a lane's parcel says, and its id, the same for every log that lanes (lanes.h) are handed on
// to; names are contract: docs/jetstream.md. Pure. One thread.
#ifndef WB_SINK_PARCEL_H
#define WB_SINK_PARCEL_H

#include "drivers/sink/lanes.h"
#include "drivers/sink/row_batch.h"

enum { PARCEL_ROWS = 256, PARCEL_ID = 96, PARCEL_HELLO = 1024 };

struct parcel {
	const struct sink_world *world;
	const char *site;
	struct row_batch *rows;
	char *data; // of the parcel that was written last
	char boot[17];
};

// parcel_open makes it for a world; site: of the appliance, which must live as long. Returns false: no
// memory. parcel_close accepts a zeroed one.
bool parcel_open(struct parcel *p, const struct sink_world *world, const char *site);
void parcel_close(struct parcel *p);
// parcel_room returns how many bytes the words of a parcel of up to rows rows are at most.
size_t parcel_room(const struct parcel *p, uint32_t rows);
// parcel_put writes what a lane's parcel says to data, and returns its bytes: an Arrow stream of rows, or a
// line of JSON without its newline.
size_t parcel_put(struct parcel *p, const struct lanes *l, const struct lane *lane);
// parcel_id writes the id of a lane's parcel: <site>:<boot>:<stream>:<n>, of rows the first one's n.
void parcel_id(const struct parcel *p, const struct lanes *l, const struct lane *lane, char out[PARCEL_ID]);
// parcel_symbol returns the symbol of a lane's thing that is no row; "" where it has none.
const char *parcel_symbol(const struct lanes *l, const struct lane *lane);
// parcel_hello writes, as JSON, how far the streams' numbers have come, and returns its bytes. count: of the
// sink.
size_t parcel_hello(const struct parcel *p, const uint64_t *count, char out[PARCEL_HELLO]);
// parcel_hello_sum returns what changes when the hello does.
uint64_t parcel_hello_sum(const struct parcel *p, const uint64_t *count);

#endif
