/* SPDX-License-Identifier: BSD-3-Clause */
// args.c: options, their units and bounds, and the help text.
#include "app/marketgen/args.h"

#include "app/marketgen/read.h"
#include "app/marketgen/sim/exchange.h"
#include "app/marketgen/sim/profile.h"
#include "lcore/base/calendar.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MESSAGES_MAX UINT64_C(100000000000)
#define LAG_MAX_NS   (60 * NS_PER_S)
#define DAY_FROM_NS  (3600 * NS_PER_S)
#define RESTARTS_MAX 7
#define SESSIONS_MAX 8
_Static_assert(RESTARTS_MAX + SESSIONS_MAX - 1 < STREAM_NUMBERINGS_MAX, "each begins a numbering");

static const char help[] =
	"usage: marketgen --out DIR|PREFIX [options]\n"
	"       marketgen serve --help    recovery servers for captures\n"
	"\n"
	"Simulates exchanges and writes what their multicast lines would carry, as captures, with the\n"
	"truth beside them. The same arguments give the same bytes; of an option that is given twice the\n"
	"last one counts.\n"
	"\n"
	"  --out DIR|PREFIX     where to write: DIR/marketgen.* in an existing directory, else PREFIX.*\n"
	"  --seed N             another market (default 1)\n"
	"  --instruments N      1 to 60000 (default 8000)\n"
	"  --messages N         about how many, all venues together (default 1M); k, M, G are understood;\n"
	"                       the start of day alone takes three per instrument and venue\n"
	"  --start HH:MM[:SS]   New York time (default 09:29:30); the open is at 09:30\n"
	"  --duration T         such as 500ms, 30s, 5m, 6h30m (default 5m); must end by 24:00\n"
	"  --shape open|day     how messages are spread over time: open, the burst of 09:30 and its decay, then\n"
	"                       evenly; day, also a quiet lunch and a burst before 16:00, crosses on top of\n"
	"                       --messages (default: day from 1h on)\n"
	"  --date YYYY-MM-DD    New York trade date (default 2026-03-10)\n"
	"  --venues LIST        of those below, with commas; one price process for all (default itch,iex)\n"
	"  --lines A|AB         one line, or two that cut the stream differently (default A)\n"
	"\n"
	"What happens to prints and instruments, as shares of 0 to 1:\n"
	"  --prints P           of what is done in books after the open, trades; itch, pillar (default: the\n"
	"                       venue's mix, about 0.02); adds make up for what they take\n"
	"  --breaks P           of prints, broken 0.3 to 400 s later (default 0.001)\n"
	"  --corrections P      of crosses, given another volume 0.3 to 400 s later; pillar (default 0.01)\n"
	"  --late P             of prints, older than what was sent before them; iex, pillar (default 0)\n"
	"  --late-by T          at most by so much (default 2s)\n"
	"  --halts P            of instruments, halted or paused once for 5 to 60 s (default 0.001, rounded up);\n"
	"                       what is halted at 20:00 stays so\n"
	"\n"
	"What happens to the numbers of each venue, at times of its own:\n"
	"  --restarts N         N times, 0 to 7, numbers begin anew within the session: the venue comes up with\n"
	"                       empty books and tells its start of day again; pillar by its reset (default 0)\n"
	"  --sessions N         1 to 8 sessions, each with a name and numbers of its own (default 1)\n"
	"\n"
	"Faults, as probability per packet, 0 to 1, for each line by itself (default 0); P,P for A and B:\n"
	"  --loss P             not in the capture\n"
	"  --dup P              twice in the capture\n"
	"  --reorder P          behind 1 to 8 later packets\n"
	"  --swap P             changes places with the next packet\n"
	"  --corrupt P          1 to 4 payload bytes flipped; the UDP checksum shows it\n"
	"  --strangers P        before it a datagram of another session on the same group; itch, iex\n"
	"  --lag T              not a fault: the second line is received so much later, 0 to 60s, such as 250us,\n"
	"                       20ms or 10s (default 0); T,T for A and B\n"
	"\n"
	"Files:\n"
	"  --vlan ID            802.1Q tag, 1 to 4094 (default none)\n"
	"  --nano | --micro     resolution of capture times (default nano)\n"
	"  --gzip               compress captures (.pcap.gz)\n"
	"  --raw FILE.itch50    the ITCH messages also without packets (u16 length, message)\n"
	"  --truth FILE         the prints (default PREFIX.trades.csv)\n"
	"  --progress           report on stderr every few seconds\n"
	"  --help               this text\n"
	"\n"
	"Writes PREFIX.VENUE.a.pcap and PREFIX.VENUE.b.pcap; PREFIX.trades.csv, one row per print, break and\n"
	"correction in wire order of its venue; PREFIX.status.csv, halts and resumptions; and PREFIX.truth.json,\n"
	"counts by message type, and for each line packets, faults and the sequence ranges lost.\n"
	"\n"
	"Exit: 0 done, 1 failed, 2 wrong usage.\n";

