/* SPDX-License-Identifier: BSD-3-Clause */
// docs_bars.c: docs/bars.md: the columns from their lists, and the rules that several columns share, each
// with its source and its reason. A formula is in columns.def or here, never in both.
#include "app/wirebar/docs.h"

#include "lcore/model/export_csv.h"

static const char *type_name(enum bar_type t)
{
	static const char *const name[] = { "symbol", "span",  "time",         "flags",
					    "price",  "count", "signed count", "number" };

	return name[t];
}

static const char intro[] =
	"# Columns of a sealed bar\n\n"
	"Made by `wirebar docs bars` from `lcore/model/columns.def`, `flags.def`, `export.def` and the\n"
	"text of `app/wirebar/docs_bars.c`; do not edit. The CSV has these columns in this order\n"
	"(`--columns` writes those that it names, in the order in which it names them; `--spans` limits\n"
	"the spans). Rows are ordered by close_ts, span, symbol. What is not known is empty. A name in\n"
	"brackets is the section below that has the rules.\n\n"
	"| type | in the CSV | in `struct bar`, links and tables |\n"
	"|---|---|---|\n"
	"| time | ISO-8601 UTC with nanoseconds | ns since 1970 |\n"
	"| price | exact decimals of dollars | signed count of 1e-6 dollar; INT64_MIN is empty |\n"
	"| count, signed count | integer; the formula names the unit | the same |\n"
	"| number | `%.12g`; the formula names the unit | double; NaN is empty |\n"
	"| symbol, span, flags | text | 8 letters; 0 to 5; a bit each |\n\n"
	"Inside nothing is rounded: prices are whole numbers of 1e-6 dollar, sums of price * shares have\n"
	"128 bits. **Why**: IEX and ITCH send 1e-4 dollar, Pillar other powers of ten, and a double would\n"
	"make the bytes of a row depend on the order of additions. Doubles appear where a row is made, in\n"
	"a fixed order of operations (`-ffp-contract=off`), since outputs are hashed.\n\n";

static const char prints[] =
	"\n"
	"## Which prints count\n\n"
	"A *print* is an execution, a trade or a cross that a venue reports. Each has one of three uses:\n\n"
	"| use | open, close, vwap | high, low | volume, trades, flow |\n"
	"|---|---|---|---|\n"
	"| full | yes | yes | yes |\n"
	"| high-low | no | yes | yes |\n"
	"| volume only | no | no | yes |\n\n"
	"The feed's own flags decide (source: the venues' specifications), and `bars.odd_lots` overrides\n"
	"them for odd lots (`full`; `volume`, which also takes any print under 100 shares as an odd lot):\n\n"
	"| feed | full | otherwise |\n"
	"|---|---|---|\n"
	"| Nasdaq TotalView-ITCH 5.0 | `E` `P` `Q`, `C` printable | `C` not printable: book only |\n"
	"| IEX TOPS 1.66, DEEP 1.08, app. A | others | 0x20 odd lot: volume only; 0x40: see below |\n"
	"| NYSE Pillar Integrated 2.5g | others | `I` odd lot, `C` cash, `7` `V` contingent: volume only |\n"
	"| | | `U` `Z` out of sequence: high-low; `T`: see below |\n\n"
	"- **Extended hours** are full while the calendar says PRE or POST, volume only in RTH. *Why*:\n"
	"  consolidated tapes keep them out of the *daily* open, high, low and close; a minute at 08:00\n"
	"  consists of nothing else.\n"
	"- **ITCH has no sale conditions**, so each printable print is full. A non-printable execution\n"
	"  comes again as part of the cross `Q`: counting both would double the volume.\n"
	"- **The direct feed's rule is used, not the SIP's** (CTS, UTP). *Why*: one letter means two\n"
	"  things there (`B` is an average price on CTS and a bunched trade on UTP), and a direct feed\n"
	"  carries its venue's own prints only.\n"
	"- **Several feeds of one venue** (TOPS and DEEP): one prints, `feed.prints_from` names it; others\n"
	"  feed books.\n"
	"- An execution of an order that was never seen added has no price: it changes neither price nor\n"
	"  volume, is counted (`prints_unknown_order`), and its rows are BOOK_SUSPECT. No shares, or no\n"
	"  price: `prints_zero`.\n"
	"- A bar of volume-only prints has an empty open, high, low, close and vwap, and a close_filled.\n"
	"- *vwap* is of trades, over full prints, so low <= vwap <= high. *Why not (H+L+C)/3*, as charting\n"
	"  libraries have it: the trades are here.\n";

