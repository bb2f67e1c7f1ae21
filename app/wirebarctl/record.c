/* SPDX-License-Identifier: BSD-3-Clause */
// record.c: keeps a black box of a wirebar: once a second all that can be asked without an argument, and of
// the symbols that matter most their gates, quote and latest rows.
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/wirebarctl/box.h"
#include "app/wirebarctl/request.h"
#include "app/wirebarctl/show.h"

enum { PERIOD_MS = 1000, SAY_ROUNDS = 60, PAGES = 64, SYMBOLS = 32, ANSWERS_BYTES = BOX_BYTES / 2 };

static volatile sig_atomic_t interrupted;

static void on_signal(int sig) { interrupted = sig; }

// struct round is one recording under way.
struct round {
	struct sock *s;
	json_t *answers; // by request
	json_t *symbols; // by symbol, once each
	size_t bytes;    // of the answers, at most
	unsigned left_out;
	bool gone; // the process has no more words, or the recorder is to end
};

// One request. Returns its answer, which the round owns, or NULL. An answer that is none closes the socket;
// it is opened again as long as somebody is there.
static const json_t *record_one(struct round *r, const char *request)
{
	struct sock *s = r->s;
	json_t *answer = NULL;

	r->gone = r->gone || interrupted;
	if (r->bytes >= ANSWERS_BYTES)
		r->left_out++;
	else if (!r->gone && (s->fd > 0 || sock_open(s, s->timeout_ms)))
		answer = sock_ask(s, request);
	if (!answer) {
		r->gone = r->gone || (s->fd <= 0 && s->end != SOCK_FAILED);
		return NULL;
	}
	r->bytes += json_dumpb(answer, NULL, 0, JSON_COMPACT);
	json_object_set_new(r->answers, request, answer);
	return answer;
}

static void note_symbol(struct round *r, const char *symbol)
{
	if (*symbol && json_object_size(r->symbols) < SYMBOLS)
		json_object_set_new(r->symbols, symbol, json_true());
}

static void note_symbols(struct round *r, const json_t *answer)
{
	unsigned long place;
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)answer, key, v)
	{
		if (request_place(key, &place))
			note_symbol(r, json_is_string(v) ? json_string_value(v) : show_text(v, "symbol"));
	}
}

// A path, and the pages of its answer.
static void record_all(struct round *r, const char *path)
{
	char request[REQUEST_BYTES];
	const json_t *answer = record_one(r, path);

	for (unsigned page = 1; answer; page++) {
		note_symbols(r, answer);
		if (!show_u64(answer, "more"))
			return;
		if (page == PAGES || !request_rest(request, path, answer)) {
			r->left_out++;
			return;
		}
		answer = record_one(r, request);
	}
}

static void record_symbols(struct round *r)
{
	static const char *const of_symbol[] = { "/wirebar/why", "/wirebar/quote", "/wirebar/bundle" };
	char request[REQUEST_BYTES];
	const char *symbol;
	json_t *v;

	json_object_foreach(r->symbols, symbol, v) for (size_t i = 0;
							i < sizeof of_symbol / sizeof *of_symbol; i++)
	{
		snprintf(request, sizeof request, "%s,%s", of_symbol[i], symbol);
		record_one(r, request);
	}
}

// All answers of one moment, or NULL: the process is gone, does not answer, or only starts, and has nothing
// to say that is worth the last words of the one before; s->error says why.
static json_t *record_round(struct sock *s)
{
	struct round r = { .s = s, .answers = json_object(), .symbols = json_object() };
	const json_t *health = record_one(&r, "/wirebar/health");
	const struct command *c;
	char at[32];
	time_t now = time(NULL);
	json_t *said = NULL;

	if (health && sock_refusal(health)) {
		s->end = SOCK_FAILED;
		snprintf(s->error, sizeof s->error, "%s: %s", s->path, sock_refusal(health));
	} else if (health) {
		uint64_t pid = show_u64(health, "pid");

		for (unsigned i = 0; (c = command_at(i)); i++)
			if (c->show && !c->control && !c->min && !request_changes(c->asks) &&
			    !json_object_get(r.answers, c->asks))
				record_all(&r, c->asks);
		record_symbols(&r);
		strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
		said = r.gone ? NULL
			      : json_pack("{s:s, s:I, s:i, s:O}", "recorded", at, "pid", (json_int_t)pid,
					  "left_out", (int)r.left_out, "answers", r.answers);
	}
	json_decref(r.answers);
	json_decref(r.symbols);
	return said;
}

// struct recorder goes on from process to process.
struct recorder {
	struct box box;
	const char *dir;
	uint64_t pid, uptime_ns; // of whom the newest box is
	unsigned silent;         // rounds in which what stands in the way was not said again
	bool failed;             // the newest box could not be written
};

// In a container each process may be number 1; but no process is younger than it was.
static void whose(struct recorder *k, const json_t *said)
{
	const json_t *health = json_object_get(json_object_get(said, "answers"), "/wirebar/health");

	k->pid = show_u64(said, "pid");
	k->uptime_ns = show_u64(health, "uptime_ns");
}

// Keeps what was said. The first word of another process moves the box of the one before aside. What could
// not be written is written over, and not the other file, which is whole.
static bool keep(struct recorder *k, json_t *said)
{
	struct recorder now = *k;

	whose(&now, said);
	bool same = now.pid == k->pid && now.uptime_ns >= k->uptime_ns;
	bool kept = same || box_keep(&k->box, k->dir);

	k->box.said = said;
	k->box.n++;
	kept = kept && box_write(&k->box, k->dir);
	if (kept)
		whose(k, said);
	k->box.n -= !kept;
	json_decref(said);
	return kept;
}

// At once, then each minute, as long as it lasts.
static void say(struct recorder *k, const char *what)
{
	if (!k->silent)
		fprintf(stderr, "wirebarctl: record: %s\n", what);
	k->silent = (k->silent + 1) % SAY_ROUNDS;
}

static void pause_ms(unsigned ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL); // a signal ends it early
}

int record_run(const struct ask *ask)
{
	struct recorder k = { .dir = ask->arg[0] };
	struct sigaction sa = { .sa_handler = on_signal };
	struct sock *s = ask->sock;
	int rc = COMMAND_GOOD;

	if (ask->options->box) {
		fprintf(stderr,
			"wirebarctl: record: found --box, allowed: a process (--file-prefix, --socket)\n");
		return COMMAND_USAGE;
	}
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	// Numbers go on where an earlier recorder stopped; whose box that is, it says.
	if (box_read(&k.box, k.dir)) {
		whose(&k, k.box.said);
		json_decref(k.box.said);
	}
	while (!interrupted) {
		json_t *said = s->fd > 0 || command_open(ask->options, s) ? record_round(s) : NULL;

		if (!said && interrupted)
			break;
		if (!said)
			say(&k, s->error), rc = (int)s->end;
		else if (!keep(&k, said))
			say(&k, k.box.error), rc = COMMAND_FAILED, k.failed = true;
		else
			k.silent = 0, rc = COMMAND_GOOD, k.failed = false;
		if (ask->options->once)
			return rc;
		pause_ms(PERIOD_MS);
	}
	return k.failed ? COMMAND_FAILED : COMMAND_GOOD;
}
