// chart.js: candles with volume, fires and quality on the bar; lag beside the age of the data. Without the libraries (a build
// that had no npm) there are tables only.
import { byId, fill } from "./tables.js";

const charts = window.LightweightCharts, Plot = window.uPlot;
const COLUMNS = ["open_ts", "open", "high", "low", "close_filled", "volume", "trades", "vwap", "flags"];
const ROWS = 240, POINTS = 600;
const newYork = new Intl.DateTimeFormat("en-GB", { timeZone: "America/New_York", hour: "2-digit", minute: "2-digit", second: "2-digit" });
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const seconds = (iso) => Math.floor(Date.parse(iso) / 1000);
const clock = (t) => newYork.format(new Date(t * 1000));

let chart, candles, volume, marks, lagPlot, newest = "";
let worst = [0, 0];
const lag = [[], [], []]; // time, wire lag, age of data; ms

export const has = Boolean(charts && Plot);

export const path = (symbol, span) =>
	"/api/bars/" + [symbol, span, String(ROWS), COLUMNS.join("+")].map(encodeURIComponent).join("/").replaceAll("%2B", "+");

function look() {
	const ink = colour("--ink"), line = colour("--line");

	if (chart)
		chart.applyOptions({ layout: { background: { color: "transparent" }, textColor: ink, attributionLogo: false },
			grid: { vertLines: { color: line }, horzLines: { color: line } } });
	if (candles)
		candles.applyOptions({ upColor: colour("--up"), downColor: colour("--down"), borderVisible: false,
			wickUpColor: colour("--up"), wickDownColor: colour("--down") });
}

function makeLag() {
	const box = byId("lag"), line = { stroke: () => colour("--line"), width: 1 };
	const axis = () => ({ stroke: () => colour("--ink"), grid: line, ticks: line });

	lagPlot = new Plot({
		width: box.clientWidth, height: box.clientHeight - 30, cursor: { y: false },
		axes: [axis(), { ...axis(), size: 60, filter: (u, v) => v.map((x) => (Math.log10(x) % 1 ? null : x)),
			values: (u, v) => v.map((x) => (x === null ? "" : x + " ms")) }],
		scales: { y: { distr: 3 } },
		series: [{}, { label: "wire lag p99.9, ms", stroke: () => colour("--up"), width: 1.5, points: { show: false } },
			{ label: "age of the data, ms", stroke: () => colour("--down"), width: 1, points: { show: false } }],
	}, lag, box);
}

export function begin() {
	byId("no-charts").hidden = has;
	byId("attribution").hidden = !has;
	for (const id of ["candles", "lag"])
		byId(id).hidden = !has;
	if (!has)
		return;
	const box = byId("candles");
	chart = charts.createChart(box, { autoSize: true, layout: { attributionLogo: false }, localization: { timeFormatter: clock },
		timeScale: { timeVisible: true, secondsVisible: true, tickMarkFormatter: clock } });
	candles = chart.addSeries(charts.CandlestickSeries, {});
	volume = chart.addSeries(charts.HistogramSeries, { priceFormat: { type: "volume" }, priceScaleId: "", lastValueVisible: false });
	volume.priceScale().applyOptions({ scaleMargins: { top: 0.8, bottom: 0 } });
	marks = charts.createSeriesMarkers(candles, []);
	makeLag();
	look();
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { look(); lagPlot.redraw(); });
	new ResizeObserver(() => lagPlot.setSize({ width: byId("lag").clientWidth, height: byId("lag").clientHeight - 30 })).observe(byId("lag"));
}

// Rows as objects, oldest first; those that never had a price are left out.
function rows(doc) {
	const n = Array.isArray(doc.open_ts) ? doc.open_ts.length : 0, out = [];

	for (let i = n - 1; i >= 0; i--)
		out.push(Object.fromEntries(COLUMNS.map((c) => [c, doc[c] ? doc[c][i] : ""])));
	return out.filter((r) => r.close_filled);
}

// An interval without prints has the last close and nothing else.
const price = (r, k) => Number(r[k] || r.close_filled);

// A fire is on the bar that holds its moment; a bar's quality is on it by its flags.
function markers(list, fires, symbol) {
	const times = list.map((r) => seconds(r.open_ts)), out = [];

	for (const r of list) {
		const text = r.flags.split("|").filter((f) => f && f !== "FILL").join(" "); // no prints: seen without a mark

		if (text)
			out.push({ time: seconds(r.open_ts), position: "aboveBar", shape: "square", size: 0.6, color: colour("--warn"), text });
	}
	for (const f of Object.values(fires || {})) {
		if (!f || f.symbol !== symbol || !times.length)
			continue;
		const at = times.filter((t) => t < seconds(f.close_ts)).pop();
		const buys = (f.side === "long") === (f.stream === "entry");

		if (at !== undefined)
			out.push({ time: at, position: buys ? "belowBar" : "aboveBar", shape: buys ? "arrowUp" : "arrowDown",
				color: colour(buys ? "--up" : "--down"), text: `${f.gate} ${f.stream}` });
	}
	return out.sort((a, b) => a.time - b.time);
}

// Shows an answer of bars; fires: the topic's document.
export function bars(doc, fires, symbol, subject) {
	const list = rows(doc);

	byId("bar-facts").textContent = doc.status === "error" ? doc.error : `${list.length} bars`;
	fill("bars", ["time", ">open", ">high", ">low", ">close", ">volume", ">trades", ">vwap", "quality"],
		list.slice(-12).reverse().map((r) => [r.open_ts.slice(11, 19), r.open, r.high, r.low, r.close_filled, r.volume, r.trades, r.vwap, r.flags]),
		"no bars so far");
	byId("candles").dataset.bars = String(list.length);
	if (!has)
		return;
	candles.setData(list.map((r) => ({ time: seconds(r.open_ts), open: price(r, "open"), high: price(r, "high"), low: price(r, "low"),
		close: price(r, "close_filled") })));
	volume.setData(list.map((r) => ({ time: seconds(r.open_ts), value: Number(r.volume),
		color: price(r, "close_filled") < price(r, "open") ? colour("--down") : colour("--up") })));
	const found = markers(list, fires, symbol);
	marks.setMarkers(found);
	byId("candles").dataset.marks = String(found.length);
	if (newest !== subject)
		chart.timeScale().fitContent();
	newest = subject;
}

// Four points a second, each the worst since the last one.
export function point(health) {
	const floor = (ns) => Math.max((ns || 0) / 1e6, 0.001), now = Date.now() / 1000; // the axis has a logarithm

	if (!has)
		return;
	worst = [Math.max(worst[0], floor(health.wire_lag_p999_ns)), Math.max(worst[1], floor(health.data_age_ns))];
	if (now - lag[0].at(-1) < 0.25)
		return;
	[now, ...worst].forEach((v, i) => {
		lag[i].push(v);
		if (lag[i].length > POINTS)
			lag[i].shift();
	});
	worst = [0, 0];
	lagPlot.setData(lag);
}
