/* SPDX-License-Identifier: BSD-3-Clause */
// conf.h: the configuration, made from keys.def. Files are INI as DPDK people know it: [section] or
// [section NAME], key = value, comments from ; or # at the start of a line or after white space.
//
// Boot only and single threaded, except that LIVE keys are set by the control thread (conf_set). struct conf
// is about 150 KiB of plain data without pointers: keep it static. Durations are ns, sizes bytes.
#ifndef WB_CONF_CONF_H
#define WB_CONF_CONF_H

#include <stdio.h>

#include "lcore/base/num.h"
#include "lcore/base/venue.h"

enum {
	CONF_PORT_MAX = 8,
	CONF_LCORE_MAX = 16,
	CONF_LINK_MAX = 32,
	CONF_SERVER_MAX = 8,
	CONF_STOP_MAX = 16,
	CONF_ADDRESS_MAX = 4, // of one server
	CONF_NATS_MAX = 8,    // servers of a cluster
	CONF_GATE_MAX = 32,
	CONF_RULE_MAX = 16,
	CONF_NAME_BYTES = 32, // with the NUL
	CONF_NAME_LEN = 23,   // leaves DPDK's names of 28 room for a prefix
	CONF_STR_BYTES = 256,
	CONF_LIST_BYTES = 1024,
	CONF_RULE_BYTES = 128,
	CONF_CPU_MAX = 1023,
	CONF_CPU_AUTO = -1,
	CONF_UNSET = -1, // an ENUM without default, before it is given
	CONF_FILE_BYTES_MAX = 1 << 20,
	CONF_SOURCE_MAX = 48, // files included and options given
	CONF_INCLUDE_DEPTH = 4,
	CONF_LINE_BITS = 22, // of a place: the source is above them
	CONF_LINE_MASK = (1 << CONF_LINE_BITS) - 1,
};

enum conf_odd_lots { CONF_ODD_LOTS_VENUE, CONF_ODD_LOTS_FULL, CONF_ODD_LOTS_VOLUME };
enum conf_checksum { CONF_CHECKSUM_IGNORE, CONF_CHECKSUM_VERIFY };
enum conf_trailer { CONF_TRAILER_NONE, CONF_TRAILER_METAMAKO, CONF_TRAILER_EXABLAZE }; // as enum peel_trailer
enum conf_clock_anchor { CONF_CLOCK_ANCHOR_HOST, CONF_CLOCK_ANCHOR_FIRST_PACKET };
enum conf_full_link { CONF_FULL_LINK_COUNT, CONF_FULL_LINK_WAIT };
enum conf_layout { CONF_LAYOUT_FUSED, CONF_LAYOUT_SPLIT };
enum conf_seccomp {
	CONF_SECCOMP_OFF,
	CONF_SECCOMP_LOG,
	CONF_SECCOMP_ERRNO,
	CONF_SECCOMP_KILL
}; // as enum syscalls_act
enum conf_stage {
#define STAGE(NAME, name, links_to, needs, help) CONF_STAGE_##NAME,
#include "conf/stages.def"
#undef STAGE
	CONF_STAGE_COUNT
};
enum conf_idle { CONF_IDLE_SPIN, CONF_IDLE_PAUSE, CONF_IDLE_YIELD, CONF_IDLE_SLEEP };
enum conf_recovery_protocol {
	CONF_RECOVERY_MOLD64,
	CONF_RECOVERY_IEX_UDP,
	CONF_RECOVERY_IEX_TCP,
	CONF_RECOVERY_PILLAR
};
enum conf_membership { CONF_MEMBERSHIP_NONE, CONF_MEMBERSHIP_PORT, CONF_MEMBERSHIP_KERNEL };
// As enum gate_stream, gate_side, gate_group.
enum conf_gate_stream { CONF_GATE_STREAM_ENTRY_FIRE, CONF_GATE_STREAM_EXIT_FIRE, CONF_GATE_STREAM_NONE };
enum conf_gate_side { CONF_GATE_SIDE_LONG, CONF_GATE_SIDE_SHORT };
enum conf_gate_group { CONF_GATE_GROUP_WEIGHTED, CONF_GATE_GROUP_ALL, CONF_GATE_GROUP_ANY };

