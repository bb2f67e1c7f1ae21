// verdict.js: what may be believed now. Never green while anything is old: the page's own clock decides, since who does not
// send cannot say so.

const seconds = (ns) => ns / 1e9;
const shown = (s) => (s < 10 ? s.toFixed(1) : Math.round(s)) + " s";

// verdict returns {level, word, why} of the newest snapshot, its health, and how long ago each came (ms).
export function verdict(last, health, silent_ms, health_ms) {
	if (!last)
		return { level: "bad", word: "not connected", why: "nothing came so far" };
	const limit = last.stale_s;

	if (silent_ms >= limit * 1000)
		return { level: "bad", word: "stale", why: `the console has said nothing for ${shown(silent_ms / 1000)}; all below is old` };
	if (!last.alive || !health)
		return { level: "bad", word: "no answer", why: last.answer_age_ns === undefined
			? `the appliance does not answer: ${last.why}`
			: `the appliance has not answered for ${shown(seconds(last.answer_age_ns) + silent_ms / 1000)}: ${last.why}` };
	const age = seconds(health.data_age_ns || 0) + health_ms / 1000;
	const word = String(health.health), why = String(health.why || "");

	if (word === "bad")
		return { level: "bad", word, why };
	if (word !== "ok")
		return { level: "warn", word, why };
	if (age >= limit)
		return { level: "warn", word: "old data", why: `the newest data is ${shown(age)} old` };
	if (health.trading && health.trading !== "run")
		return { level: "warn", word: `trading: ${health.trading}`, why: String(health.trading_why || "") };
	return { level: "good", word, why: why || `data is ${shown(age)} old` };
}
