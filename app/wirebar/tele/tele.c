/* SPDX-License-Identifier: BSD-3-Clause */
// tele.c: the telemetry paths: one callback for all of tele.def, which checks the parameters and calls the
// handler. Runs on DPDK's client threads. A gate keeps them out before launch and after teardown has begun.
#include "app/wirebar/tele/tele.h"

#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include <rte_telemetry.h>

#include "lcore/base/symtab.h"
#include "lcore/model/tables.h"

struct tele_path {
	const char *path;
	void (*handler)(const struct tele_ask *ask, struct tele_reply *r);
	const char *params, *help, *full;
	int min, max;
};

static const struct tele_path paths[] = {
#define TELE(path, handler, params, min, max, help) \
	{ path, handler, params, help, params[0] ? help ". Parameters: " params : help, min, max },
#include "app/wirebar/tele/tele.def"
#undef TELE
};

// DPDK's limits.
#define TELE(path, handler, params, min, max, help) \
	_Static_assert(sizeof(path) <= 56 && sizeof(help ". Parameters: " params) <= 128 && \
			       (max) <= TELE_ARGS, \
		       path);
#include "app/wirebar/tele/tele.def"
#undef TELE

static pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;
static struct appliance *appliance; // NULL: closed. w: control thread, with the gate held

static void start(struct tele_reply *r)
{
	rte_tel_data_start_dict(r->data);
	r->bytes = 96; // braces, and the path around them
	r->n = 0;
}

// Length in JSON: what must be escaped takes up to six bytes.
static size_t json_bytes(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (unsigned char)*text < ' ' ? 6 : *text == '"' || *text == '\\' ? 2 : 1;
	return n;
}

static void clean_key(const char *key, char out[64])
{
	size_t n = 0;

	for (; *key && n < 63; key++)
		out[n++] = (*key >= '0' && *key <= '9') || (*key >= 'A' && *key <= 'Z') ||
					   (*key >= 'a' && *key <= 'z') || *key == '_' || *key == '/'
				   ? *key
				   : '_';
	out[n] = '\0';
}

static bool fits(struct tele_reply *r, size_t bytes)
{
	if (r->n >= TELE_ENTRIES || r->bytes + bytes > TELE_REPLY_BYTES)
		return false;
	r->bytes += bytes;
	r->n++;
	return true;
}

bool tele_text(struct tele_reply *r, const char *key, const char *text)
{
	char k[64], v[RTE_TEL_MAX_STRING_LEN];

	clean_key(key, k);
	snprintf(v, sizeof v, "%s", text);
	return fits(r, strlen(k) + json_bytes(v) + 6) && rte_tel_data_add_dict_string(r->data, k, v) == 0;
}

bool tele_number(struct tele_reply *r, const char *key, uint64_t value)
{
	char k[64], v[24];

	clean_key(key, k);
	int len = snprintf(v, sizeof v, "%llu", (unsigned long long)value);

	return fits(r, strlen(k) + (size_t)len + 4) && rte_tel_data_add_dict_u64(r->data, k, value) == 0;
}

bool tele_signed(struct tele_reply *r, const char *key, int64_t value)
{
	char v[24];

	snprintf(v, sizeof v, "%lld", (long long)value);
	return tele_text(r, key, v);
}

bool tele_px(struct tele_reply *r, const char *key, int64_t px)
{
	char v[32];

	bar_px(px == BOOK_NO_BID || px == BOOK_NO_ASK ? PX_NULL : px, v);
	return tele_text(r, key, v);
}

bool tele_begin(struct tele_reply *sub)
{
	*sub = (struct tele_reply){ .data = rte_tel_data_alloc() };
	if (!sub->data)
		return false;
	rte_tel_data_start_dict(sub->data);
	return true;
}

bool tele_end(struct tele_reply *r, const char *key, struct tele_reply *sub)
{
	char k[64];

	clean_key(key, k);
	size_t bytes = sub->bytes + strlen(k) + 8;

	if (r->bytes + bytes + TELE_RESERVE <= TELE_REPLY_BYTES && fits(r, bytes) &&
	    rte_tel_data_add_dict_container(r->data, k, sub->data, 0) == 0)
		return true;
	rte_tel_data_free(sub->data);
	return false;
}

void tele_error(struct tele_reply *r, const char *format, ...)
{
	char text[RTE_TEL_MAX_STRING_LEN];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	start(r);
	tele_text(r, "status", "error");
	tele_text(r, "error", text);
}

bool tele_uint(struct tele_reply *r, const char *what, const char *text, uint64_t min, uint64_t max,
	       uint64_t *out)
{
	uint64_t v = 0;
	size_t n = strlen(text);
	bool good = n > 0 && n <= 18;

	for (size_t i = 0; i < n && good; i++) {
		good = text[i] >= '0' && text[i] <= '9';
		v = v * 10 + (uint64_t)(text[i] - '0');
	}
	if (!good || v < min || v > max) {
		tele_error(r, "%s: found \"%.40s\", allowed: %llu to %llu", what, text,
			   (unsigned long long)min, (unsigned long long)max);
		return false;
	}
	*out = v;
	return true;
}

bool tele_symbol(struct tele_reply *r, const char *symbol, uint64_t *out)
{
	size_t n = strlen(symbol);
	bool good = n >= 1 && n <= SYMBOL_BYTES;

	for (size_t i = 0; i < n && good; i++)
		good = symbol[i] > ' ' && symbol[i] <= '~' && symbol[i] != '"';
	if (!good) {
		tele_error(r, "symbol: found \"%.40s\", allowed: 1 to 8 printable characters, as on the wire",
			   symbol);
		return false;
	}
	*out = symtab_key(symbol, n);
	return true;
}

