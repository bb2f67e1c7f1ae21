/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/member/member.h"

// RFC 3376 section 8: robustness, the unsolicited report interval, and how long an older querier is
// remembered (robustness times the query interval of 125 s, and one response time of 10 s).
enum { ROBUSTNESS = 2 };
#define UNSOLICITED_V3_NS NS_PER_S
#define UNSOLICITED_V2_NS (10 * NS_PER_S) // RFC 2236 section 8.10
#define OLDER_NS          ((ROBUSTNESS * UINT64_C(125) + 10) * NS_PER_S)

// splitmix64
static uint64_t random_below(struct member *m, uint64_t n)
{
	uint64_t z = m->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ? (z ^ z >> 31) % n : 0;
}

void member_init(struct member *m, const struct member_conf *conf)
{
	*m = (struct member){ .from = conf->from,
			      .version = conf->version,
			      .robustness = ROBUSTNESS,
			      .random = conf->seed,
			      .due_ns = UINT64_MAX };
	for (unsigned i = 0; i < conf->n_groups && i < IGMP_GROUPS; i++)
		m->group[m->n_groups++].address = conf->group[i];
}

static int version_now(const struct member *m, uint64_t now_ns)
{
	for (int v = 1; v < m->version; v++)
		if (now_ns < m->older_until_ns[v])
			return v;
	return m->version;
}

static uint64_t earliest(const struct member *m)
{
	uint64_t due = UINT64_MAX;

	for (unsigned i = 0; i < m->n_groups; i++) {
		const struct member_group *g = &m->group[i];

		if (g->left && g->change_ns < due)
			due = g->change_ns;
		if (g->answer_ns && g->answer_ns < due)
			due = g->answer_ns;
	}
	return due;
}

void member_join(struct member *m, uint64_t now_ns)
{
	for (unsigned i = 0; i < m->n_groups; i++) {
		m->group[i].left = m->robustness;
		m->group[i].change_ns = now_ns;
	}
	m->due_ns = earliest(m);
}

static void asked(struct member *m, struct member_group *g, uint64_t at_ns)
{
	// An answer that is due earlier serves both queries.
	if (!g->answer_ns || at_ns < g->answer_ns)
		g->answer_ns = at_ns;
	if (at_ns < m->due_ns)
		m->due_ns = at_ns;
}

void member_heard(struct member *m, const uint8_t *frame, uint32_t bytes, uint64_t now_ns)
{
	struct igmp_query q;
	enum igmp_kind kind = igmp_parse(frame, bytes, &q);

	m->stats.bad += kind == IGMP_BAD;
	m->stats.others += kind == IGMP_REPORT;
	if (kind != IGMP_QUERY)
		return;
	m->stats.queries++;
	if (q.version < 3)
		m->older_until_ns[q.version] = now_ns + OLDER_NS;
	else if (q.robustness)
		m->robustness = q.robustness;
	// Nothing to answer with less than 1 ns; one answer for all in version 3, one timer a group before.
	uint64_t together_ns = now_ns + 1 + random_below(m, q.max_response_ns);

	for (unsigned i = 0; i < m->n_groups; i++) {
		if (q.group && q.group != m->group[i].address)
			continue;
		asked(m, &m->group[i],
		      version_now(m, now_ns) == 3 ? together_ns
						  : now_ns + 1 + random_below(m, q.max_response_ns));
	}
}

// Whether the group has something due, and what; it is then done.
static bool take(struct member *m, struct member_group *g, uint64_t now_ns, int version,
		 enum igmp_record *record)
{
	if (g->left && g->change_ns <= now_ns) {
		*record = IGMP_TO_EXCLUDE;
		g->left--;
		g->change_ns =
			now_ns + 1 + random_below(m, version == 3 ? UNSOLICITED_V3_NS : UNSOLICITED_V2_NS);
		return true;
	}
	if (g->answer_ns && g->answer_ns <= now_ns) {
		*record = IGMP_IS_EXCLUDE;
		g->answer_ns = 0;
		return true;
	}
	return false;
}

uint32_t member_poll(struct member *m, uint64_t now_ns, uint8_t out[IGMP_FRAME_BYTES])
{
	if (likely(now_ns < m->due_ns))
		return 0;
	int version = version_now(m, now_ns);
	uint32_t group[IGMP_GROUPS];
	enum igmp_record record[IGMP_GROUPS];
	unsigned n = 0;

	for (unsigned i = 0; i < m->n_groups && (version == 3 || n == 0); i++) {
		if (!take(m, &m->group[i], now_ns, version, &record[n]))
			continue;
		group[n++] = m->group[i].address;
	}
	m->due_ns = earliest(m);
	if (!n)
		return 0;
	m->stats.reports += n;
	return version == 3 ? igmp_report3(&m->from, group, record, n, out)
			    : igmp_report(&m->from, version, group[0], out);
}

uint32_t member_leave(struct member *m, uint64_t now_ns, unsigned *at, uint8_t out[IGMP_FRAME_BYTES])
{
	int version = version_now(m, now_ns);
	uint32_t group[IGMP_GROUPS];
	enum igmp_record record[IGMP_GROUPS];
	unsigned n = 0;

	m->due_ns = UINT64_MAX;
	if (version == 1 || *at >= m->n_groups) // version 1 just falls silent
		return 0;
	if (version == 2) {
		m->stats.leaves++;
		return igmp_leave(&m->from, m->group[(*at)++].address, out);
	}
	for (; *at < m->n_groups; n++) {
		group[n] = m->group[(*at)++].address;
		record[n] = IGMP_TO_INCLUDE;
	}
	m->stats.leaves += n;
	return igmp_report3(&m->from, group, record, n, out);
}
