/* SPDX-License-Identifier: BSD-3-Clause */
// Random gates over random rows and sweeps against an evaluator that keeps everything and is clever nowhere:
// each verdict is made from all rows so far.
#include <map>
#include <random>

#include "tests/unit/gate_kit.h"
#include "tests/unit/sanitized.h"

namespace {

std::mt19937 rng;
unsigned pick(unsigned n) { return (unsigned)(rng() % n); }
template <typename T> T one_of(std::initializer_list<T> list) { return list.begin()[pick((unsigned)list.size())]; }

constexpr uint64_t START = UINT64_C(1773149400) * NS_PER_S; // 09:30 in New York
enum { INSTRUMENTS = 4 };
constexpr int NO = 0, YES = 1, OPEN = 2;

struct Operand {
	unsigned span = 0, rows = 0; // rows 0: the column itself
	bool slope = false;
	bar_col col = COL_ema9;

	std::string text() const
	{
		std::string name = bar_columns[col].name;

		return rows ? std::string(slope ? "slope(" : "pct(") + name + "," + std::to_string(rows) + ")" : name;
	}
};

struct Rule {
	gate_op op;
	Operand left, right;
	bool number;
	double value = 1, weight;
	uint64_t bits = 0, shares = 0;
	unsigned side = 0, levels = 0, ref = 0;
	std::string text;
};

struct Gate {
	gate_spec spec;
	std::string name, symbols;
	std::vector<Rule> rules;
};

Operand random_operand()
{
	Operand o;

	o.span = pick(3);
	o.col = one_of({ COL_ema9, COL_ema21, COL_volume, COL_spread, COL_rsi14 });
	o.rows = pick(3) ? 0 : 2 + pick(6);
	o.slope = pick(2);
	return o;
}

Rule random_rule(unsigned gates)
{
	static const char *const op[] = { ">", "<", ">=", "<=", "cross_above", "cross_below" };
	Rule r;
	unsigned kind = pick(10);
	char weight[32];

	r.weight = pick(2) ? 1 : 0.5 + pick(4);
	snprintf(weight, sizeof weight, " weight %g", r.weight);
	if (kind == 0) {
		r.op = GATE_REF, r.ref = pick(gates), r.text = "gate g" + std::to_string(r.ref);
	} else if (kind == 1) {
		r.op = GATE_SWEEP, r.side = pick(3), r.levels = pick(2) ? 3 + pick(3) : 0, r.shares = pick(2) ? 100 * (1 + pick(5)) : 0;
		r.text = std::string("sweep ") + (r.side == SIDE_BUY ? "buy" : r.side == SIDE_SELL ? "sell" : "any");
		r.text += r.levels ? " levels >= " + std::to_string(r.levels) : "";
		r.text += r.shares ? " shares >= " + std::to_string(r.shares) : "";
	} else if (kind == 2) {
		r.op = one_of({ GATE_HAS, GATE_LACKS }), r.left.span = pick(3), r.left.col = COL_flags;
		r.bits = one_of<uint64_t>({ BAR_GAP, BAR_STALE, BAR_GAP | BAR_STALE });
		r.text = std::string(bar_span_name[r.left.span]) + " flags " + (r.op == GATE_HAS ? "has " : "lacks ");
		r.text += r.bits == BAR_GAP ? "GAP" : r.bits == BAR_STALE ? "STALE" : "STALE|GAP";
	} else {
		r.op = (gate_op)pick(6), r.left = random_operand(), r.right = random_operand(), r.number = pick(2);
		r.value = r.number ? (double)pick(5) : pick(2) ? 1 : 0.5;
		r.text = std::string(bar_span_name[r.left.span]) + " " + r.left.text() + " " + op[r.op] + " ";
		if (r.number)
			r.text += std::to_string((int)r.value);
		else
			r.text += (r.value == 1 ? "" : "0.5 * ") + std::string(bar_span_name[r.right.span]) + " " + r.right.text();
	}
	r.text += r.weight == 1 ? "" : weight;
	return r;
}

// What the plain evaluator knows of an instrument: all of it.
struct Past {
	std::vector<bar> rows[SPAN_COUNT];
	std::map<const Rule *, std::vector<int>> compared; // -1 0 1, 2: empty
	std::map<unsigned, bool> held;
	std::map<unsigned, std::vector<uint64_t>> fired;
	bool in[2] = { false, false };
	uint64_t symbol = 0, moved = 0, close = 0;
	bar quote = {};
};

double column(const bar &b, bar_col col) { return col == COL_rsi14 && (b.flags & BAR_RSI_FLAT) ? NAN : bar_number(&b, col); }

double value(const Past &p, const Operand &o)
{
	std::vector<double> v;

	if (p.rows[o.span].empty() || std::isnan(column(p.rows[o.span].back(), o.col)))
		return NAN;
	for (const bar &b : p.rows[o.span])
		if (!std::isnan(column(b, o.col)))
			v.push_back(column(b, o.col));
	double newest = v.back();
	if (!o.rows)
		return newest;
	if (v.size() < o.rows)
		return NAN;
	v.erase(v.begin(), v.end() - o.rows);
	if (o.slope)
		return (newest - v[0]) / (o.rows - 1);
	double rank = 0;
	v.pop_back();
	for (double x : v)
		rank += x < newest ? 1 : x == newest ? 0.5 : 0;
	return 100 * rank / (o.rows - 1);
}

double right(const Past &p, const Rule &r) { return r.number ? r.value : r.value * value(p, r.right); }

struct Plain {
	std::vector<Gate> gates;
	Past past[INSTRUMENTS];

