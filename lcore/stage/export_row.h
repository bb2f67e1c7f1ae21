/* SPDX-License-Identifier: BSD-3-Clause */
// export_row.h: how the records of a stream become its file, for export.c; one const struct for each OUTPUT
// row of streams.def.
#ifndef WB_STAGE_EXPORT_ROW_H
#define WB_STAGE_EXPORT_ROW_H

#include "lcore/stage/stage.h"
#include "lcore/trade/position.h"

struct export_stream {
	size_t record_bytes;
	// header and row write one line with its newline into line (BAR_LINE_BYTES) and return its length.
	size_t (*header)(const struct plant *p, char *line);
	size_t (*row)(const struct plant *p, const void *record, char *line);
	// order is the canonical one, for qsort. close_ts says which mark a record waits for; NULL: for the
	// end of the data.
	int (*order)(const void *a, const void *b);
	uint64_t (*close_ts)(const void *record);
	// wanted says whether a record is written, by what the run was asked for.
	bool (*wanted)(const struct plant *p, const void *record);
	// The rest may be NULL. also makes a record of an element of another stream, if it wants it. more
	// returns the next line of the record that row was given, which may have none or several; last is
	// called at the end of the data, as row is, and more after it.
	bool (*also)(const struct plant *p, const struct link_elem *e, void *record);
	size_t (*more)(const struct plant *p, char *line);
	size_t (*last)(const struct plant *p, char *line);
};

#define OUTPUT(NAME, name, option, STREAM, STAGE, order, help) \
	extern const struct export_stream export_##name;
#include "lcore/model/streams.def"

// export_wanted says whether an instrument's records are written (plant.symbol).
bool export_wanted(const struct plant *p, uint64_t symbol);
// export_counts returns what export_outcome does, to be added to. Export lcore.
struct outcome;
struct outcome *export_counts(void);
// export_money_conf returns how positions are kept that are worked out from fills. Export lcore.
struct position_conf export_money_conf(const struct plant *p);
// export_memory returns zeroed memory, or says that there is none and ends the process: a file without some
// of its fills would be silently wrong. Export lcore.
void *export_memory(size_t bytes);
// export_order_of_reports compares two trade_reports for the order of orders and fills: ts, venue, symbol, n.
int export_order_of_reports(const void *a, const void *b);

#endif
