/* SPDX-License-Identifier: BSD-3-Clause */
// token.h: the secret without which nothing is controlled.
#ifndef WB_CONSOLE_TOKEN_H
#define WB_CONSOLE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

enum { TOKEN_BYTES = 256, TOKEN_LEAST = 20 };

// token_read reads the first line of a file that must be a plain one, of this user or root, closed to all
// others (mode 0600 or less). False, having said why in why: it is not, or the line is shorter than
// TOKEN_LEAST characters or has others than letters, digits and -._~+/=.
bool token_read(const char *path, char out[TOKEN_BYTES], char *why, size_t why_bytes);

#endif
