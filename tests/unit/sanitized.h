/* SPDX-License-Identifier: BSD-3-Clause */
// sanitized.h: SANITIZED where the sanitizers are built in, and how many random cases a property is tried
// with.
#ifndef WB_TESTS_SANITIZED_H
#define WB_TESTS_SANITIZED_H

#ifdef __SANITIZE_ADDRESS__ // gcc
#define SANITIZED
#elif defined __has_feature // clang
#if __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define SANITIZED
#endif
#endif

// seeds returns n, or a quarter of it under the sanitizers, where each takes some five times as long: they
// look at what the code touches, and all n are looked at without them.
static inline constexpr unsigned seeds(unsigned n)
{
#ifdef SANITIZED
	return (n + 3) / 4;
#else
	return n;
#endif
}

#endif
