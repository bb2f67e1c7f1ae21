/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/streams.h"

const char *const link_stream_name[LINK_STREAMS] = {
#define STREAM(NAME, name, type, member) #name,
#include "lcore/model/streams.def"
};

const char *const output_name[OUTPUT_COUNT] = {
#define OUTPUT(NAME, name, option, STREAM, STAGE, order, help) #name,
#include "lcore/model/streams.def"
	"summary"
};

const char *const output_option[OUTPUT_COUNT] = {
#define OUTPUT(NAME, name, option, STREAM, STAGE, order, help) option,
#include "lcore/model/streams.def"
	"--summary"
};

const char *const output_order[OUTPUT_STREAMS] = {
#define OUTPUT(NAME, name, option, STREAM, STAGE, order, help) order,
#include "lcore/model/streams.def"
};