static const char order[] =
	"\n"
	"## Order of prints\n\n"
	"A print belongs to the interval that its exchange event time falls in: `[open_ts, close_ts)`,\n"
	"from New York midnight on. All spans divide the hour, so no change to summer time splits one. Its\n"
	"place within the interval decides open and close:\n\n"
	"- within a channel: wire order (the channel's sequence), also where event times are equal or go\n"
	"  back;\n"
	"- between channels: event time, then venue rank (the order of `lcore/base/venue.def`), then\n"
	"  sequence.\n\n"
	"**Why two rules**: channels share no wire order. [bars-model.md](bars-model.md), Merge order,\n"
	"says why this is associative. *Never* by sorting on time within a channel: equal stamps are\n"
	"common, and the wire knows.\n\n"
	"**A late print** (its 1 s bar is sealed by its channel's clock and `bars.lateness`) changes no\n"
	"sealed row: each sealed span gets a REVISION (revisions.csv), open longer spans take it in. **A\n"
	"broken print** likewise: volume, vwap and flow of open bars are taken back, open, high, low and\n"
	"close are computed again from the prints that are remembered (`bars.prints`). Indicators are\n"
	"never computed again. *Why*: who acted on a row must find it as it was. Defaults of\n"
	"`bars.lateness`: ITCH 0, since its clock is the message's own time; IEX 5 ms (send minus event\n"
	"time of trades in production: 0.3 ms median, 3.1 ms p99; its test system needs up to 12 s);\n"
	"Pillar 1 ms.\n";

static const char aggressor[] =
	"\n"
	"## Aggressor\n\n"
	"The side that took liquidity; the first of these that applies:\n\n"
	"1. Crosses and single-price auctions have none: unsigned.\n"
	"2. **Exact.** The feed names the resting order (ITCH `E` `C`, Pillar, DEEP+): the other side is\n"
	"   the aggressor.\n"
	"3. **Quote rule.** Above the middle of the venue's touch the buyer, below it the seller. The\n"
	"   touch is the one before the event; for several prints of one nanosecond, the one before the\n"
	"   first of them.\n"
	"4. **Tick test.** At the middle, or without a touch: above the venue's last price the buyer,\n"
	"   below it the seller; a zero tick carries the last answer. Begins anew with each session.\n"
	"5. Unsigned.\n\n"
	"3 and 4 are *inferred*. Source: Lee and Ready, Inferring trade direction from intraday data,\n"
	"Journal of Finance 46 (1991); the quote rule first and the tick test at the middle only, as\n"
	"there. Published accuracies differ widely, so each bar says what share of its volume is exact\n"
	"(`sign_exact`) and inferred (`sign_inferred`). The side in ITCH `P` is not used: it has been `B`\n"
	"on every message since 2014-07-14.\n\n"
	"`buy_volume + sell_volume + unsigned_volume = volume` on every row. `directional_pressure`,\n"
	"`delta_price` and `dom_hit_rate` have no definition in the literature: see the table above.\n\n"
	"**Trade-through**: a print above the venue's own ask or below its own bid, with the touch of the\n"
	"quote rule. Auctions do not count, nor what the venue marks exempt (IEX 0x10). It says nothing of\n"
	"Reg NMS: that needs the NBBO.\n";

