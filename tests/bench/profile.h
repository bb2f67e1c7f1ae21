/* SPDX-License-Identifier: BSD-3-Clause */
// profile.h: the profile that the program carries in itself (conf/bench.conf), for benchmarks of what it
// says.
#ifndef WB_BENCH_PROFILE_H
#define WB_BENCH_PROFILE_H

#include "conf/conf.h"
#include "lcore/model/gate.h"

// profile_load reads the profile over the defaults and compiles its gates. Ends the program when it is
// refused.
void profile_load(struct conf *conf, struct gate_set *gates);

#endif