enum option_id {
	OPT_OUT = 256,
	OPT_SEED,
	OPT_INSTRUMENTS,
	OPT_MESSAGES,
	OPT_START,
	OPT_DURATION,
	OPT_SHAPE,
	OPT_DATE,
	OPT_VENUES,
	OPT_LINES,
	OPT_PRINTS,
	OPT_BREAKS,
	OPT_CORRECTIONS,
	OPT_LATE,
	OPT_LATE_BY,
	OPT_HALTS,
	OPT_LOSS,
	OPT_DUP,
	OPT_REORDER,
	OPT_CORRUPT,
	OPT_VLAN,
	OPT_NANO,
	OPT_MICRO,
	OPT_GZIP,
	OPT_RAW,
	OPT_TRUTH,
	OPT_PROGRESS,
	OPT_HELP,
	OPT_LAG,
	OPT_SWAP,
	OPT_STRANGERS,
	OPT_RESTARTS,
	OPT_SESSIONS,
};

static const struct option options[] = {
	{ "out", required_argument, NULL, OPT_OUT },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "instruments", required_argument, NULL, OPT_INSTRUMENTS },
	{ "messages", required_argument, NULL, OPT_MESSAGES },
	{ "start", required_argument, NULL, OPT_START },
	{ "duration", required_argument, NULL, OPT_DURATION },
	{ "shape", required_argument, NULL, OPT_SHAPE },
	{ "date", required_argument, NULL, OPT_DATE },
	{ "venues", required_argument, NULL, OPT_VENUES },
	{ "lines", required_argument, NULL, OPT_LINES },
	{ "prints", required_argument, NULL, OPT_PRINTS },
	{ "breaks", required_argument, NULL, OPT_BREAKS },
	{ "corrections", required_argument, NULL, OPT_CORRECTIONS },
	{ "late", required_argument, NULL, OPT_LATE },
	{ "late-by", required_argument, NULL, OPT_LATE_BY },
	{ "halts", required_argument, NULL, OPT_HALTS },
	{ "loss", required_argument, NULL, OPT_LOSS },
	{ "dup", required_argument, NULL, OPT_DUP },
	{ "reorder", required_argument, NULL, OPT_REORDER },
	{ "swap", required_argument, NULL, OPT_SWAP },
	{ "strangers", required_argument, NULL, OPT_STRANGERS },
	{ "lag", required_argument, NULL, OPT_LAG },
	{ "restarts", required_argument, NULL, OPT_RESTARTS },
	{ "sessions", required_argument, NULL, OPT_SESSIONS },
	{ "corrupt", required_argument, NULL, OPT_CORRUPT },
	{ "vlan", required_argument, NULL, OPT_VLAN },
	{ "nano", no_argument, NULL, OPT_NANO },
	{ "micro", no_argument, NULL, OPT_MICRO },
	{ "gzip", no_argument, NULL, OPT_GZIP },
	{ "raw", required_argument, NULL, OPT_RAW },
	{ "truth", required_argument, NULL, OPT_TRUTH },
	{ "progress", no_argument, NULL, OPT_PROGRESS },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