static const char touch[] =
	"\n"
	"## Touch and flow\n\n"
	"The *touch* is the best bid and ask with their sizes. The **close sample** of a row is the touch\n"
	"before the instrument's first event at or past close_ts, or at the seal if there was none; every\n"
	"venue gives its own, then they are blended (Venues). `bid` to `ask_size`, `obi`, `microprice` and\n"
	"`spread` are of the close sample.\n\n"
	"- **obi** is of level 1; a missing side has size 0. 1 or -1 says that the other side is empty.\n"
	"- **microprice** = (bid * ask_size + ask * bid_size) / (bid_size + ask_size) = mid + spread/2 *\n"
	"  obi. Source: Gatheral and Oomen, Zero-intelligence realized variance estimation, Finance and\n"
	"  Stochastics 14 (2010). Stoikov's micro-price (2018) adds an estimated adjustment; nothing is\n"
	"  estimated here.\n"
	"- **ofi**, for each completed update of a venue's touch from (Pb, qb, Pa, qa) to (Pb', qb', Pa',\n"
	"  qa'):\n\n"
	"      + qb' if Pb' >= Pb    - qb if Pb' <= Pb    - qa' if Pa' <= Pa    + qa if Pa' >= Pa\n\n"
	"  An empty side counts as price minus (bid) or plus (ask) infinity with size 0. Source: Cont,\n"
	"  Kukanov, Stoikov, The price impact of order book events, Journal of Financial Econometrics 12\n"
	"  (2014), eq. 10. A completed update: IEX sends several levels as one, and what is between them\n"
	"  was never a book. Emptying a book (reset, symbol clear) is no flow: nobody traded.\n"
	"- **dom_executed, dom_cancelled**: displayed shares that left an order at the best price of its\n"
	"  side, executed (also non-printable) or cancelled. A replace counts as a cancellation of all\n"
	"  that was left. Both sides are pooled. Order-level feeds only: levels do not say why they\n"
	"  shrink.\n"
	"- Flow of a second that is sealed already counts in the first one still open; prints in that case\n"
	"  are late.\n"
	"- Flow counts from the second of the instrument's first print on (First and last rows).\n";

static const char sweeps[] =
	"\n"
	"## Sweeps\n\n"
	"A sweep is a chain of prints of one venue with one aggressor: each at most `bars.sweep_gap` (5\n"
	"ms) after the one before, prices never coming back (a buyer's never fall, a seller's never rise).\n"
	"It qualifies at `bars.sweep_levels` (3) distinct prices and `bars.sweep_shares` (0) shares. Then\n"
	"it counts once in `sweeps`, with all its shares so far, in the interval of the print that made it\n"
	"qualify, and leaves as a record on the link; shares that follow in the chain add to\n"
	"`sweep_volume`. Late and unsigned prints are in no chain.\n\n"
	"**Why by time and price**: order-level feeds print one line for each resting order that an\n"
	"aggressor meets, and no feed says that they belong together. Detectors on the market use 500 ms\n"
	"or a sum of dollars; on a direct feed an aggressor's prints are microseconds apart.\n";

static const char indicators[] =
	"\n"
	"## Indicators\n\n"
	"x is close_filled in dollars, but for the flow columns. Each is computed once, when its row is\n"
	"sealed, from the rows of the same span, idle ones included ([Idle rows](#idle-rows)). They go on\n"
	"across sessions and days. A row without a value makes no update.\n\n"
	"- **EMA(n)**: y0 = x0, then y = a*x + (1-a)*y with a = 2/(n+1): pandas\n"
	"  `ewm(span=n, adjust=False)`. TA-Lib and LEAN begin with the mean of the first n instead. *Why\n"
	"  x0*: no hole at the start of a stream. The seed's weight is under 1 % after 21 (EMA 9), 49 (21)\n"
	"  and 60 (26) rows: `warm_count` says how many there were.\n"
	"- **MACD** 12, 26, 9 by these EMAs, the signal over macd from the first row on. Tulip's constants\n"
	"  0.15 and 0.075 in the place of 2/13 and 2/27 are not used.\n"
	"- **RSI(14)**: d = x - previous x. G and L are the means of the first 14 gains and losses, then G\n"
	"  = (13*G + max(d, 0))/14, L alike; 100*G/(G+L). Empty before the 15th close_filled. Source:\n"
	"  Wilder, New Concepts in Technical Trading Systems (1978), with his seed; pandas'\n"
	"  `ewm(alpha=1/14)` has another seed, whose weight is under 1 % after 63 rows only. G+L = 0 gives\n"
	"  50 and RSI_FLAT. *Why*: libraries give 0, 100 or NaN; a flat price is neutral, and gates take\n"
	"  it as empty.\n"
	"- **Flow EMAs** (`delta_ema9`, `pressure_ema9`, `ofi_ema9`, `obi_ema9`, `sweep_momentum`): EMA(9)\n"
	"  over all rows of the span, those without prints included.\n"
	"- `cvd` and `vwap_session` begin anew with each session (Sessions), not when numbering begins\n"
	"  anew. *Why*: what a feed does to its numbers is no news about the market.\n";

