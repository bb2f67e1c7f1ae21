/* SPDX-License-Identifier: BSD-3-Clause */
// recover_job.h: when to request missing messages. One job is the first hole of one channel: no later hole is
// requested before it is closed, so that a burst of loss does not become a storm of requests. One server
// is an address that answers or does not. PURE: time is an argument (any clock that does not go back, ns);
// one thread.
#ifndef WB_FEED_RECOVER_JOB_H
#define WB_FEED_RECOVER_JOB_H

#include "lcore/base/num.h"

struct recover_policy {
	uint64_t timeout_ns;     // for the first answer; doubled with each request that brings nothing
	uint64_t timeout_max_ns; // and not beyond this
	uint32_t tries;          // requests in a row that may bring nothing
	uint32_t max_messages;   // most for one request
	bool one_packet;         // an answer is one packet: ask for the rest at once
};

struct recover_job {
	bool open;
	uint64_t first_seq, last_seq; // still missing, inclusive
	uint64_t base_seq;            // first_seq as it was at first
	uint64_t asked_last;          // how far the last request reached; 0: nothing asked
	uint32_t tries;               // requests since something came
	uint64_t due_ns;              // when to ask, or to ask again
};

enum recover_step { RECOVER_WAIT, RECOVER_ASK, RECOVER_GIVE_UP };

// recover_job_want opens the job for [first_seq, last_seq], or sets that as the rest of its hole. first_seq
// 0: the hole is closed. Returns true when the hole got shorter from the front: messages came by another way
// than recover_job_got.
bool recover_job_want(struct recover_job *j, uint64_t first_seq, uint64_t last_seq, uint64_t now_ns);
// recover_job_progress notes that the server's messages arrive by another way (multicast): the job waits for
// the rest of the last request, and requests what comes after that at once.
void recover_job_progress(struct recover_job *j, const struct recover_policy *p, uint64_t now_ns);
// recover_job_step returns what to do at now_ns. GIVE_UP closes the job.
enum recover_step recover_job_step(struct recover_job *j, const struct recover_policy *p, uint64_t now_ns);
// recover_job_last returns the last number of the request that begins with first_seq.
uint64_t recover_job_last(const struct recover_job *j, const struct recover_policy *p);
// recover_job_asked notes that this request was sent.
void recover_job_asked(struct recover_job *j, const struct recover_policy *p, uint64_t now_ns);
// recover_job_got notes messages [first_seq, first_seq + count) and returns how many of them were still
// missing. A job with nothing left closes.
uint64_t recover_job_got(struct recover_job *j, const struct recover_policy *p, uint64_t first_seq,
			 uint32_t count, uint64_t now_ns);
// recover_job_covers returns whether a packet of these messages is of use to the job.
static inline bool recover_job_covers(const struct recover_job *j, uint64_t first_seq, uint32_t count)
{
	return j->open && first_seq <= j->first_seq && j->first_seq < first_seq + count;
}

// A server that does not answer is left alone: after `tries` requests in a row without an answer, or at once
// when its host refuses, for RECOVER_DOWN_MIN_NS, doubled each time up to RECOVER_DOWN_MAX_NS.
#define RECOVER_DOWN_MIN_NS NS_PER_S
#define RECOVER_DOWN_MAX_NS (60 * NS_PER_S)

struct recover_server {
	uint32_t failures;
	uint64_t up_ns;   // not to be asked before
	uint64_t down_ns; // how long it was left alone last; 0: never
};

static inline bool recover_server_up(const struct recover_server *s, uint64_t now_ns)
{
	return now_ns >= s->up_ns;
}
// recover_server_failed notes a request without an answer; refused: the host said that no process listens
// there.
void recover_server_failed(struct recover_server *s, uint32_t tries, bool refused, uint64_t now_ns);
void recover_server_answered(struct recover_server *s);

// Requests a second, and a day. The day's number is persisted by its owner; a request
// beyond it is refused.
struct recover_budget {
	uint32_t per_s;    // 0: no limit
	uint64_t per_day;  // 0: no limit
	uint64_t next_ns;  // when the next request may leave
	int32_t day;       // days since the epoch
	uint64_t used;     // of that day
	uint64_t reserved; // of that day, as persisted: at least used
};
// Requests that are persisted as used in advance: a restart loses at most this many, and never uses one
// twice.
#define RECOVER_QUOTA_STEP 16

enum recover_leave { RECOVER_NOW, RECOVER_LATER, RECOVER_NOT_TODAY };

// recover_budget_ask returns whether a request may leave. LATER: at b->next_ns.
enum recover_leave recover_budget_ask(struct recover_budget *b, int32_t day, uint64_t now_ns);
// recover_budget_reserve returns whether the quota must be persisted (b->reserved, for b->day) before the
// next request.
bool recover_budget_reserve(struct recover_budget *b);
// recover_budget_spend counts a request that leaves now.
void recover_budget_spend(struct recover_budget *b, uint64_t now_ns);
// recover_budget_spent_out notes that the server says the day's quota is used up.
void recover_budget_spent_out(struct recover_budget *b);
// recover_quota_line reads "YYYY-MM-DD name used"; returns false for another line. name gets at most 31
// characters.
bool recover_quota_line(const char *line, int32_t *day, char name[32], uint64_t *used);
// recover_quota_print writes such a line with its line end. Returns its length.
int recover_quota_print(int32_t day, const char *name, uint64_t used, char *out, size_t out_bytes);

#endif
