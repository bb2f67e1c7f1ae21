/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/stage.h"

#define STAGE(NAME, name, links_to, needs, help) extern const struct stage stage_##name;
#include "conf/stages.def"
#undef STAGE

const struct stage *const stages[] = {
#define STAGE(NAME, name, links_to, needs, help) &stage_##name,
#include "conf/stages.def"
#undef STAGE
};
