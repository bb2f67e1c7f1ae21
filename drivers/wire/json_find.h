/* SPDX-License-Identifier: BSD-3-Clause */
// json_find.h: one value of a JSON text that somebody else has written: the few facts that are needed of the
// answers of a server. It takes no memory and looks at each byte at most once for each part of a path. Text
// that is no JSON may give any of its parts as the value, or none; never anything outside of it. Pure. Any
// thread.
//
// Source: RFC 8259.
#ifndef WB_WIRE_JSON_FIND_H
#define WB_WIRE_JSON_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_text {
	const char *at; // of a string: behind its quote
	size_t bytes;   // of a string: without quotes; what is escaped stays so
	bool string;
};

// json_find finds the value of path ("config.duplicate_window": names of nested objects), without the
// blanks around it. Names with escapes in them are not found. Returns false: there is none.
bool json_find(const char *text, size_t bytes, const char *path, struct json_text *out);
// json_find_u64 returns a value that is a whole number, or otherwise. json_find_true returns whether a value
// is true.
uint64_t json_find_u64(const char *text, size_t bytes, const char *path, uint64_t otherwise);
bool json_find_true(const char *text, size_t bytes, const char *path);

#endif