// In the order of enum desk_price, trade_tif, stop_mode and stop_watch of lcore/trade.
enum conf_order_price {
	CONF_ORDER_PRICE_TOUCH,
	CONF_ORDER_PRICE_MID,
	CONF_ORDER_PRICE_THROUGH,
	CONF_ORDER_PRICE_MARKET
};
enum conf_loss_action { CONF_LOSS_ACTION_REDUCE, CONF_LOSS_ACTION_HALT };
enum conf_gateway_rows { CONF_GATEWAY_ROWS_ALL, CONF_GATEWAY_ROWS_WATCHED };
enum conf_order_journal { CONF_ORDER_JOURNAL_LIVE, CONF_ORDER_JOURNAL_ALWAYS };

// Of a LIMIT: what it counts, and what is no number.
enum conf_unit { CONF_UNIT_SHARES, CONF_UNIT_COUNT, CONF_UNIT_MONEY, CONF_UNIT_NS };
#define CONF_ABSENT    INT64_MIN
#define CONF_UNLIMITED INT64_MAX

// The words of each ENUM by value, NULL-ended.
extern const char *const conf_enum_odd_lots[],
	*const conf_enum_checksum[], *const conf_enum_clock_anchor[], *const conf_enum_trailer[];
extern const char *const conf_enum_seccomp[];
extern const char *const conf_enum_layout[], *const conf_enum_full_link[], *const conf_enum_stage[],
										   *const conf_enum_idle[];
extern const char *const conf_enum_log_level[]; // from RTE_LOG_ERR on
extern const char *const conf_enum_recovery_protocol[],
	*const conf_enum_gate_stream[], *const conf_enum_gate_side[], *const conf_enum_gate_group[];
extern const char *const conf_enum_membership[];
extern const char *const conf_enum_order_price[],
	*const conf_enum_order_tif[], *const conf_enum_loss_action[], *const conf_enum_order_journal[];
extern const char *const conf_enum_gateway_rows[];
extern const char *const conf_enum_stop_mode[], *const conf_enum_stop_watch[];

// The C type of each type of keys.def. Each member has a <member>_line, the place that set it (0: the
// default): the line in the file in the low CONF_LINE_BITS, the source (an included file, an option) above
// them.
#define CONF_CTYPE_U64         uint64_t
#define CONF_CTYPE_NS          uint64_t
#define CONF_CTYPE_BYTES       uint64_t
#define CONF_CTYPE_F64         double
#define CONF_CTYPE_MONEY       int64_t // 1e-6 dollar
#define CONF_CTYPE_LIMIT(unit) int64_t // or CONF_ABSENT, CONF_UNLIMITED
#define CONF_CTYPE_BOOL        bool
#define CONF_CTYPE_ENUM(words) int
#define CONF_CTYPE_CPU         int
#define CONF_CTYPE_STR         char
#define CONF_CTYPE_LIST        char
#define CONF_CTYPE_RULE \
	unsigned n_rule; \
	unsigned rule_at_line[CONF_RULE_MAX]; \
	char
#define CONF_CDIM_U64
#define CONF_CDIM_NS
#define CONF_CDIM_BYTES
#define CONF_CDIM_F64
#define CONF_CDIM_BOOL
#define CONF_CDIM_MONEY
#define CONF_CDIM_LIMIT(unit)
#define CONF_CDIM_ENUM(words)
#define CONF_CDIM_CPU
#define CONF_CDIM_STR  [CONF_STR_BYTES]
#define CONF_CDIM_LIST [CONF_LIST_BYTES]
#define CONF_CDIM_RULE [CONF_RULE_MAX][CONF_RULE_BYTES]

