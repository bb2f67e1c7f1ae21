/* SPDX-License-Identifier: BSD-3-Clause */
// options.h: the command line of `replay` and `run`: one list; most options are keys of the configuration by
// a shorter name and follow the same rules as in the file.
#ifndef WB_APP_OPTIONS_H
#define WB_APP_OPTIONS_H

#include "app/wirebar/appliance.h"

// options_parse reads the command line over the configuration (conf_path's, or the embedded bench profile
// when NULL is allowed and --conf is not given). Returns 0, 1 when --help was answered, 2 for bad usage, or 3
// for a refused configuration, with the reason on stderr.
int options_parse(struct appliance *a, int argc, char **argv, bool replay);

#endif
