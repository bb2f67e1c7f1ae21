/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/conf.h"

const bool conf_kafka_built = true;
