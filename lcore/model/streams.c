/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/streams.h"

const char *const streams_name[LINK_STREAMS] = {
#define STREAM(NAME, name, type, member) #name,
#include "lcore/model/streams.def"
};

const char *const streams_output_name[OUTPUT_COUNT] = {
#define OUTPUT(NAME, name, option, STREAM, STAGE, order, help) #name,
#include "lcore/model/streams.def"
	"summary"
};

const char *const streams_output_option[OUTPUT_COUNT] = {
#define OUTPUT(NAME, name, option, STREAM, STAGE, order, help) option,
#include "lcore/model/streams.def"
	"--summary"
};

const char *const streams_output_order[OUTPUT_STREAMS] = {
#define OUTPUT(NAME, name, option, STREAM, STAGE, order, help) order,
#include "lcore/model/streams.def"
};
