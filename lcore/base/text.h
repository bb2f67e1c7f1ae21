/* SPDX-License-Identifier: BSD-3-Clause */
// text.h: text for people: what comes from outside with every character visible, near misses, counts. PURE;
// any thread.
#ifndef WB_BASE_TEXT_H
#define WB_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

// text_visible copies text to out, cut to out_bytes with the NUL: printable ASCII as it is, every other
// character as <U+00A0> (a no-break space), <U+FEFF> (a byte order mark), <U+0009> (a tab), and a byte that
// is no UTF-8 as <0xA0>. Letters that only look like ASCII are shown so too. Never ends inside such a mark.
// Returns the length of out.
size_t text_visible(const char *text, char *out, size_t out_bytes);

// text_edits is how many letters must be changed, added or taken away to make b of a (the first 63 of each):
// for "did you mean".
unsigned text_edits(const char *a, const char *b);

// text_count writes n with commas between thousands and returns its length. out holds TEXT_COUNT_BYTES.
#define TEXT_COUNT_BYTES 27 // of UINT64_MAX, with the NUL
size_t text_count(uint64_t n, char *out);

#endif