// struct conf_bars, conf_feed, conf_run, conf_telemetry, conf_eal, conf_port, conf_lcore, conf_link and
// conf_gate have one member per key; `line` is where the section starts.
#define SECTION(section, help) \
	struct conf_##section { \
		unsigned line;
#define SECTION_NAMED(section, max, help) \
	struct conf_##section { \
		char name[CONF_NAME_BYTES]; \
		unsigned line;
#define KEY(section, key, type, member, min, max, def, when, help) \
	CONF_CTYPE_##type member CONF_CDIM_##type; \
	unsigned member##_line;
#define SECTION_END(section) \
	} \
	;
#include "conf/keys.def"

// struct conf: bars, feed, run, telemetry, eal; port[n_port], lcore[n_lcore], link[n_link], gate[n_gate].
struct conf {
#define SECTION(section, help) struct conf_##section section;
#define SECTION_NAMED(section, max, help) \
	struct conf_##section section[max]; \
	unsigned n_##section;
#include "conf/keys.def"
	char file[CONF_STR_BYTES]; // what errors call it
	// Other sources of values: included files, options of the command line. by: the place that includes
	// it.
	struct conf_source {
		char name[CONF_STR_BYTES];
		unsigned by;
	} source[CONF_SOURCE_MAX];
	unsigned n_source;
	unsigned origin; // of what conf_set sets: 1 is source[0]; 0: no source
};

// struct conf_error says what was refused, as in
// bench.conf:12: [lcore ingest0] idle: found "fast", allowed: spin, pause, yield, sleep
struct conf_error {
	char text[768]; // printable ASCII: what else was found is shown as <U+00A0>
	unsigned place; // what it blames, as a member's <member>_line
};