// One share for every line, or one for each.
static bool read_fault(struct args *args, const char *text, size_t field)
{
	double share;
	const char *after = "";

	for (uint32_t i = 0; i < STREAM_LINES_MAX; i++) {
		bool last = i + 1 == STREAM_LINES_MAX;

		if ((i == 0 || *after == ',') &&
		    !read_share(i == 0 ? text : after + 1, last ? '\0' : ',', &share, &after))
			return false;
		memcpy((char *)&args->faults[i] + field, &share, sizeof share);
	}
	return true;
}

// How far the second line is behind, or each.
static bool read_lag(struct args *args, const char *text)
{
	const char *after;
	uint64_t lag_ns = 0;

	if (!read_time(text, &lag_ns, &after) || lag_ns > LAG_MAX_NS)
		return false;
	args->faults[0].lag_ns = 0;
	if (*after == ',') {
		args->faults[0].lag_ns = lag_ns;
		if (!read_time(after + 1, &lag_ns, &after) || *after != '\0' || lag_ns > LAG_MAX_NS)
			return false;
	}
	args->faults[1].lag_ns = lag_ns;
	return true;
}

static bool read_venues(struct args *args, const char *text)
{
	args->venues = exchange_mask(text);
	return args->venues != 0;
}

static bool read_shape(struct args *args, const char *text)
{
	args->shape = strcmp(text, "open") == 0  ? PROFILE_SHAPE_OPEN
		      : strcmp(text, "day") == 0 ? PROFILE_SHAPE_DAY
						 : 0;
	return args->shape != 0;
}

static bool read_lines(struct args *args, const char *text)
{
	args->n_lines = strcmp(text, "A") == 0 ? 1 : strcmp(text, "AB") == 0 ? 2 : 0;
	return args->n_lines > 0;
}

static bool read_prefix(struct args *args, const char *text)
{
	struct stat status;
	bool folder = stat(text, &status) == 0 && S_ISDIR(status.st_mode);
	size_t n = strlen(text);
	int length;

	if (n == 0)
		return false;
	length = snprintf(args->prefix, sizeof args->prefix, "%s%s", text,
			  !folder              ? ""
			  : text[n - 1] == '/' ? "marketgen"
					       : "/marketgen");
	return length > 0 && (size_t)length < sizeof args->prefix;
}

static bool read_option(struct args *args, int id, const char *text)
{
	uint64_t number = 0;
	bool ok;

	switch (id) {
	case OPT_OUT: return read_prefix(args, text);
	case OPT_SEED: return read_count(text, 0, UINT64_MAX, &args->seed);
	case OPT_INSTRUMENTS:
		ok = read_count(text, 1, MARKET_INSTRUMENTS_MAX, &number);
		args->instruments = (uint32_t)number;
		return ok;
	case OPT_MESSAGES: return read_count(text, 1, MESSAGES_MAX, &args->messages);
	case OPT_START: return read_clock(text, &args->start_ns);
	case OPT_DURATION: return read_duration(text, &args->duration_ns);
	case OPT_SHAPE: return read_shape(args, text);
	case OPT_DATE: return calendar_parse_date(text, strlen(text), &args->day);
	case OPT_VENUES: return read_venues(args, text);
	case OPT_LINES: return read_lines(args, text);
	case OPT_PRINTS: return read_part(text, &args->prints);
	case OPT_BREAKS: return read_part(text, &args->breaks);
	case OPT_CORRECTIONS: return read_part(text, &args->corrections);
	case OPT_LATE: return read_part(text, &args->late);
	case OPT_LATE_BY: return read_duration(text, &args->late_by_ns);
	case OPT_HALTS: return read_part(text, &args->halts);
	case OPT_LOSS: return read_fault(args, text, offsetof(struct faults_plan, loss));
	case OPT_DUP: return read_fault(args, text, offsetof(struct faults_plan, dup));
	case OPT_REORDER: return read_fault(args, text, offsetof(struct faults_plan, reorder));
	case OPT_CORRUPT: return read_fault(args, text, offsetof(struct faults_plan, corrupt));
	case OPT_SWAP: return read_fault(args, text, offsetof(struct faults_plan, swap));
	case OPT_STRANGERS: return read_fault(args, text, offsetof(struct faults_plan, strangers));
	case OPT_LAG: return read_lag(args, text);
	case OPT_RESTARTS:
		ok = read_count(text, 0, RESTARTS_MAX, &number);
		args->restarts = (uint32_t)number;
		return ok;
	case OPT_SESSIONS:
		ok = read_count(text, 1, SESSIONS_MAX, &number);
		args->sessions = (uint32_t)number;
		return ok;
	case OPT_VLAN:
		ok = read_count(text, 1, 4094, &number);
		args->vlan = (uint16_t)number;
		return ok;
	case OPT_NANO: args->nano = true; return true;
	case OPT_MICRO: args->nano = false; return true;
	case OPT_GZIP: args->gzip = true; return true;
	case OPT_RAW: args->raw = text; return *text != '\0';
	case OPT_TRUTH: args->truth = text; return *text != '\0';
	case OPT_PROGRESS: args->progress = true; return true;
	default: return false;
	}
}

