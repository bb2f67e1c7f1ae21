/* SPDX-License-Identifier: BSD-3-Clause */
// super_parts.h: what the files of the supervisor's state machine share.
#ifndef WB_SUPER_SUPER_PARTS_H
#define WB_SUPER_SUPER_PARTS_H

#include "lcore/super/super.h"

// super_act.c: super_act adds an action without a text; super_say one that has a text.
void super_act(struct super *s, enum super_act act, unsigned part);
void super_say(struct super *s, enum super_act act, unsigned part, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
// super_force kills a part.
void super_force(struct super *s, unsigned part);

// super_look.c: super_look judges a part that is there, and kills it when it is stuck.
void super_look(struct super *s, unsigned part, uint64_t now_ns);

// super_end.c: super_end_all begins to end all parts, for goal; super_ending goes on with it.
void super_end_all(struct super *s, enum super_goal goal, uint64_t now_ns);
void super_ending(struct super *s, uint64_t now_ns);

// super_slept moves what parts are measured by: for so long nobody looked.
void super_slept(struct super *s, uint64_t for_ns, uint64_t now_ns);

#endif
