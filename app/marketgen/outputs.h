/* SPDX-License-Identifier: BSD-3-Clause */
// outputs.h: the files of a run: all different, written beside their targets, and given their names together
// when all of them are whole. Single thread; outputs_stop may also be set by a signal.
#ifndef WB_MARKETGEN_OUTPUTS_H
#define WB_MARKETGEN_OUTPUTS_H

#include "app/marketgen/args.h"
#include "lcore/stage/output.h"

// What ends the run early: nothing that is written is kept.
extern volatile bool outputs_stop;

// outputs_distinct returns true if all files that args ask for are different ones, before any is opened: by
// device and inode where a file is there already, else by the file that would be made. Links are followed;
// devices such as /dev/null take any number. When two are the same it says which on stderr.
bool outputs_distinct(const struct args *args);
// outputs_open opens one more, plain or gzip; path is copied. Returns NULL when that is not possible, with
// the reason on stderr.
struct output *outputs_open(const char *path, bool gzip);
// outputs_failed returns true if any could not be written whole so far.
bool outputs_failed(void);
// outputs_settle closes all, and gives them their names if keep and all are whole; else none gets one, and it
// is said on stderr which one failed. Returns whether they were kept.
bool outputs_settle(bool keep);

#endif
