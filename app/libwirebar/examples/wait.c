/* SPDX-License-Identifier: BSD-3-Clause */
// wait PREFIX SYMBOL: each new 1s row of an instrument of a running appliance, until that ends.
#include <stdio.h>

#include <wirebar.h>

int main(int argc, char **argv)
{
	struct wirebar_attach_options how = { .bytes = sizeof how, .timeout_ms = 10000 };
	struct wirebar_row row;
	struct wirebar *w;
	uint32_t instr;
	char why[512], line[4096];

	if (argc < 3)
		return 2;
	how.file_prefix = argv[1];
	how.huge_dir = argc > 3 ? argv[3] : NULL; // where there are several
	int code = wirebar_check() ? WIREBAR_LAYOUT : wirebar_attach(&w, &how, why, sizeof why);

	if (code)
		return fprintf(stderr, "wait: %s: %s\n", wirebar_code_text(code), why), code;
	code = wirebar_find(w, argv[2], &instr);
	while (code == WIREBAR_OK || code == WIREBAR_TIMEOUT) {
		code = wirebar_wait(w, instr, 1 << WIREBAR_1S, 1000, &row, sizeof row);
		if (code == WIREBAR_OK && wirebar_csv_row(&row, line, sizeof line))
			fputs(line, stdout);
	}
	fprintf(stderr, "wait: %s\n", wirebar_code_text(code));
	wirebar_detach(w);
	return code == WIREBAR_GONE ? 0 : code;
}
