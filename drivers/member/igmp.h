/* SPDX-License-Identifier: BSD-3-Clause */
// igmp.h: IGMP packets as Ethernet frames: reports and leaves to be sent, queries that arrive. PURE and
// stateless: any thread. Layouts: RFC 1112 appendix I (version 1), RFC 2236 section 2 (2), RFC 3376 section 4
// (3); every packet has TTL 1, the router alert option (RFC 2113) and precedence Internetwork Control.
// Addresses are in host order.
#ifndef WB_MEMBER_IGMP_H
#define WB_MEMBER_IGMP_H

#include "lcore/base/num.h"

#define IGMP_GROUPS      64 // records of one report, at most
#define IGMP_FRAME_BYTES (14 + 24 + 8 + 8 * IGMP_GROUPS)
#define IGMP_ALL_SYSTEMS UINT32_C(0xe0000001) // 224.0.0.1: general queries
#define IGMP_ALL_ROUTERS UINT32_C(0xe0000002) // 224.0.0.2: leaves of version 2
#define IGMP_ALL_V3      UINT32_C(0xe0000016) // 224.0.0.22: reports of version 3

// struct igmp_from is who sends: the port's own addresses. Address 0 is allowed (RFC 3376 section 4.2.13).
struct igmp_from {
	uint8_t mac[6];
	uint32_t address;
};

struct igmp_query {
	uint8_t version;          // of the querier: 1, 2 or 3
	uint8_t robustness;       // version 3: the querier's; 0: not known
	uint32_t group;           // 0: a general query
	uint32_t source;          // the querier
	uint64_t max_response_ns; // answers are spread over this time
};

// What a frame is. IGMP_OTHER: no IGMP at all. IGMP_REPORT: of another host. IGMP_BAD: IGMP, but wrong.
enum igmp_kind { IGMP_OTHER, IGMP_QUERY, IGMP_REPORT, IGMP_BAD };

// igmp_parse looks at a frame; lengths and both checksums are verified, VLAN tags (two at most) stepped over.
// *query is set for IGMP_QUERY.
enum igmp_kind igmp_parse(const uint8_t *frame, uint32_t bytes, struct igmp_query *query);

// Record types of version 3 (RFC 3376 section 4.2.12); no sources: any.
enum igmp_record { IGMP_IS_EXCLUDE = 2, IGMP_TO_INCLUDE = 3, IGMP_TO_EXCLUDE = 4 };

// igmp_report3 writes a report of version 3 with n records, 1 to IGMP_GROUPS. Returns the frame's length,
// padded to 60.
uint32_t igmp_report3(const struct igmp_from *from, const uint32_t *group, const enum igmp_record *record,
		      unsigned n, uint8_t out[IGMP_FRAME_BYTES]);
// igmp_report writes a report of version 1 or 2, which goes to the group itself.
uint32_t igmp_report(const struct igmp_from *from, int version, uint32_t group,
		     uint8_t out[IGMP_FRAME_BYTES]);
// igmp_leave writes a leave of version 2.
uint32_t igmp_leave(const struct igmp_from *from, uint32_t group, uint8_t out[IGMP_FRAME_BYTES]);

#endif
