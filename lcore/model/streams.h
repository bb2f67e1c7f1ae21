/* SPDX-License-Identifier: BSD-3-Clause */
// streams.h: the list of streams (streams.def) by number and name.
#ifndef WB_MODEL_STREAMS_H
#define WB_MODEL_STREAMS_H

#include <stddef.h>

enum link_stream {
#define STREAM(NAME, name, type, member) LINK_##NAME,
#include "lcore/model/streams.def"
	LINK_STREAMS
};

extern const char *const streams_name[LINK_STREAMS];

// What a run writes. The streams are the export lcore's, in the order of the combined digest; the summary is
// not one of them.
enum output_which {
#define OUTPUT(NAME, name, option, STREAM, STAGE, order, help) OUTPUT_##NAME,
#include "lcore/model/streams.def"
	OUTPUT_STREAMS,
	OUTPUT_SUMMARY = OUTPUT_STREAMS,
	OUTPUT_COUNT
};

extern const char *const streams_output_name[OUTPUT_COUNT], *const streams_output_option[OUTPUT_COUNT];
extern const char *const streams_output_order[OUTPUT_STREAMS]; // of its rows, in words

#endif
