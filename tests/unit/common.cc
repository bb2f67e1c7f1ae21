/* SPDX-License-Identifier: BSD-3-Clause */
// common.cc: gives pch/common.h a target to be precompiled for.
#include <gtest/gtest.h>
