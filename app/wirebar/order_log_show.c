/* SPDX-License-Identifier: BSD-3-Clause */
// order_log_show.c: `wirebar orders FILE` prints a journal of orders as a table, oldest first, and what is
// still out.
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/wirebar/appliance.h"
#include "lcore/base/calendar.h"
#include "lcore/base/decimal.h"
#include "lcore/base/symtab.h"
#include "lcore/base/venue.h"
#include "lcore/trade/order.h"

static const char *word(const char *const *words, unsigned n, unsigned at)
{
	return at < n ? words[at] : "?";
}

static const char *small(const char *text, char out[16])
{
	size_t n = 0;

	for (; text[n] && n < 15; n++)
		out[n] = (char)tolower((unsigned char)text[n]);
	out[n] = '\0';
	return out;
}

static void head(void)
{
	printf("%10s  %-30s  %-14s  %-9s  %-8s  %-10s  %-4s  %8s  %12s  %-3s  %-8s  %4s\n", "seq",
	       "desk_time", "id", "what", "symbol", "venue", "side", "qty", "price", "tif", "source", "gate");
}

// Without a venue: adopted, or taken over from an earlier start.
static void booked(const struct order_log_record *r, const char *symbol, const char *price)
{
	const char *what = r->kind == REPORT_BREAK  ? "break"
			   : r->kind == REPORT_FILL ? r->id ? "fill" : "adopted"
						    : "restored";
	bool moved = r->kind == REPORT_FILL || r->kind == REPORT_BREAK;

	printf("%-9s  %-8s  %-10s  %-4s  %8u  %12s  holds %lld\n", what, symbol,
	       r->venue < VENUE_COUNT && r->id ? venue_name(r->venue) : "-",
	       !moved                ? "-"
	       : r->side == SIDE_BUY ? "buy"
				     : "sell",
	       r->qty, price, (long long)r->booked.position.qty);
}

static void row(const struct order_log_view *v, const struct order_log_record *r)
{
	char at[CALENDAR_ISO_BYTES] = "-", id[ORDER_ID_BYTES] = "-", symbol[32], what[16],
	     price[DECIMAL_BYTES] = "";

	if (r->at_ns)
		calendar_iso(r->at_ns, at);
	if (r->id)
		order_id_text(v->instance, r->id, id);
	printf("%10llu  %-30s  %-14s  ", (unsigned long long)r->seq, at, id);
	if (r->what == ORDER_LOG_ENDED) {
		printf("%-9s  filled %u\n", small(word(trade_state_name, TRADE_STATES, r->kind), what),
		       r->filled);
		return;
	}
	symtab_text(r->symbol, symbol);
	if (r->price)
		price[decimal_millionths(r->price, price)] = '\0';
	if (r->what == ORDER_LOG_BOOKED) {
		booked(r, symbol, price);
		return;
	}
	printf("%-9s  %-8s  %-10s  %-4s  %8u  %12s  %-3s  %-8s  ",
	       word(trade_action_name, TRADE_ACTIONS, r->kind), symbol,
	       r->venue < VENUE_COUNT ? venue_name(r->venue) : "?", r->side == SIDE_BUY ? "buy" : "sell",
	       r->qty, price, r->tif == TIF_IOC ? "ioc" : "day",
	       word(trade_source_name, TRADE_SOURCES, r->source));
	if (r->gate != UINT8_MAX)
		printf("%4u\n", r->gate);
	else
		printf("%4s\n", "-");
}

static int show(const struct order_log_view *v)
{
	uint32_t *order = calloc(v->records + 1, sizeof *order);
	struct order_log_order *left = calloc(v->records + 1, sizeof *left);
	struct order_log_record *held = calloc(v->records + 1, sizeof *held);
	const struct order_log_record *newest;
	bool room = order && left && held;
	uint32_t n = room ? order_log_left(v, order, left) : 0,
		 holds = room ? order_log_holds(v, order, held, &newest) : 0;
	char id[ORDER_ID_BYTES];

	if (!room)
		return fprintf(stderr, "wirebar: no memory\n"), 1;
	head();
	order_log_sorted(v, order);
	for (uint32_t i = 0; i < v->records; i++)
		row(v, &v->record[order[i]]);
	printf("%u records, %u torn at the end, %u damaged; %u orders have not ended\n", v->records, v->torn,
	       v->damaged, n);
	for (uint32_t i = 0; i < n; i++) {
		order_id_text(v->instance, left[i].request.id, id);
		printf("not ended: %s\n", id);
	}
	for (uint32_t i = 0; i < holds; i++) {
		char symbol[32];

		symtab_text(held[i].symbol, symbol);
		printf("held: %s %lld\n", symbol, (long long)held[i].booked.position.qty);
	}
	free(order);
	free(left);
	free(held);
	return fflush(stdout) || ferror(stdout) ? 1 : v->damaged ? 3 : 0;
}

// A copy of the file, as a run may write it meanwhile: what is counted first is then what is shown. Returns
// NULL, or why not.
static const char *copy(const char *path, void **at, size_t *bytes)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool file = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0;
	const char *why = fd < 0 ? strerror(errno) : file ? NULL : "not a journal of orders";
	ssize_t n = 1;

	*bytes = 0;
	*at = file ? malloc((size_t)st.st_size) : NULL;
	if (file && !*at)
		why = strerror(ENOMEM);
	for (; !why && n > 0 && *bytes<(size_t)st.st_size; *bytes += n> 0 ? (size_t)n : 0)
		n = read(fd, (char *)*at + *bytes, (size_t)st.st_size - *bytes);
	if (n < 0)
		why = strerror(errno);
	if (fd >= 0)
		close(fd);
	return why;
}

int order_log_show_main(int argc, char **argv)
{
	struct order_log_view v;
	size_t bytes;
	void *at;

	if (argc != 2 || argv[1][0] == '-') {
		bool help = argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));

		fprintf(help ? stdout : stderr,
			"usage: wirebar orders FILE\n\nPrints the journal of orders that a run keeps in run.state_dir "
			"(order_journal): every\nrequest before it was sent, every fill and end, what has not ended, and what is held. Exit "
			"3: records\nare damaged.\n");
		return help ? 0 : 2;
	}
	const char *why = copy(argv[1], &at, &bytes);
	int code = 1;

	why = why ? why : order_log_look(at, bytes, &v);
	if (why)
		fprintf(stderr, "wirebar: %s: %s\n", argv[1], why);
	else
		code = show(&v);
	free(at);
	return code;
}
