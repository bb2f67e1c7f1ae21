/* SPDX-License-Identifier: BSD-3-Clause */
// series_plot: lines of text to a picture, for scripts whose figures come from several programs (plot.h).
//
//	series_plot FILE.svg <<END
//	title	TEXT	SUBTITLE
//	panel	X-LABEL	X-FROM	X-TO	Y-LABEL	linear|log
//	line	NAME	COLOUR	solid|dashed|points
//	point	X	Y
//	note	X	Y	TEXT
//	END
//
// Words are separated by tabs; a line's points follow it. X-FROM = X-TO: found from the points.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/plot.h"

enum { WORDS = 6, LINE_BYTES = 512, POINTS = 1 << 16 };

struct series {
	struct plot *plot;
	char name[LINE_BYTES];
	unsigned colour;
	enum plot_style style;
	size_t n;
	double x[POINTS], y[POINTS];
};

static struct series series;

// The line is complete when something else follows.
static void end_line(struct series *s)
{
	if (s->name[0])
		plot_line(s->plot, s->name, s->colour, s->style, s->x, s->y, s->n);
	s->name[0] = '\0';
	s->n = 0;
}

static unsigned split(char *text, char *word[WORDS])
{
	unsigned n = 0;

	text[strcspn(text, "\n")] = '\0';
	for (char *at = text; at && n < WORDS; n++)
		word[n] = strsep(&at, "\t");
	return n;
}

static bool begin_line(struct series *s, char *word[WORDS])
{
	static const char *const styles[] = {
		[PLOT_SOLID] = "solid", [PLOT_DASHED] = "dashed", [PLOT_POINTS] = "points"
	};
	unsigned i = 0;

	while (i < sizeof styles / sizeof *styles && strcmp(styles[i], word[3]))
		i++;
	snprintf(s->name, sizeof s->name, "%s", word[1]);
	s->colour = (unsigned)atoi(word[2]);
	s->style = (enum plot_style)i;
	return i < sizeof styles / sizeof *styles;
}

// False when the line is none of those above.
static bool take(struct series *s, char *text)
{
	char *word[WORDS];
	unsigned n = split(text, word);

	if (n == 3 && !strcmp(word[0], "point")) {
		if (!s->plot || !s->name[0] || s->n == POINTS)
			return false;
		s->x[s->n] = strtod(word[1], NULL);
		s->y[s->n++] = strtod(word[2], NULL);
		return true;
	}
	if (n == 3 && !strcmp(word[0], "title")) {
		s->plot = s->plot ? s->plot : plot_open(word[1], word[2]);
		return true;
	}
	if (!s->plot)
		return false;
	end_line(s);
	if (n == 6 && !strcmp(word[0], "panel")) {
		struct plot_axis x = { .label = word[1],
				       .from = strtod(word[2], NULL),
				       .to = strtod(word[3], NULL) };
		struct plot_axis y = { .label = word[4], .log = !strcmp(word[5], "log") };

		plot_panel(s->plot, &x, &y);
		return true;
	}
	if (n == 4 && !strcmp(word[0], "note")) {
		plot_note(s->plot, strtod(word[1], NULL), strtod(word[2], NULL), word[3]);
		return true;
	}
	return n == 4 && !strcmp(word[0], "line") && begin_line(s, word);
}

int main(int argc, char **argv)
{
	char text[LINE_BYTES];

	if (argc != 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: series_plot FILE.svg <DESCRIPTION\n");
		return 2;
	}
	for (unsigned n = 1; fgets(text, sizeof text, stdin); n++)
		if (!take(&series, text)) {
			fprintf(stderr, "series_plot: line %u is not understood\n", n);
			return 2;
		}
	end_line(&series);
	if (plot_close(series.plot, argv[1]) < 0) {
		fprintf(stderr, "series_plot: cannot write %s\n", argv[1]);
		return 1;
	}
	return 0;
}
