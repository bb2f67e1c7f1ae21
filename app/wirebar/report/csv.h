/* SPDX-License-Identifier: BSD-3-Clause */
// csv.h: the CSV files of a run, row by row, plain or gzip, in memory that does not depend on their length.
// Columns are found by the names in the first line, so files with more columns, or in another order, are read
// alike. Whatever cannot be read is an error with file, line and column: a missing value is never a zero, and
// a last line without its line feed is a file that was cut. Times are ns since 1970, amounts 1e-6 dollar.
// One thread.
#ifndef WB_REPORT_CSV_H
#define WB_REPORT_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CSV_COLUMNS_MAX = 256, CSV_HEADER_BYTES = 8192, CSV_ERROR_BYTES = 512, CSV_BUFFER_BYTES = 1 << 18 };

struct csv {
	const char *path; // as errors show it
	void *file;       // zlib's gzFile
	void *digest_of;  // OpenSSL's EVP_MD_CTX
	char *buffer;
	size_t at, end; // what is read and not yet returned
	uint64_t line, rows;
	unsigned n_columns;
	char header[CSV_HEADER_BYTES];
	const char *name[CSV_COLUMNS_MAX]; // in header
	char *field[CSV_COLUMNS_MAX];      // of the current row, NUL-terminated
	char digest[65];                   // SHA-256 of the text as hex, once csv_next has returned 0
	char error[CSV_ERROR_BYTES];       // of the first call that failed
};

// csv_open overwrites *c, opens a file (- is the standard input) and reads the names of its columns. Returns
// false with c->error.
bool csv_open(struct csv *c, const char *path);
// csv_has returns the index of a column, or -1.
int csv_has(const struct csv *c, const char *name);
// csv_columns finds n columns by name. Returns false with c->error when one is missing.
bool csv_columns(struct csv *c, const char *const *name, int *column, unsigned n);
// csv_next reads the next row into c->field. Returns 1, 0 at the end, or -1 with c->error.
int csv_next(struct csv *c);
// csv_fail sets c->error to "path:line: column NAME: found "...", wanted ...". Returns false.
bool csv_fail(struct csv *c, int column, const char *wanted);
// csv_empty says whether the current row has nothing in a column.
bool csv_empty(const struct csv *c, int column);

// Values of the current row. Each returns false with c->error when the text is nothing of the kind.
bool csv_time(struct csv *c, int column, uint64_t *ns);
bool csv_amount(struct csv *c, int column, int64_t *millionths);
bool csv_count(struct csv *c, int column, uint64_t *n);
bool csv_signed(struct csv *c, int column, int64_t *n);
// csv_side reads B, buy, long (+1) or S, sell, short (-1), in any case of letters.
bool csv_side(struct csv *c, int column, int *side);
// csv_word copies a text that must not be empty nor longer than out_bytes - 1.
bool csv_word(struct csv *c, int column, char *out, size_t out_bytes);

// csv_close releases what csv_open took. Accepts a zeroed *c.
void csv_close(struct csv *c);

#endif
