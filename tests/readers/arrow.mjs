// SPDX-License-Identifier: BSD-3-Clause
// arrow.mjs DIR [ROWS]: each NAME.arrow and NAME.arrows of DIR, read by apache-arrow (JavaScript) and by arrow-rs
// (parquet-wasm), must say cell by cell what NAME.csv says. Prints one line a file and reader; exit 1: something
// differs. Run it where node_modules are (npm ci).
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { tableFromIPC, tableToIPC, Type } from "apache-arrow";
import * as rs from "parquet-wasm/node";

const dir = process.argv[2];
let bad = 0, seen = 0;

// The cell as the CSV has it, from what a reader returns.
function text(field, column, row, flags) {
	const value = column.get(row);
	if (value === null) return "";
	switch (field.type.typeId) {
	case Type.Timestamp: {
		const ns = exact(column, row), s = ns / 1000000000n;
		const iso = new Date(Number(s) * 1000).toISOString().slice(0, 19);
		return `${iso}.${String(ns % 1000000000n).padStart(9, "0")}Z`;
	}
	case Type.Int:
		if (field.name !== "flags") return String(value);
		return flags.filter((_, bit) => Number(value) >> bit & 1).join("|");
	default: return String(value);
	}
}

// apache-arrow's get() of a timestamp is milliseconds as a double: the nanoseconds are in its data.
function exact(column, row) {
	for (const data of column.data) {
		if (row < data.length) return data.values[row];
		row -= data.length;
	}
}

// Doubles are written with twelve digits; prices, with six decimals at most, come back exactly.
function same(field, ours, cell) {
	if (field.type.typeId !== Type.Float || ours === "" || cell === "") return ours === cell;
	return Number(ours) === Number(cell) || Number(Number(ours).toPrecision(12)) === Number(cell);
}

function compare(name, reader, table) {
	const lines = readFileSync(join(dir, name.replace(/\.arrows?$/, ".csv")), "utf8").trimEnd().split("\n");
	const names = lines[0].split(","), fields = table.schema.fields;
	const flags = table.schema.metadata.get("wirebar.flags").split("|");
	const columns = fields.map((_, i) => table.getChildAt(i));
	let wrong = 0;

	if (fields.map((f) => f.name).join() !== names.join()) wrong++;
	if (table.numRows !== lines.length - 1) wrong++;
	for (let row = 0; row < table.numRows && wrong < 5; row++) {
		const cells = lines[row + 1].split(",");
		fields.forEach((field, i) => {
			const ours = text(field, columns[i], row, flags);
			if (same(field, ours, cells[i])) return;
			console.log(`${name}: ${reader}: row ${row} ${field.name}: ${ours}, CSV ${cells[i]}`);
			wrong++;
		});
	}
	console.log(`${name}: ${reader}: ${table.numRows} rows of ${fields.length} columns: ${wrong ? "differ" : "equal"}`);
	bad += wrong;
	seen++;
}

for (const name of readdirSync(dir).filter((n) => /\.arrows?$/.test(n))) {
	const bytes = readFileSync(join(dir, name));
	compare(name, "apache-arrow", tableFromIPC(bytes));
	if (name.endsWith(".arrows")) // arrow-rs checks the flatbuffers, too; what it understood is read back
		compare(name, "arrow-rs", tableFromIPC(rs.Table.fromIPCStream(bytes).intoIPCStream()));
}
process.exit(bad || !seen ? 1 : 0);
