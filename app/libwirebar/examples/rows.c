/* SPDX-License-Identifier: BSD-3-Clause */
// rows CAPTURE...: the sealed rows of captures, as `wirebar replay --bars -` writes them. Compile it with
// cc rows.c $(pkg-config --cflags --libs wirebar).
#include <stdio.h>

#include <wirebar.h>

static int row(void *ctx, const struct wirebar_row *r)
{
	char line[4096];

	(void)ctx;
	wirebar_csv_row(r, line, sizeof line);
	return fputs(line, stdout) < 0; // nobody reads any more: stop
}

int main(int argc, char **argv)
{
	struct wirebar_run run = { .bytes = sizeof run,
				   .files = (const char *const *)argv + 1,
				   .n_files = (size_t)argc - 1,
				   .row = row };
	char text[4096], why[512];

	if (wirebar_check()) // was compiled with another list of columns
		return fprintf(stderr, "rows: %s\n", wirebar_code_text(WIREBAR_LAYOUT)), 1;
	wirebar_csv_header(text, sizeof text);
	fputs(text, stdout);
	int code = wirebar_run(&run, NULL, why, sizeof why);

	if (code)
		fprintf(stderr, "rows: %s: %s\n", wirebar_code_text(code), why);
	return code;
}
