/* SPDX-License-Identifier: BSD-3-Clause */
// topo_parts.h: between topo.c (lcores, links, cpus) and topo_values.c (values, ports).
#ifndef WB_CONF_TOPO_PARTS_H
#define WB_CONF_TOPO_PARTS_H

#include "conf/topo.h"

// The place of a key, or of its section where the key is left at its default.
#define LINE(section, member) ((section)->member##_line ? (section)->member##_line : (section)->line)

extern int (*const topo_values[])(const struct conf *c, struct conf_error *err); // NULL-ended
int topo_port(const struct conf *c, const struct conf_port *p, struct conf_error *err);

#endif
