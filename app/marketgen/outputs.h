/* SPDX-License-Identifier: BSD-3-Clause */
// outputs.h: no two outputs of a run may end in one file. Single thread.
#ifndef WB_MARKETGEN_OUTPUTS_H
#define WB_MARKETGEN_OUTPUTS_H

#include "app/marketgen/args.h"

// outputs_distinct tells whether all files that args ask for are different ones, before any is opened: by device and
// inode where a file is there already, else by the folder and the name that it would get. Links are followed; devices
// such as /dev/null take any number. When two are the same it says which on stderr.
bool outputs_distinct(const struct args *args);

#endif
