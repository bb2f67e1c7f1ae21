/* SPDX-License-Identifier: BSD-3-Clause */
// twin.h: an lcore that goes on after its process was killed between any two instructions. Its state is twice
// in shared memory, and so is what happens to it: the *first* state takes each element as it comes and what
// it makes leaves over the links; the *second* follows, by the same elements, and what it makes goes nowhere.
// One of both is whole at any moment, since one thread does one thing after the other, and a word says which.
// After a kill the torn one is made from the other, and what the first had done beyond it is done again,
// while as many pushes are passed over as had left already. docs/parts.md has the argument.
//
// What a stage needs for it is struct stage_steps: what happens is cut into steps, and a step is a function
// of the state, the element and what lcore_chance, lcore_mode and struct lcore.tsc say. Elements are freed
// when the second has followed, so a link is fuller by what it is behind: less than half of its depth.
#ifndef WB_STAGE_TWIN_H
#define WB_STAGE_TWIN_H

#include "lcore/stage/stage.h"

// twin_bytes returns what an lcore takes whose state is state_bytes; twin_first where in there the first
// state is, which displays read. Any process.
size_t twin_bytes(size_t state_bytes);
void *twin_first(void *mem);
// twin_open initialises both states in mem, which is zeroed shared memory at the same address in all
// processes of the program, and has fill fill each with what it begins with, which holds no address; or takes
// them over from a process that was killed. fill is called as the stage's init, after it. Links of the lcore
// are there. Returns 0, or -errno with a text in err. Boot only.
int twin_open(struct lcore *lcore, void *mem, int (*fill)(struct lcore *lcore, char *err, size_t err_len),
	      char *err, size_t err_len);

#endif