static const char venues[] =
	"\n"
	"## Venues\n\n"
	"Prints and flow are counted per venue first and then blended:\n\n"
	"- volumes, counts, delta, dom, ofi, sweeps and trade-throughs add up; high and low are the\n"
	"  extremes;\n"
	"- open and close go by the order of prints; bid and ask are the best, sizes at that price added\n"
	"  up;\n"
	"- obi, microprice, spread, vwap and dom_hit_rate are computed from the blend, never averaged;\n"
	"- a quality bit of any venue is set on the row.\n\n"
	"`--venue-bars FILE` writes each venue's own rows too, with the column `venue` in front,\n"
	"close_filled as close, and the indicator columns empty.\n\n"
	"## First and last rows\n\n"
	"An instrument has rows from the second of its first print of a trade day on, to the end of that\n"
	"day's last session; then it has none until it prints again. Of these intervals those with *news* are\n"
	"made (enriched, sent over links, seen by gates); the others are idle. The CSV holds rows with prints;\n"
	"`--fill` writes all.\n\n"
	"## Idle rows\n\n"
	"An interval has **news** when one of its seconds has: a print of any kind; a change of price or size at\n"
	"a venue's touch; a halt, pause or resumption, a short sale test, the beginning or end of doubt in the\n"
	"instrument's own book; or when it is the first of its session. Anything else that a channel says of its\n"
	"quality (gap, silence, timer) makes no row, but is flagged on every row, made or idle.\n\n"
	"An **idle** row (flags FILL and IDLE) has no prints, the touch, cvd and vwap_session of the last row\n"
	"made, and indicators in closed form: with x the close and k the number of idle intervals since,\n\n"
	"| column | value after k idle intervals |\n"
	"|---|---|\n"
	"| ema9, ema21 | x + (y - x) * r^k, with y of the last row and r = 1 - 2/(n+1) |\n"
	"| macd | d12 * r12^k - d26 * r26^k: the distances of EMA 12 and 26 from x are kept apart |\n"
	"| macd_signal | the convolution of its own decay with theirs |\n"
	"| rsi14 | stays: both means shrink by 13/14, and their ratio stays |\n"
	"| delta_ema9, pressure_ema9, ofi_ema9, sweep_momentum | y * 0.8^k; 0 below 1e-200 |\n"
	"| obi_ema9 | obi + (y - obi) * 0.8^k; stays when the book is empty |\n"
	"| delta_price, warm_count | 0; one more with each |\n\n"
	"So a row has one value, whether it was written, made for a reader (telemetry, `attach`, a watched\n"
	"instrument's history) or passed over. *Why rows and not nothing*: a reader cannot tell a quiet market\n"
	"from a dead feed by a missing row, but can by its flags. *Why not made*: 8,000 instruments over a day\n"
	"are 200 million rows whatever the traffic, nearly all of which say nothing. *Why not one step after the\n"
	"other*: the closed form is the more exact one; iterated, the macd of an idle instrument is rounding\n"
	"noise from k = 300 on.\n\n"
	"What has no print moves no close, so these lines of pandas make the price columns of all rows of a span\n"
	"again, from a bars CSV without `--fill`:\n\n"
	"    t = pd.date_range(b.close_ts.min(), b.close_ts.max(), freq=\"1s\")  # b: one symbol, span, session\n"
	"    f = b.set_index(\"close_ts\", drop=False).reindex(t, method=\"ffill\")\n"
	"    k = (t - f.close_ts) / pd.Timedelta(\"1s\")\n"
	"    f[\"ema9\"] = f.close_filled + (f.ema9 - f.close_filled) * 0.8 ** k\n\n"
	"Flow (ofi, dom) counts from the second of the first print on, that second whole: what came before\n"
	"it in a longer span is in no row. This does not depend on lateness, nor on which venue is ahead.\n";

