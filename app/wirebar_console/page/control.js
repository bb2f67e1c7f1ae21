// control.js: commands. The token stays in this page's memory; each command needs its verb typed again, and a reason.
import { byId } from "./tables.js";

async function send(verb) {
	const said = byId("control-said");

	said.textContent = `${verb} ...`;
	try {
		const answer = await fetch("/control/" + verb, {
			method: "POST",
			headers: { "Content-Type": "application/json", Authorization: "Bearer " + byId("token").value },
			body: JSON.stringify({ confirm: byId("confirm").value.trim(), reason: byId("reason").value.trim() }),
		});
		const doc = await answer.json();
		said.textContent = answer.ok ? `${verb}: done${doc.done ? ", " + doc.done : ""}` : `${verb}: refused: ${doc.error}`;
	} catch (error) {
		said.textContent = `${verb}: no answer: ${error.message}; look whether it was done`;
	}
	byId("confirm").value = "";
}

export function begin(verbs) {
	byId("control-off").hidden = verbs.length > 0;
	byId("control-on").hidden = !verbs.length;
	byId("verbs").replaceChildren(...verbs.map((verb) => {
		const button = document.createElement("button");
		button.type = "button";
		button.textContent = verb;
		button.addEventListener("click", () => send(verb));
		return button;
	}));
}
