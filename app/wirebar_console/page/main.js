// main.js: reads /events, keeps what is known by topic, draws what is new, and judges four times a second whether any of it may
// be believed.
import { byId, count, tables, time, why } from "./tables.js";
import { verdict } from "./verdict.js";
import * as chart from "./chart.js";
import * as control from "./control.js";

const known = {}, fresh = new Set();
let last = null, last_ms = 0, health_ms = 0, drawing = false, chosen = "", asking = false, bars_seen = -1, asked_ms = 0;
let updates = 0;

function judge() {
	const now = performance.now(), v = verdict(last, known.health, now - last_ms, now - health_ms), h = known.health || {};

	byId("verdict").className = v.level;
	byId("verdict-word").textContent = v.word;
	byId("verdict-why").textContent = v.why;
	byId("verdict-facts").textContent = last
		? `${count(h.frames)} frames, ${count(h.messages)} messages, ${count(h.bars)} bars; lost ${count(h.gap_messages)} in gaps, `
			+ `${count(h.refused)} refused; wire lag ${time(h.wire_lag_p999_ns)}; at ${h.data_time || "-"}` : "";
	document.title = `${v.word} - wirebar`;
}

// Topics are drawn once a frame, however many snapshots came meanwhile.
function draw() {
	drawing = false;
	for (const topic of fresh)
		if (tables[topic])
			tables[topic](known[topic]);
	if (fresh.has("health"))
		chart.point(known.health);
	if (fresh.has("busiest") || fresh.has("watched"))
		symbols();
	fresh.clear();
	judge();
	document.body.dataset.updates = String(updates);
}

function symbols() {
	const busiest = Object.values(known.busiest || {}).filter((v) => v && v.symbol).map((v) => v.symbol);
	const watched = Object.entries(known.watched || {}).filter(([k, v]) => /^\d+$/.test(k) && typeof v === "string").map(([, v]) => v);
	const all = [...new Set([...watched, ...busiest])];

	byId("symbols").replaceChildren(...all.map((s) => Object.assign(document.createElement("option"), { value: s })));
	if (!chosen && all.length)
		choose(all[0]);
}

function choose(symbol) {
	chosen = symbol.trim();
	byId("symbol").value = chosen;
	bars_seen = -1;
	refresh();
}

const get = async (path) => (await fetch(path)).json();

// Bars and the gates' view of the chosen instrument: once a second at most, and when bars were sealed.
async function refresh() {
	const now = performance.now(), bars = (known.health || {}).bars;

	if (!chosen || asking || (bars === bars_seen) || (bars_seen >= 0 && now - asked_ms < 1000))
		return;
	asking = true;
	asked_ms = now;
	bars_seen = bars === undefined ? -1 : bars;
	const symbol = chosen, span = byId("span").value;
	try {
		const [rows, gates] = await Promise.all([get(chart.path(symbol, span)), get("/api/why/" + encodeURIComponent(symbol))]);
		if (symbol === chosen && span === byId("span").value) {
			chart.bars(rows, known.fires, symbol, symbol + " " + span);
			why(gates);
		} else {
			bars_seen = -1;
		}
	} catch (error) {
		bars_seen = -1; // the verdict says that nothing comes
	}
	asking = false;
}

function take(event) {
	const snapshot = JSON.parse(event.data), now = performance.now();

	last = snapshot;
	last_ms = now;
	updates++;
	for (const [topic, doc] of Object.entries(snapshot.topics)) {
		known[topic] = doc;
		fresh.add(topic);
		if (topic === "health")
			health_ms = now;
	}
	// Health that is the same again is as old as the answer that said so.
	if (!snapshot.topics.health && snapshot.up)
		health_ms = Math.max(health_ms, now - snapshot.answer_age_ns / 1e6);
	if (!drawing)
		requestAnimationFrame(draw);
	drawing = true;
}

chart.begin();
byId("symbol").addEventListener("change", () => choose(byId("symbol").value));
byId("span").addEventListener("change", () => choose(chosen));
setInterval(judge, 250);
setInterval(refresh, 250);
new EventSource("/events").addEventListener("snapshot", take);
get("/api").then((doc) => control.begin(doc.verbs), () => control.begin([]));