static const char rules[] =
	"\n"
	"Bits add up: FILL|HALTED, FILL|GAP and FILL|STALE are what a quiet second is in these cases.\n\n"
	"- **AUCTION** follows from the prints that a row holds: when the only cross of an open bar is\n"
	"  broken, it goes.\n"
	"- **HALTED** stays through the phases that end a halt, quotation only (ITCH `Q`) and orders only\n"
	"  (IEX `O`), until trading resumes; the phases of an ordinary day before its open (Pillar `P` `B`\n"
	"  `E`) are no halt.\n"
	"- **TEST** is the directory's word (ITCH authenticity `T`, IEX flag 0x80, Pillar security type\n"
	"  `T`); that of one venue is enough, and holds from the moment it is said.\n"
	"- **GAP, STALE, SEALED_BY_TIMER, PARTIAL_FIRST, BOOK_SUSPECT** come from the channel's fact log,\n"
	"  by what was known when the row came due ([bars-model.md](bars-model.md), Facts).\n\n"
	"## Sessions\n\n"
	"PRE 04:00, RTH 09:30, POST 16:00 to 20:00 New York; `bars.early_closes`, `bars.holidays` and\n"
	"`bars.weekends` change them for their days (POST ends four hours after an early close). A print\n"
	"whose own time is outside is counted (`prints_outside_sessions`; the summary says so, the exit\n"
	"code stays) and makes no row, fire, revision, indicator or sum; its break is a fact\n"
	"(`breaks_outside_sessions`). Quotes and halts make no row there either.\n\n"
	"## Gates\n\n"
	"[gates.md](gates.md) has their rules. Symbol, span and times are refused. A rule over an empty\n"
	"value does not hold, and keeps what it compared before: a crossing is found between the last two\n"
	"rows in which both its sides had a value, whatever comes between. A gate that only empty values\n"
	"keep from its threshold decides nothing: it fires anew after it was seen below. A flat rsi14\n"
	"counts as empty. Rows with PARTIAL_LAST or TEST are ignored.\n\n"
	"Gates read rows with news only: of each span the last one at or before close_ts. *Why*: an idle row\n"
	"says nothing new, and what a verdict is must not depend on who watches or on `--fill`.\n";

// The streams that have columns of their own; those of venue_bars are the venue and then a bar's.
static void columns(FILE *out, unsigned output)
{
	unsigned n = 0;

	for (unsigned i = 0; i < export_columns_count; i++) {
		const struct export_column *col = &export_columns[i];

		if (col->output != output)
			continue;
		if (!n)
			fprintf(out,
				"\n## %s.csv\n\nRows are ordered by %s.\n\n| # | column | type | meaning |\n|---|---|---|---|\n",
				streams_output_name[output], streams_output_order[output]);
		fprintf(out, "| %u | `%s` | %s | %s |\n", ++n, col->name, col->type, col->help);
	}
}

// Tests run these lines unchanged.
static const char pandas[] =
	"\n"
	"## Reading bars with pandas\n\n"
	"These two lines. Without them the ticker NA is a missing number, and times are text.\n\n"
	"```python\n"
	"import pandas as pd\n"
	"bars = pd.read_csv(\"bars.csv\", keep_default_na=False, na_values=[\"\"], parse_dates=[\"open_ts\", \"close_ts\"])\n"
	"bars[\"flags\"] = bars[\"flags\"].fillna(\"\")\n"
	"```\n\n"
	"`close_filled` is what pandas calls *ffill*, done where the rows are made: the last close of the\n"
	"same symbol and span. This makes the same of `close`; it needs the rows from the first one on, in\n"
	"their order:\n\n"
	"```python\n"
	"filled = bars.groupby([\"symbol\", \"span\"])[\"close\"].ffill()\n"
	"```\n";

void docs_bars(FILE *out)
{
	const char *const section[] = { prints, order, aggressor, touch, sweeps, indicators, venues };

	fprintf(out, "%s## Columns\n\n| # | column | type | formula |\n|---|---|---|---|\n", intro);
	for (int i = 0; i < COL_COUNT; i++) {
		fprintf(out, "| %d | `%s` | %s | ", i + 1, bar_columns[i].name,
			type_name(bar_columns[i].type));
		docs_cell(out, bar_columns[i].help);
		fputs(" |\n", out);
	}
	for (size_t i = 0; i < sizeof section / sizeof *section; i++)
		fputs(section[i], out);
	fprintf(out, "\n## Quality bits (`flags`, joined by `|`)\n\n| bit | meaning |\n|---|---|\n");
	for (int i = 0; i < BAR_FLAG_COUNT; i++)
		fprintf(out, "| `%s` | %s |\n", bar_flag_names[i], bar_flag_help[i]);
	fputs(rules, out);
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++)
		columns(out, i);
	fputs(pandas, out);
}