static enum args_result wrong(const char *what, const char *found)
{
	fprintf(stderr, "marketgen: %s%s%s; see marketgen --help\n", what, *found ? ": " : "", found);
	return ARGS_WRONG;
}

static void give_help(void)
{
	fputs(help, stdout);
	puts("\nVenues:");
	for (uint32_t i = 0; exchange_table[i] != NULL; i++)
		printf("  %-20s %s\n", exchange_table[i]->name, exchange_table[i]->title);
}

// Whether a venue that was asked for can be written without packets.
static bool any_raw(const struct args *args)
{
	bool any = false;

	for (uint32_t i = 0; exchange_table[i] != NULL; i++)
		any = any || (args->venues >> i & 1 && exchange_table[i]->has_raw);
	return any;
}

enum args_result args_parse(struct args *args, int argc, char **argv)
{
	int id, index = 0;

	*args = (struct args){ .seed = 1,
			       .instruments = 8000,
			       .messages = 1000000,
			       .start_ns = 34170 * NS_PER_S,
			       .duration_ns = 300 * NS_PER_S,
			       .n_lines = 1,
			       .sessions = 1,
			       .breaks = 0.001,
			       .corrections = 0.01,
			       .late_by_ns = 2 * NS_PER_S,
			       .halts = 0.001,
			       .venues = exchange_mask("itch,iex"),
			       .nano = true };
	calendar_parse_date("2026-03-10", 10, &args->day);
	opterr = 0;
	while ((id = getopt_long(argc, argv, "h", options, &index)) != -1) {
		if (id == OPT_HELP || id == 'h') {
			give_help();
			return ARGS_HELP;
		}
		if (id == '?')
			return wrong("unknown option or missing value", argv[optind - 1]);
		if (!read_option(args, id, optarg)) {
			fprintf(stderr, "marketgen: --%s: ", options[index].name);
			return wrong("bad value", optarg ? optarg : "");
		}
	}
	if (optind < argc)
		return wrong("argument without an option", argv[optind]);
	if (args->prefix[0] == '\0')
		return wrong("--out is missing", "");
	if (args->shape == 0)
		args->shape = args->duration_ns >= DAY_FROM_NS ? PROFILE_SHAPE_DAY : PROFILE_SHAPE_OPEN;
	if (args->start_ns + args->duration_ns > NS_PER_DAY)
		return wrong("--start and --duration reach past 24:00", "");
	if (args->start_ns >= PROFILE_LAST_NS)
		return wrong("--start is after 20:00, when the day is over", "");
	if (args->raw != NULL && !any_raw(args))
		return wrong("--raw needs the venue itch", "");
	return ARGS_RUN;
}
