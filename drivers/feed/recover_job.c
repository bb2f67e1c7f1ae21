/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/recover_job.h"

#include <stdio.h>
#include <string.h>

#include "lcore/base/calendar.h"

bool recover_job_want(struct recover_job *j, uint64_t first_seq, uint64_t last_seq, uint64_t now_ns)
{
	if (!first_seq || last_seq < first_seq) {
		j->open = false;
		return false;
	}
	bool same = last_seq == j->last_seq && first_seq <= j->last_seq;

	// The receiver may not have got yet what came over the socket, so its first_seq can be lower than
	// ours.
	if (j->open && same && first_seq <= j->first_seq)
		return false;
	if (j->open && first_seq > j->first_seq &&
	    last_seq <= j->last_seq) { // another way filled a part of the hole
		j->first_seq = first_seq;
		j->last_seq = last_seq;
		return true;
	}
	// All of it came and is on its way to the receiver: ask again only if that takes too long.
	if (!j->open && same && first_seq >= j->base_seq && j->first_seq > j->last_seq) {
		j->open = true;
		j->first_seq = first_seq;
		return false;
	}
	*j = (struct recover_job){ .open = true,
				   .first_seq = first_seq,
				   .last_seq = last_seq,
				   .base_seq = first_seq,
				   .due_ns = now_ns };
	return false;
}

void recover_job_progress(struct recover_job *j, const struct recover_policy *p, uint64_t now_ns)
{
	j->tries = 0;
	j->due_ns = j->first_seq > j->asked_last ? now_ns : now_ns + p->timeout_ns;
}

enum recover_step recover_job_step(struct recover_job *j, const struct recover_policy *p, uint64_t now_ns)
{
	if (!j->open || now_ns < j->due_ns)
		return RECOVER_WAIT;
	if (j->tries < p->tries)
		return RECOVER_ASK;
	j->open = false;
	return RECOVER_GIVE_UP;
}

uint64_t recover_job_last(const struct recover_job *j, const struct recover_policy *p)
{
	uint64_t most = p->max_messages - UINT64_C(1);

	return j->last_seq - j->first_seq > most ? j->first_seq + most : j->last_seq;
}

void recover_job_asked(struct recover_job *j, const struct recover_policy *p, uint64_t now_ns)
{
	uint64_t wait_ns = j->tries < 32 ? p->timeout_ns << j->tries : p->timeout_max_ns;

	if (wait_ns > p->timeout_max_ns || wait_ns >> (j->tries < 32 ? j->tries : 0) != p->timeout_ns)
		wait_ns = p->timeout_max_ns;
	j->tries++;
	j->asked_last = recover_job_last(j, p);
	j->due_ns = now_ns + wait_ns;
}

uint64_t recover_job_got(struct recover_job *j, const struct recover_policy *p, uint64_t first_seq,
			 uint32_t count, uint64_t now_ns)
{
	if (!recover_job_covers(j, first_seq, count))
		return 0;
	uint64_t end = first_seq + count, fresh;

	end = end > j->last_seq + 1 ? j->last_seq + 1 : end;
	fresh = end - j->first_seq;
	j->first_seq = end;
	j->tries = 0;
	j->open = end <= j->last_seq;
	j->due_ns = j->open && (p->one_packet || end > j->asked_last) ? now_ns : now_ns + p->timeout_ns;
	return fresh;
}

void recover_server_failed(struct recover_server *s, uint32_t tries, bool refused, uint64_t now_ns)
{
	s->failures++;
	if (!refused && s->failures < tries)
		return;
	s->down_ns = s->down_ns ? s->down_ns * 2 : RECOVER_DOWN_MIN_NS;
	s->down_ns = s->down_ns > RECOVER_DOWN_MAX_NS ? RECOVER_DOWN_MAX_NS : s->down_ns;
	s->up_ns = now_ns + s->down_ns;
	s->failures = tries - 1; // one try when that time is over
}

void recover_server_answered(struct recover_server *s) { *s = (struct recover_server){ 0 }; }

enum recover_leave recover_budget_ask(struct recover_budget *b, int32_t day, uint64_t now_ns)
{
	if (day > b->day) {
		b->day = day;
		b->used = b->reserved = 0;
	}
	if (b->per_day && b->used >= b->per_day)
		return RECOVER_NOT_TODAY;
	return b->per_s && now_ns < b->next_ns ? RECOVER_LATER : RECOVER_NOW;
}

bool recover_budget_reserve(struct recover_budget *b)
{
	if (!b->per_day || b->used < b->reserved)
		return false;
	b->reserved = b->used + RECOVER_QUOTA_STEP;
	b->reserved = b->reserved > b->per_day ? b->per_day : b->reserved;
	return true;
}

void recover_budget_spend(struct recover_budget *b, uint64_t now_ns)
{
	b->used++;
	if (b->per_s)
		b->next_ns = now_ns + NS_PER_S / b->per_s;
}

void recover_budget_spent_out(struct recover_budget *b)
{
	if (b->per_day)
		b->used = b->reserved = b->per_day;
}

bool recover_quota_line(const char *line, int32_t *day, char name[32], uint64_t *used)
{
	char date[16];
	unsigned long long n;
	int end = 0;

	if (sscanf(line, "%15s %31s %19llu %n", date, name, &n, &end) != 3 || line[end] != '\0')
		return false;
	*used = n;
	return strlen(date) == 10 && calendar_parse_date(date, 10, day);
}

int recover_quota_print(int32_t day, const char *name, uint64_t used, char *out, size_t out_bytes)
{
	char iso[CALENDAR_ISO_BYTES];

	calendar_iso(day < 0 ? 0 : (uint64_t)day * NS_PER_DAY, iso);
	return snprintf(out, out_bytes, "%.10s %s %llu\n", iso, name, (unsigned long long)used);
}
