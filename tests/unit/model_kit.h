/* SPDX-License-Identifier: BSD-3-Clause */
// model_kit.h: memory for tests of single parts of lcore/model, zeroed and aligned as their init functions
// want it.
#ifndef WB_TESTS_MODEL_KIT_H
#define WB_TESTS_MODEL_KIT_H

#include <cstdlib>
#include <cstring>
#include <memory>

struct Free {
	void operator()(void *p) const { free(p); }
};
using Memory = std::unique_ptr<void, Free>;

inline Memory memory(size_t bytes)
{
	size_t n = (bytes + 63) / 64 * 64;
	void *p = aligned_alloc(64, n ? n : 64);

	memset(p, 0, n ? n : 64);
	return Memory(p);
}

#endif
