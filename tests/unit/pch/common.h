/* SPDX-License-Identifier: BSD-3-Clause */
// common.h: what most unit tests include, precompiled once for all of them (tests/unit/meson.build). A test
// includes what it needs all the same: it must compile without this file.
#ifndef WB_TESTS_UNIT_COMMON_H
#define WB_TESTS_UNIT_COMMON_H

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

#endif