bool tele_instr(const struct tele_ask *ask, struct tele_reply *r, const char *symbol, uint32_t *out)
{
	uint64_t key;

	if (!tele_symbol(r, symbol, &key))
		return false;
	*out = tables_find(ask->a->plant.tables, key);
	if (*out == INSTR_NONE) {
		tele_error(r, "no instrument %s so far (symbols are as on the wire, upper case)", symbol);
		return false;
	}
	return true;
}

// False, with an error in the reply, unless the number of parameters is right. An empty one is an error as
// well.
static bool split(const struct tele_path *p, const char *params, struct tele_ask *ask, struct tele_reply *r)
{
	const char *at = params;
	bool good = true;

	while (at && good) {
		size_t len = strcspn(at, ",");

		good = ask->n < p->max && len > 0 && len < TELE_ARG_BYTES;
		if (good) {
			memcpy(ask->arg[ask->n], at, len);
			ask->arg[ask->n++][len] = '\0';
		}
		at = at[len] ? at + len + 1 : NULL;
	}
	if (good && ask->n >= p->min)
		return true;
	if (p->params[0])
		tele_error(r, "parameters: found \"%.40s\", allowed: %s", params ? params : "", p->params);
	else
		tele_error(r, "parameters: found \"%.40s\", allowed: none", params);
	return false;
}

static int serve(const char *cmd, const char *params, struct rte_tel_data *data)
{
	struct tele_reply r = { .data = data };
	struct tele_ask ask = { .n = 0 };
	const struct tele_path *p = NULL;

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (!strcmp(paths[i].path, cmd))
			p = &paths[i];
	start(&r);
	pthread_rwlock_rdlock(&gate);
	ask.a = appliance;
	if (!p)
		tele_error(&r, "no such path");
	else if (!appliance)
		tele_error(&r, "wirebar is ending");
	else if (!(appliance->launched_s > 0))
		tele_error(&r, "wirebar is starting");
	else if (split(p, params && params[0] ? params : NULL, &ask, &r))
		p->handler(&ask, &r);
	pthread_rwlock_unlock(&gate);
	return 0;
}

int tele_register(struct appliance *a)
{
	pthread_rwlock_wrlock(&gate);
	appliance = a;
	pthread_rwlock_unlock(&gate);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		int rc = rte_telemetry_register_cmd(paths[i].path, serve, paths[i].full);

		if (rc)
			return rc;
	}
	return 0;
}

void tele_close(void)
{
	pthread_rwlock_wrlock(&gate);
	appliance = NULL;
	pthread_rwlock_unlock(&gate);
}

static void doc_example(FILE *out)
{
	fprintf(out, "Ask with Debian's client, or with `wirebarctl`:\n\n"
		     "    echo /wirebar/bars,SPY,5s,3,open_ts+close+volume | dpdk-telemetry.py -f wirebar\n"
		     "    wirebarctl bars SPY 5s 3\n\n");
}

static void doc_lags(FILE *out)
{
	fprintf(out, "| histogram of `lag` and of the end report | of what |\n|---|---|\n");
	for (int i = 0; i < HIST_COUNT; i++)
		fprintf(out, "| `%s` | %s |\n", lcore_hist_name[i], lcore_hist_help[i]);
	fprintf(out, "\n");
}

void tele_doc(FILE *out)
{
	fprintf(out,
		"# Telemetry paths\n\n"
		"Made from `app/wirebar/tele/tele.def` by `wirebar docs`; do not edit.\n\n"
		"The socket is DPDK telemetry v2 (`dpdk_telemetry.v2` in EAL's runtime directory,\n"
		"SOCK_SEQPACKET). A request is `path,parameters`; parameters are separated by commas.\n\n");
	doc_example(out);
	fprintf(out,
		"- A refused request answers `{\"status\":\"error\",\"error\":\"why\"}`, never null.\n"
		"- Times are ns; names ending in `_ns` are numbers. DPDK 22.11 knows neither decimals nor\n"
		"  negative 64-bit numbers: prices, decimals and signed columns are text, exactly as in the\n"
		"  bars CSV; empty text is null.\n"
		"- A reply holds 16 KiB. What did not fit is counted in `more`; ask again with `from` or\n"
		"  `skip`.\n"
		"- `bars` answers columns as parallel arrays, newest row first. Columns are joined by `+`\n"
		"  or `;`; none, or `all`, means all.\n"
		"- `lag` nests lcore, histogram and figure, so that flattening clients see keys such as\n"
		"  `ingest0_wire_lag_p99_ns`.\n"
		"- While lcores run, the sums of `ledger` and `links` are read until they agree for a\n"
		"  moment; a burst in flight may come between them.\n"
		"- Commands are applied by the owning lcores and acknowledged with their number; after the\n"
		"  end of a replay they are refused.\n\n");
	doc_lags(out);
	fprintf(out, "| path | parameters | answer |\n"
		     "|---|---|---|\n");
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		fprintf(out, "| `%s` | %s%s%s | %s |\n", paths[i].path, paths[i].params[0] ? "`" : "",
			paths[i].params, paths[i].params[0] ? "`" : "", paths[i].help);
}