	bool listed(const Gate &g, const Past &p)
	{
		char name[SYMBOL_BYTES + 1];

		symtab_text(p.symbol, name);
		return g.symbols.empty() || ("," + g.symbols + ",").find("," + std::string(name) + ",") != std::string::npos;
	}
	int rule(const Past &p, const Rule &r, const struct sweep *s, std::map<unsigned, bool> &held)
	{
		if (r.op == GATE_REF)
			return held.count(r.ref) ? (int)held[r.ref] : OPEN;
		if (r.op == GATE_SWEEP)
			return s && (!r.side || r.side == s->side) && s->levels >= r.levels && s->shares >= r.shares &&
			       !(s->levels_before && s->levels_before >= r.levels && s->shares_before >= r.shares);
		if (r.op == GATE_HAS || r.op == GATE_LACKS)
			return p.rows[r.left.span].empty() ? OPEN : (int)(((p.rows[r.left.span].back().flags & r.bits) != 0) == (r.op == GATE_HAS));
		double l = value(p, r.left), x = right(p, r);
		if (std::isnan(l) || std::isnan(x))
			return OPEN;
		if (r.op < GATE_CROSS_ABOVE)
			return r.op == GATE_GT ? l > x : r.op == GATE_LT ? l < x : r.op == GATE_GE ? l >= x : l <= x;
		auto at = p.compared.find(&r);
		int want = r.op == GATE_CROSS_ABOVE ? 1 : -1;
		if (at == p.compared.end() || at->second.back() != want)
			return NO;
		for (size_t i = at->second.size() - 1; i-- > 0;)
			if (at->second[i] != 2)
				return at->second[i] != want;
		return NO;
	}
	bool sweeps(unsigned i, int depth = 0)
	{
		for (const Rule &r : gates[i].rules)
			if (r.op == GATE_SWEEP || (r.op == GATE_REF && depth < 8 && sweeps(r.ref, depth + 1)))
				return true;
		return false;
	}
	bool may(const Gate &g, const Past &p, unsigned i, uint64_t ns)
	{
		const gate_spec &s = g.spec;
		uint64_t day = (ns - START + 34200 * NS_PER_S) / (86400 * NS_PER_S), of_day = (ns - START + 34200 * NS_PER_S) % (86400 * NS_PER_S);
		unsigned n = 0;

		if (s.stream == GATE_NONE || p.in[s.side] == (s.stream == GATE_ENTRY))
			return false;
		if (*s.window && (of_day < 34260 * NS_PER_S || of_day >= 34380 * NS_PER_S))
			return false;
		if (s.quote_age_ns && (!p.moved || p.quote.bid == PX_NULL || p.quote.ask == PX_NULL || (ns > p.moved && ns - p.moved > s.quote_age_ns)))
			return false;
		auto f = p.fired.find(i);
		for (uint64_t at : f == p.fired.end() ? std::vector<uint64_t>() : f->second)
			n += (at - START + 34200 * NS_PER_S) / (86400 * NS_PER_S) == day;
		if (s.cooldown_ns && n && ns < f->second.back() + s.cooldown_ns)
			return false;
		return !s.max_fires || n < s.max_fires;
	}
	// By who needs whom: gates only name those after them here.
	std::string evaluate(Past &p, const struct sweep *s, uint64_t ns)
	{
		std::map<unsigned, bool> held = p.held;
		std::map<unsigned, std::string> rises;
		std::string out;

		for (unsigned i = (unsigned)gates.size(); i-- > 0;) {
			const Gate &g = gates[i];
			double holds = 0, open = 0, all = 0;
			bool was = held.count(i) && held[i], any = false;
			std::string digits;

			if (!listed(g, p))
				held[i] = false;
			if (!listed(g, p) || (s && !sweeps(i)))
				continue;
			for (const Rule &r : g.rules) {
				int v = rule(p, r, s, held);

				holds += v == YES ? r.weight : 0, open += v == OPEN ? r.weight : 0, all += r.weight;
				any = any || v == YES;
				digits += v == YES ? '1' : '0';
			}
			double limit = g.spec.group == GATE_ALL ? 1 : g.spec.group == GATE_ANY ? 0 : g.spec.threshold;
			limit = was && g.spec.release < limit ? g.spec.release : limit;
			bool now = any && holds / all >= limit;
			if (!now && open > 0 && (holds + open) / all >= limit)
				continue;
			held[i] = now;
			if (now && !was)
				rises[i] = digits;
		}
		if (!s)
			p.held = held;
		for (auto &r : rises) {
			const Gate &g = gates[r.first];

			if (!may(g, p, r.first, ns))
				continue;
			p.fired[r.first].push_back(ns);
			p.in[g.spec.side] = g.spec.stream == GATE_ENTRY;
			out += " " + g.name + ":" + r.second;
		}
		return out;
	}
	void take(Past &p, const bar &b)
	{
		p.symbol = b.symbol;
		if (b.flags & (BAR_PARTIAL_LAST | BAR_TEST))
			return;
		p.rows[b.span].push_back(b);
		if (b.span != SPAN_1S)
			return;
		if (!p.moved || p.quote.bid != b.bid || p.quote.ask != b.ask || p.quote.bid_size != b.bid_size || b.ofi)
			p.moved = b.close_ts;
		p.quote = b;
	}
	std::string close(Past &p, unsigned spans, uint64_t ns)
	{
		for (const Gate &g : gates)
			for (const Rule &r : g.rules)
				if ((r.op == GATE_CROSS_ABOVE || r.op == GATE_CROSS_BELOW) && spans >> r.left.span & 1) {
					double l = value(p, r.left), x = right(p, r);

					p.compared[&r].push_back(std::isnan(l) || std::isnan(x) ? 2 : (l > x) - (l < x));
				}
		return evaluate(p, nullptr, ns);
	}
};

Gate random_gate(unsigned i, unsigned n)
{
	Gate g;
	static const char *const windows[] = { "", "", "09:31-09:33" };

	g.name = "g" + std::to_string(i);
	g.spec = Gates::spec("", one_of({ GATE_ENTRY, GATE_EXIT, GATE_NONE }), one_of({ 0.0, 0.25, 0.5, 0.75, 1.0 }));
	g.spec.side = one_of({ GATE_LONG, GATE_SHORT }), g.spec.group = one_of({ GATE_WEIGHTED, GATE_WEIGHTED, GATE_ALL, GATE_ANY });
	g.spec.release = one_of({ 1.0, 1.0, 0.0, 0.3 });
	g.symbols = one_of({ "", "", "A,C" });
	if (g.spec.stream != GATE_NONE) {
		g.spec.window = windows[pick(3)], g.spec.cooldown_ns = pick(3) ? 0 : 20 * NS_PER_S, g.spec.max_fires = pick(3) ? 0 : 1 + pick(3);
		g.spec.quote_age_ns = pick(3) ? 0 : (1 + pick(3)) * NS_PER_S;
	}
	for (unsigned k = 1 + pick(4); k > 0; k--) {
		g.rules.push_back(random_rule(n));
		Rule &r = g.rules.back();

		if (r.op == GATE_REF && r.ref <= i) // no circles
			g.rules.pop_back(), g.rules.push_back(random_rule(n)), k += g.rules.back().op == GATE_REF;
		if (g.rules.back().op == GATE_REF && g.rules.back().ref <= i)
			g.rules.pop_back();
	}
	if (g.rules.empty())
		g.rules.push_back(Rule()), g.rules[0].op = GATE_GT, g.rules[0].number = true, g.rules[0].weight = 1, g.rules[0].text = "1s ema9 > 1";
	return g;
}

double small(unsigned empty) { return pick(empty) ? (double)pick(6) : NAN; }

bar random_row(unsigned instr, unsigned span, uint64_t ns)
{
	static const char *const names[] = { "A", "B", "C", "D" };
	bar b = {};

	b.symbol = symtab_key(names[instr], 1), b.instr = instr, b.span = span, b.close_ts = ns;
	b.ema9 = small(8), b.ema21 = small(20), b.rsi14 = small(50), b.volume = pick(6), b.spread = pick(6) ? (int64_t)pick(6) * PX_ONE : PX_NULL;
	b.bid = pick(12) ? (int64_t)pick(2) * PX_ONE : PX_NULL, b.ask = pick(12) ? 9 * PX_ONE : PX_NULL, b.ofi = !pick(4);
	for (uint64_t bit : { BAR_GAP, BAR_STALE, BAR_RSI_FLAT })
		b.flags |= pick(4) ? 0 : bit;
	b.flags |= pick(60) ? 0 : BAR_PARTIAL_LAST;
	return b;
}

std::string names(const Gates &k, unsigned n, uint64_t ns)
{
	std::string out;

	for (unsigned i = 0; i < n; i++) {
		out += std::string(" ") + k.out[i].name + ":";
		for (unsigned r = 0; r < k.out[i].n_rules; r++)
			out += k.out[i].rules >> r & 1 ? '1' : '0';
		EXPECT_EQ(k.out[i].decided_ns, ns);
	}
	return out;
}

struct sweep random_sweep(unsigned instr, uint64_t symbol, uint64_t ns)
{
	struct sweep s = {};