// conf_defaults fills c with every key's default, and no ports, lcores, links or gates.
void conf_defaults(struct conf *c);
// conf_load reads the file at path, or a profile by builtin:NAME, over the defaults. A file may begin with
// `include = FILE` or `include = builtin:NAME` (or [include] with file = ...): its own keys override the
// included ones, and its rules of a gate replace the included ones. Returns 0, -errno of the file, or as
// conf_parse.
int conf_load(struct conf *c, const char *path, struct conf_error *err);
// conf_parse reads len bytes of text over the defaults; errors call it name. Returns 0, or -EINVAL, -E2BIG
// (too long or too many) or -EEXIST (given twice) with err saying where, what was found and what is allowed;
// c is then not to be used.
int conf_parse(struct conf *c, const char *name, const char *text, size_t len, struct conf_error *err);
// conf_set sets one key by its path, bars.lateness or lcore.ingest0.idle, by the rules of the file. A
// repeatable key gets one more value; a gate that does not exist is made. live: LIVE keys only, others
// -EPERM. Returns 0, -ENOENT for an unknown path, or as conf_parse; c is unchanged if refused.
int conf_set(struct conf *c, const char *path, const char *value, bool live, struct conf_error *err);
// conf_set_pair sets PATH=VALUE, as an option --set of a program says it. Returns as conf_set.
int conf_set_pair(struct conf *c, const char *pair, struct conf_error *err);
// conf_add adds a port, lcore, link or gate with default values, as its [section name] would. Returns 0, or
// as conf_parse.
int conf_add(struct conf *c, const char *section, const char *name, struct conf_error *err);
// conf_fail writes "file:line: " and the message to err (line 0: no line) and returns -EINVAL. For checks
// that come after the parser (topo.c, gates).
int conf_fail(struct conf_error *err, const struct conf *c, unsigned line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

// conf_reload makes of the running configuration *to what a file says that was read later: LIVE keys take the
// file's values, and gates are the file's. changed is called for each key that differs: live ones are taken;
// the others differ from what it was started with, and need a restart (a section alone: it came or went).
// What an option of the command line has set stays, and is set in *file, too: as a restart would see it, for
// checks. Pure.
typedef void conf_changed(void *ctx, const char *path, bool live);
void conf_reload(struct conf *to, const struct conf *started, struct conf *file, conf_changed *changed,
		 void *ctx);
// conf_origin names, for errors, the source of what conf_set and conf_add set from now on ("command line:
// --watch"); NULL: none.
void conf_origin(struct conf *c, const char *name);
// conf_source_name returns the file or option of a place. conf_place returns "line 7", or "FILE:7" for
// another file than the configuration itself.
const char *conf_source_name(const struct conf *c, unsigned place);
struct conf_place_text {
	char text[96];
};
struct conf_place_text conf_place(const struct conf *c, unsigned place);

// conf_dump prints every key with its value as a commented file, which reads back as the same configuration.
void conf_dump(const struct conf *c, FILE *out);
// conf_doc prints docs/conf.md: all keys by section with type, range, default, BOOT or LIVE, and help.
void conf_doc(FILE *out);

// struct conf_item is one element of a LIST.
struct conf_item {
	char text[CONF_STR_BYTES];
};

// conf_list_next takes the next element of a list, its ends trimmed; *cursor starts at the LIST's text.
// Separator is ',' (eal.vdev: ';'). Returns false at the end.
bool conf_list_next(const char **cursor, char separator, struct conf_item *item);
// conf_duration reads a duration such as 5ms (ns, us, ms, s) or 0. Returns 0 or -EINVAL.
int conf_duration(const char *text, uint64_t *out_ns);
// conf_lateness reads the allowance of a venue (by name or alias, venue.def) from bars.lateness: one duration
// for all, or VENUE=duration,..., 60 s at most; a venue without one gets default_ns. Returns 0 or -EINVAL.
int conf_lateness(const struct conf *c, enum venue venue, uint64_t default_ns, uint64_t *out_ns,
		  struct conf_error *err);

// What the paper exchange assumes of a venue. The words of hidden and l2 are in the order of enum
// paper_hidden and enum paper_l2 (lcore/trade/paper.h).
struct conf_paper_venue {
	uint64_t entry_ns, cancel_ns, response_ns;
	unsigned hidden, l2;
};
// conf_paper_of reads the [paper] section for a venue. Returns 0 or -EINVAL.
int conf_paper_of(const struct conf *c, enum venue venue, struct conf_paper_venue *out,
		  struct conf_error *err);

struct calendar_early;
// conf_early_closes reads bars.early_closes into out. Returns how many, -EINVAL, or -E2BIG beyond max.
int conf_early_closes(const struct conf *c, struct calendar_early *out, unsigned max, struct conf_error *err);
// conf_holidays reads bars.holidays into out, as early closes at 0. Returns as conf_early_closes.
int conf_holidays(const struct conf *c, struct calendar_early *out, unsigned max, struct conf_error *err);

enum { CONF_FEES_MAX = 128, CONF_FEE_SELLS_MAX = 16 };

// struct conf_fee_rate is what one liquidity byte of a venue costs a share, in 1e-6 dollar; liquidity 0: what
// an order pays at least.
struct conf_fee_rate {
	uint8_t venue, liquidity;
	int64_t micro;
};

// struct conf_fee_sell is what is taken of sales from a New York date on, in 1e-6 dollar.
struct conf_fee_sell {
	int32_t from_day; // since 1970
	int64_t per_share, per_share_max, per_million;
};

// conf_fee_rates reads fees.rates and fees.order_min, conf_fee_sells fees.sells. Both return how many, or
// -EINVAL, also for more than max.
int conf_fee_rates(const struct conf *c, struct conf_fee_rate *out, unsigned max, struct conf_error *err);
int conf_fee_sells(const struct conf *c, struct conf_fee_sell *out, unsigned max, struct conf_error *err);
// conf_orders_check checks the sections of orders, fees and stops, and what gates say of orders. Returns 0 or
// -EINVAL.
int conf_orders_check(const struct conf *c, struct conf_error *err);
// conf_money reads dollars, with up to six decimals, into 1e-6 dollar. Returns 0 or -EINVAL.
int conf_money(const char *text, int64_t *out);

// struct conf_queue is one receive queue that an ingest lcore polls.
struct conf_queue {
	unsigned port, queue; // index into c->port; queue of that port
};

// conf_queues reads the queues of lcore l: port:queue,... where port alone is its queue 0. Returns how many;
// -EINVAL: an unknown port, a queue that the port does not have, one named twice; -E2BIG: more than max.
int conf_queues(const struct conf *c, const struct conf_lcore *l, struct conf_queue *out, unsigned max,
		struct conf_error *err);

enum { CONF_CHANNEL_GROUPS = 64 };

// struct conf_channel_group is one multicast group and port that carries a channel.
struct conf_channel_group {
	uint32_t dst_ip; // host order
	uint16_t dst_port;
	uint16_t channel; // equal for the groups of one channel
};

// conf_channels reads feed.channels (NAME: group:port group:port ..., NAME: ...) into out. Returns how many
// groups, -EINVAL, or -E2BIG beyond max.
int conf_channels(const struct conf *c, struct conf_channel_group *out, unsigned max, struct conf_error *err);
// conf_speed reads a replay speed: max gives 0, 10x or 0.5x the factor (1e-3 to 1e6). Returns 0 or -EINVAL.
int conf_speed(const char *text, double *out_factor);
// conf_group reads an IPv4 multicast group into host byte order. Returns 0 or -EINVAL.
int conf_group(const char *text, uint32_t *out_ip);
// conf_host reads an IPv4 address into host byte order; an empty one is 0. Returns 0 or -EINVAL.
int conf_host(const char *text, uint32_t *out_ip);
// conf_member_check checks what a port says about membership of its groups. Returns 0, or -EINVAL.
int conf_member_check(const struct conf *c, const struct conf_port *p, struct conf_error *err);

// struct conf_address is an IPv4 address and port in host byte order.
struct conf_address {
	uint32_t ip;
	uint16_t port;
};

// conf_parse_address reads IP:port. Returns 0 or -EINVAL.
int conf_parse_address(const char *text, struct conf_address *out);
// conf_server_addresses reads the addresses of a server. Returns how many; -EINVAL: none, one that is no
// address, or more than max.
int conf_server_addresses(const struct conf *c, const struct conf_server *s, struct conf_address *out,
			  unsigned max, struct conf_error *err);
// conf_server_check checks one [server] section and what it needs of others. Returns 0 or -EINVAL.
int conf_server_check(const struct conf *c, const struct conf_server *s, struct conf_error *err);
// conf_jetstream_servers reads the servers of [jetstream], at most CONF_NATS_MAX. Returns how many, or
// -EINVAL.
int conf_jetstream_servers(const struct conf *c, struct conf_address out[CONF_NATS_MAX],
			   struct conf_error *err);
// conf_kafka_built says whether the sink for Kafka is in this build.
extern const bool conf_kafka_built;
// conf_sinks_check checks what sinks are told, and that a configured one has its gateway. gateways: lcores of
// that stage. Returns 0 or -EINVAL.
int conf_sinks_check(const struct conf *c, unsigned gateways, struct conf_error *err);
// conf_servers checks all the [server] sections and what they need of others. Returns 0 or -EINVAL.
int conf_servers(const struct conf *c, struct conf_error *err);

// The built-in profiles: conf/NAME.conf; plain is bench without its gates.
extern const char conf_bench_text[], conf_plain_text[], conf_demo_text[], conf_rack_text[];
extern const size_t conf_bench_bytes, conf_plain_bytes, conf_demo_bytes, conf_rack_bytes;

#define CONF_BUILTIN "builtin:"

struct conf_profile {
	const char *name, *text;
	const size_t *bytes;
	const char *help;
};

extern const struct conf_profile conf_profiles[]; // ended by a NULL name
// conf_profile_find returns a profile by name, or NULL; conf_profile_names writes the names, separated by
// commas.
const struct conf_profile *conf_profile_find(const char *name);
void conf_profile_names(char *out, size_t out_bytes);

#endif
