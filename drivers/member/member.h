/* SPDX-License-Identifier: BSD-3-Clause */
// member.h: what a host does to belong to multicast groups (RFC 3376 section 5, RFC 2236 section 3):
// unsolicited reports when it joins, an answer to each query within the time that the querier allows, leaves
// when it goes; and the querier's version where that is older. PURE: time is an argument (ns, any clock that
// only goes forward), randomness comes from a seed. One thread.
#ifndef WB_MEMBER_MEMBER_H
#define WB_MEMBER_MEMBER_H

#include "drivers/member/igmp.h"

struct member_conf {
	struct igmp_from from;
	uint8_t version; // 2 or 3: what is spoken while no older querier is heard
	uint64_t seed;
	const uint32_t *group; // host order; copied
	unsigned n_groups;     // IGMP_GROUPS at most
};

// w: owner, r: any
struct member_stats {
	uint64_t reports, leaves, queries, others, bad;
};

struct member_group {
	uint32_t address;
	uint8_t left;       // unsolicited reports still to be sent
	uint64_t change_ns; // when the next of them is due
	uint64_t answer_ns; // when the answer to a query is due; 0: none asked
};

struct member {
	struct igmp_from from;
	uint8_t version, robustness;
	uint64_t random;
	uint64_t older_until_ns[3]; // [1], [2]: a querier of that version is taken to be there
	uint64_t due_ns;            // nothing is due before; UINT64_MAX: nothing at all
	unsigned n_groups;
	struct member_group group[IGMP_GROUPS];
	struct member_stats stats;
};

// member_init makes m a member of nothing yet.
void member_init(struct member *m, const struct member_conf *conf);
// member_join lets reports be due from now_ns on.
void member_join(struct member *m, uint64_t now_ns);
// member_heard takes a frame that arrived and may be IGMP.
void member_heard(struct member *m, const uint8_t *frame, uint32_t bytes, uint64_t now_ns);
// member_poll writes the next frame that is due, and returns its length; 0 when none is. Call until it is.
uint32_t member_poll(struct member *m, uint64_t now_ns, uint8_t out[IGMP_FRAME_BYTES]);
// member_leave writes the next frame of those that leave all groups, and returns its length; 0 when all are
// left. *at starts at 0.
uint32_t member_leave(struct member *m, uint64_t now_ns, unsigned *at, uint8_t out[IGMP_FRAME_BYTES]);

#endif