	s.instr = instr, s.symbol = symbol, s.side = (uint8_t)(1 + pick(2)), s.levels = (uint16_t)(3 + pick(4)), s.shares = 100 * (1 + pick(6)), s.to_ns = ns;
	if (pick(2))
		s.levels_before = (uint16_t)(s.levels - pick(2)), s.shares_before = s.shares - 50 * pick(2);
	return s;
}

} // namespace

// One run: gates, then closes of all instruments, with sweeps between. Counts what fired.
static size_t run(unsigned seed)
{
	Gates k;
	Plain plain;
	size_t fires = 0;
	unsigned n = 2 + pick(5);

	for (unsigned i = 0; i < n; i++)
		plain.gates.push_back(random_gate(i, n));
	for (Gate &g : plain.gates) {
		std::vector<const char *> rules;

		g.spec.name = g.name.c_str(), g.spec.symbols = g.symbols.c_str();
		for (Rule &r : g.rules)
			rules.push_back(r.text.c_str());
		EXPECT_EQ(k.add(g.spec, rules), 0) << k.err;
	}
	k.init();
	for (unsigned t = 1; t < 300; t++) {
		uint64_t ns = START + t * NS_PER_S;

		for (unsigned instr = 0; instr < INSTRUMENTS; instr++) {
			Past &p = plain.past[instr];
			unsigned spans = 0, last = 0;

			for (int side = 0; side < 2 && !pick(5); side++) // somebody left, or entered: more may fire
				gate_state_of(&k.g, instr)->in[side] = p.in[side] = pick(2);

			if (p.symbol && !pick(4)) {
				struct sweep s = random_sweep(instr, p.symbol, ns - pick(NS_PER_MS));
				std::string got = names(k, gate_set_sweep(&k.g, &s, k.out), s.to_ns), want = plain.evaluate(p, &s, s.to_ns);

				EXPECT_EQ(got, want) << seed << " " << t;
			}
			for (unsigned span = 0; span < 3; span++)
				spans |= t % bar_span_s[span] == 0 && pick(4) ? 1u << span : 0;
			if (!spans)
				continue;
			last = 31u - (unsigned)__builtin_clz(spans);
			std::vector<bar> rows;
			for (unsigned span = 0; span < 3; span++)
				if (spans >> span & 1)
					rows.push_back(random_row(instr, span, ns));
			for (bar &b : rows) { // the data ends for all of them, or for none
				b.flags = (b.flags & ~(uint64_t)BAR_PARTIAL_LAST) | (rows[0].flags & BAR_PARTIAL_LAST);
				b.last_due = b.span == last;
				unsigned fired = gate_set_row(&k.g, &b, k.out);

				plain.take(p, b);
				std::string want = b.last_due && !(b.flags & BAR_PARTIAL_LAST) ? plain.close(p, spans, ns) : "";
				EXPECT_EQ(names(k, fired, ns), want) << seed << " " << t;
				fires += fired;
			}
			for (unsigned i = 0; i < n && gate_state_of(&k.g, instr)->known; i++) {
				bool decided = p.held.count(i), listed = plain.listed(plain.gates[i], p);

				EXPECT_EQ(gate_state_of(&k.g, instr)->decided >> i & 1, decided || !listed) << seed << " " << t;
				EXPECT_EQ(gate_state_of(&k.g, instr)->above >> i & 1, decided && p.held[i]) << seed << " " << t;
			}
		}
		if (testing::Test::HasFailure())
			return fires;
	}
	return fires;
}

TEST(gate_property, as_the_plain_evaluator)
{
	size_t fires = 0;

	ASSERT_EQ(calendar_load(), 0);
	for (unsigned seed = 1; seed <= seeds(60) && !HasFailure(); seed++) {
		rng.seed(seed);
		fires += run(seed);
	}
	EXPECT_GT(fires, seeds(500));
	RecordProperty("fires", (int)fires);
}
