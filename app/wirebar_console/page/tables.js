// tables.js: answers of the appliance as tables. Texts come from outside: they are set as text, never as markup.

export const byId = (id) => document.getElementById(id);

export function count(v) {
	return typeof v === "number" ? v.toLocaleString("en-US") : v === undefined || v === null ? "" : String(v);
}

export function time(ns) {
	if (typeof ns !== "number")
		return "";
	const [v, unit] = ns < 1e3 ? [ns, "ns"] : ns < 1e6 ? [ns / 1e3, "us"] : ns < 1e9 ? [ns / 1e6, "ms"] : [ns / 1e9, "s"];
	return `${v < 100 && unit !== "ns" ? v.toFixed(1) : Math.round(v)} ${unit}`;
}

const cell = (kind, text, css) => {
	const e = document.createElement(kind);
	e.textContent = text;
	if (css)
		e.className = css;
	return e;
};

// fill puts rows of {text, css} or plain values under a head; a name of the head that begins with > is a number's.
export function fill(id, head, rows, nothing) {
	const table = byId(id), top = document.createElement("tr"), body = document.createElement("tbody");

	for (const name of head)
		top.append(cell("th", name.replace(/^>/, ""), name[0] === ">" ? "n" : ""));
	for (const row of rows) {
		const tr = document.createElement("tr");
		row.forEach((v, i) => {
			const given = v !== null && typeof v === "object", css = [head[i][0] === ">" ? "n" : "", given ? v.css : ""];
			tr.append(cell("td", count(given ? v.text : v), css.join(" ").trim()));
		});
		body.append(tr);
	}
	const note = document.createElement("caption");
	note.textContent = rows.length ? "" : nothing || "none";
	const thead = document.createElement("thead");
	thead.append(top);
	table.replaceChildren(...(rows.length ? [thead, body] : [note]));
}

const objects = (doc) => Object.entries(doc || {}).filter(([, v]) => v !== null && typeof v === "object" && !Array.isArray(v));
const refused = (doc) => (doc && doc.status === "error" ? doc.error : "");
const share = (v) => (typeof v === "number" ? (v / 10).toFixed(1) + " %" : "");
const loss = (v) => (v > 0 ? { text: v, css: "bad" } : v);

function lines(doc) {
	const rows = [];
	for (const [key, c] of objects(doc)) {
		const state = { text: c.state, css: c.state === "silent" ? "bad" : "" };
		rows.push([`${key} ${c.feed}`, state, "", c.packets, "", "", loss(c.gap_messages), "", time(c.age_ns)]);
		for (const [name, l] of objects(c).filter(([k]) => /^line\d/.test(k)))
			rows.push([`  ${name}`, { text: l.state, css: l.state === "silent" ? "bad" : "" }, l.group, l.packets, l.first, l.late,
				loss(l.lost), time(l.skew_p99_ns), time(l.age_ns)]);
	}
	fill("lines", ["channel", "state", "group", ">packets", ">first", ">late", ">lost", ">skew p99", ">age"], rows, refused(doc));
}

function ledger(doc) {
	const sums = objects(doc.identities).map(([, v]) => v).filter((v) => v.left || v.right);
	fill("sums", ["sum", ">left", ">right", ""],
		sums.map((v) => [{ text: v.text, css: "wide" }, v.left, v.right, v.holds ? "holds" : { text: "off", css: "bad" }]), refused(doc));
	const counters = Object.entries(doc).filter(([k, v]) => typeof v === "number" && v && k !== "balanced");
	fill("ledger", ["counter", ">count"], counters, refused(doc));
}

const plain = (id, head, row) => (doc) => fill(id, head, objects(doc).map(([k, v]) => row(k, v)), refused(doc));

function positions(doc) {
	const sum = ["realized", "unrealized", "fees", "net", "day_net"].filter((k) => doc[k]).map((k) => `${k} ${doc[k]}`);
	byId("positions-sums").textContent = sum.join(", ");
	fill("positions", ["symbol", ">qty", ">cost", ">realized", ">unrealized", ">fees", ">bid", ">ask"],
		objects(doc).map(([, p]) => [p.symbol, p.qty, p.cost, p.realized, p.unrealized, p.fees, p.bid, p.ask]), refused(doc));
}

// Of a wirebar that runs supervised; of another one nothing comes.
function parts(doc) {
	const state = (p) => ({ text: p.state, css: /^(slow|starved|stuck|waiting|killed|failed)$/.test(p.state) ? "bad" : "" });
	const up = (s) => `${Math.floor(s / 3600)}:${String(Math.floor(s / 60) % 60).padStart(2, "0")}:${String(s % 60).padStart(2, "0")}`;

	byId("parts-of").hidden = false;
	fill("parts", ["part", "state", "cores", ">pid", ">uptime", ">restarts", ">left", ">lag", ">frames", ">slow", "why"],
		(doc.parts || []).map((p) => [p.name, state(p), p.cores, String(p.pid), up(p.uptime_s), loss(p.restarts), p.restarts_left,
			time(p.lag_ns), p.frames, loss(p.slow), { text: p.why, css: "wide" }]), refused(doc));
}

// One renderer a topic of /events.
export const tables = {
	lines,
	ledger,
	positions,
	parts,
	lcores: plain("lcores", ["lcore", "stage", ">cpu", ">busy", ">worst poll", ">frames", ">messages", ">rows", "state"],
		(k, l) => [k, l.stage, l.cpu, share(l.busy_permille), time(l.worst_poll_ns), l.frames, l.messages, l.rows, l.done ? "ended" : "runs"]),
	links: plain("links", ["link", ">pushes", ">pops", ">depth", ">refused", ">waits", ">peak", ">capacity", ">behind"],
		(k, l) => [`${k}: ${l.from} to ${l.to}`, l.pushes, l.pops, l.depth, loss(l.refused), l.waits, l.peak, l.capacity, time(l.behind_ns)]),
	ports: plain("ports", ["port", "kind", ">frames", ">bytes", ">missed", ">errors", ">no mbuf"],
		(k, p) => [k, p.kind, p.frames, p.bytes, loss(p.missed), loss(p.errors), loss(p.no_mbuf)]),
	recovery: plain("recovery", ["server", "protocol", "state", ">requests", ">recovered", ">refused", ">given up"],
		(k, s) => [k, s.protocol, s.state, s.requests, s.recovered, loss(s.refused), loss(s.given_up)]),
	fires: plain("fires", ["time", "symbol", "gate", "stream", "side", ">score", ">close"],
		(k, f) => [f.close_ts, f.symbol, f.gate, f.stream, f.side, f.score, f.close]),
	orders: plain("orders", ["id", "symbol", "venue", "state", "side", ">qty", ">filled", ">price", "gate"],
		(k, o) => [o.id, o.symbol, o.venue, o.state, o.side, o.qty, o.filled, o.price, o.gate || o.source]),
};

export function why(doc) {
	const rows = [];
	for (const [name, g] of objects(doc)) {
		rows.push([name, `${g.stream} ${g.side}`, g.verdict, `${g.share} of ${g.needs}`, "", { text: g.why_not || g.would_stop || "", css: "wide" }]);
		for (let i = 0; g[`rule${i}`]; i++)
			rows.push(["", "", g[`holds${i}`], g[`left${i}`], g[`right${i}`], { text: g[`rule${i}`], css: "wide" }]);
	}
	fill("why", ["gate", "side", "verdict", ">left", ">right", "rule, or what keeps it"], rows, refused(doc));
}
