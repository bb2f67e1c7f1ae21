/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/plot.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PANELS = 4, LINES = 12, STACKS = 12, PARTS = 8, NOTES = 8, TEXT = 96 };
enum { WIDTH = 860, LEFT = 78, RIGHT = 196, HEAD = 66, PANEL = 236, GAP = 58, ROW = 26 };

// Okabe and Ito's palette: told apart by colour-blind readers and in print.
static const char *const palette[] = { "#0072b2", "#d55e00", "#009e73", "#cc79a7",
				       "#e69f00", "#56b4e9", "#555555" };
enum { COLOURS = sizeof palette / sizeof *palette };

struct line {
	char name[TEXT];
	unsigned colour;
	enum plot_style style;
	double *x, *y;
	size_t n;
};
struct note {
	char text[TEXT];
	double x, y;
	bool across;
};
struct stack {
	char row[TEXT];
	double part[PARTS];
};

struct axis {
	char label[TEXT];
	bool log;
	double from, to;
};

struct panel {
	struct axis x, y;
	struct line line[LINES];
	struct note note[NOTES];
	struct stack stack[STACKS];
	char part[PARTS][TEXT];
	unsigned n_lines, n_notes, n_stacks, n_parts;
	double top, height; // in the picture
};

struct plot {
	char title[TEXT * 2], subtitle[TEXT * 3];
	struct panel panel[PANELS];
	unsigned n;
	bool broken; // no memory for a line
};

struct plot *plot_open(const char *title, const char *subtitle)
{
	struct plot *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	snprintf(p->title, sizeof p->title, "%s", title);
	snprintf(p->subtitle, sizeof p->subtitle, "%s", subtitle ? subtitle : "");
	return p;
}

static void set_axis(struct axis *to, const struct plot_axis *from)
{
	snprintf(to->label, sizeof to->label, "%s", from->label);
	to->log = from->log;
	to->from = from->from;
	to->to = from->to;
}

void plot_panel(struct plot *plot, const struct plot_axis *x, const struct plot_axis *y)
{
	if (!plot || plot->n == PANELS)
		return;
	set_axis(&plot->panel[plot->n].x, x);
	set_axis(&plot->panel[plot->n].y, y);
	plot->n++;
}

static struct panel *last(struct plot *plot) { return plot && plot->n ? &plot->panel[plot->n - 1] : NULL; }

static bool drawable(const struct axis *a, double v) { return isfinite(v) && (!a->log || v > 0); }

void plot_line(struct plot *plot, const char *name, unsigned colour, enum plot_style style, const double *x,
	       const double *y, size_t n)
{
	struct panel *p = last(plot);

	if (!p || p->n_lines == LINES)
		return;
	struct line *l = &p->line[p->n_lines++];

	*l = (struct line){ .colour = colour % COLOURS,
			    .style = style,
			    .x = calloc(n + 1, sizeof *x),
			    .y = calloc(n + 1, sizeof *y) };
	snprintf(l->name, sizeof l->name, "%s", name);
	if (!l->x || !l->y) {
		plot->broken = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (!drawable(&p->x, x[i]) || !drawable(&p->y, y[i]))
			continue;
		l->x[l->n] = x[i];
		l->y[l->n++] = y[i];
	}
}

static void add_note(struct plot *plot, double x, double y, const char *text, bool across)
{
	struct panel *p = last(plot);

	if (!p || p->n_notes == NOTES || !drawable(&p->y, y))
		return;
	struct note *note = &p->note[p->n_notes++];

	*note = (struct note){ .x = x, .y = y, .across = across };
	snprintf(note->text, sizeof note->text, "%s", text);
}

void plot_level(struct plot *plot, double y, const char *text) { add_note(plot, 0, y, text, true); }

void plot_note(struct plot *plot, double x, double y, const char *text) { add_note(plot, x, y, text, false); }

void plot_stack(struct plot *plot, const char *row, const char *const *names, const double *parts, unsigned n)
{
	struct panel *p = last(plot);

	if (!p || p->n_stacks == STACKS)
		return;
	struct stack *s = &p->stack[p->n_stacks++];

	snprintf(s->row, sizeof s->row, "%s", row);
	n = n < PARTS ? n : PARTS;
	for (unsigned i = 0; i < n; i++) {
		s->part[i] = parts[i];
		if (p->n_parts < n)
			snprintf(p->part[p->n_parts++], TEXT, "%s", names[i]);
	}
}

// Ranges

static void widen(double *from, double *to, double v)
{
	if (v < *from)
		*from = v;
	if (v > *to)
		*to = v;
}

// A step of 1, 2 or 5 times a power of ten that gives about n ticks.
static double nice_step(double range, unsigned n)
{
	double raw = range / n, ten = pow(10, floor(log10(raw))), f = raw / ten;

	return (f <= 1 ? 1 : f <= 2 ? 2 : f <= 5 ? 5 : 10) * ten;
}

static void find_range(struct axis *a, double from, double to)
{
	if (a->from != a->to)
		return;
	if (!(from <= to))
		from = 1, to = 10;
	if (a->log) {
		a->from = pow(10, floor(log10(from)));
		a->to = pow(10, ceil(log10(to) - 1e-9));
		if (a->to <= a->from)
			a->to = a->from * 10;
		return;
	}
	if (from > 0 && from < to * 0.7)
		from = 0;
	if (to <= from)
		to = from + (from != 0 ? fabs(from) : 1);
	double step = nice_step(to - from, 12);

	a->from = floor(from / step) * step;
	a->to = ceil(to / step - 1e-9) * step;
}

static void find_ranges(struct panel *p)
{
	double x0 = INFINITY, x1 = -INFINITY, y0 = INFINITY, y1 = -INFINITY;

	for (unsigned i = 0; i < p->n_lines; i++)
		for (size_t k = 0; k < p->line[i].n; k++) {
			widen(&x0, &x1, p->line[i].x[k]);
			widen(&y0, &y1, p->line[i].y[k]);
		}
	for (unsigned i = 0; i < p->n_notes; i++)
		widen(&y0, &y1, p->note[i].y);
	for (unsigned i = 0; i < p->n_stacks; i++) {
		double sum = 0;

		for (unsigned k = 0; k < p->n_parts; k++)
			sum += p->stack[i].part[k];
		widen(&x0, &x1, sum);
		x0 = 0;
	}
	find_range(&p->x, x0, x1);
	find_range(&p->y, y0, y1);
}

static double place(const struct axis *a, double v)
{
	double f = a->log ? (log10(v) - log10(a->from)) / (log10(a->to) - log10(a->from))
			  : (v - a->from) / (a->to - a->from);

	return f < 0 ? 0 : f > 1 ? 1 : f;
}

static double at_x(const struct panel *p, double v)
{
	return LEFT + place(&p->x, v) * (WIDTH - LEFT - RIGHT);
}

static double at_y(const struct panel *p, double v) { return p->top + (1 - place(&p->y, v)) * p->height; }

// Text

static void put_text(FILE *f, double x, double y, const char *attributes, const char *text)
{
	fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attributes);
	for (; *text; text++) {
		switch (*text) {
		case '&': fputs("&amp;", f); break;
		case '<': fputs("&lt;", f); break;
		case '>': fputs("&gt;", f); break;
		default: fputc(*text, f);
		}
	}
	fputs("</text>\n", f);
}

// 12000 is 12k.
static void number(char out[32], double v)
{
	double a = fabs(v);

	if (a >= 1e9)
		snprintf(out, 32, "%gG", v / 1e9);
	else if (a >= 1e6)
		snprintf(out, 32, "%gM", v / 1e6);
	else if (a >= 1e4)
		snprintf(out, 32, "%gk", v / 1e3);
	else
		snprintf(out, 32, "%g", a < 1e-12 ? 0 : v);
}

// The ticks of an axis, one by one from i = 0; false behind the last.
static bool tick(const struct axis *a, unsigned i, double *v)
{
	if (a->log) {
		double decades = round(log10(a->to) - log10(a->from)), step = decades > 8 ? 2 : 1;

		*v = a->from * pow(10, i * step);
		return *v <= a->to * 1.0001;
	}
	double step = nice_step(a->to - a->from, 6);

	*v = (ceil(a->from / step - 1e-9) + i) * step;
	return *v <= a->to + step * 1e-6;
}

static void draw_frame(FILE *f, const struct panel *p)
{
	double right = WIDTH - RIGHT, bottom = p->top + p->height, v;
	char label[32];

	for (unsigned i = 0; tick(&p->x, i, &v); i++) {
		fprintf(f, "<path d=\"M%.1f %.1fV%.1f\" class=\"g\"/>\n", at_x(p, v), p->top, bottom);
		number(label, v);
		put_text(f, at_x(p, v), bottom + 16, "text-anchor=\"middle\"", label);
	}
	for (unsigned i = 0; p->n_stacks == 0 && tick(&p->y, i, &v); i++) {
		fprintf(f, "<path d=\"M%d %.1fH%.1f\" class=\"g\"/>\n", LEFT, at_y(p, v), right);
		number(label, v);
		put_text(f, LEFT - 7, at_y(p, v) + 4, "text-anchor=\"end\"", label);
	}
	fprintf(f, "<path d=\"M%d %.1fV%.1fH%.1f\" class=\"a\"/>\n", LEFT, p->top, bottom, right);
	put_text(f, (LEFT + right) / 2, bottom + 34, "text-anchor=\"middle\"", p->x.label);
	put_text(f, LEFT - 62, p->top - 9, "class=\"y\"", p->y.label);
}

static void draw_line(FILE *f, const struct panel *p, const struct line *l)
{
	if (l->style == PLOT_POINTS) {
		for (size_t i = 0; i < l->n; i++)
			fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.2\" fill=\"%s\"/>\n",
				at_x(p, l->x[i]), at_y(p, l->y[i]), palette[l->colour]);
		return;
	}
	if (l->n == 0)
		return;
	fprintf(f,
		"<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\" stroke-linejoin=\"round\"%s points=\"",
		palette[l->colour], l->style == PLOT_DASHED ? " stroke-dasharray=\"5 4\"" : "");
	for (size_t i = 0; i < l->n; i++)
		fprintf(f, "%s%.1f,%.1f", i ? " " : "", at_x(p, l->x[i]), at_y(p, l->y[i]));
	fputs("\"/>\n", f);
}

static void draw_notes(FILE *f, const struct panel *p)
{
	for (unsigned i = 0; i < p->n_notes; i++) {
		const struct note *n = &p->note[i];
		double y = at_y(p, n->y), x = at_x(p, n->x);
		bool end = x > (LEFT + WIDTH - RIGHT) / 2.0; // the text goes where there is room

		if (n->across) {
			fprintf(f, "<path d=\"M%d %.1fH%d\" class=\"l\"/>\n", LEFT, y, WIDTH - RIGHT);
			put_text(f, LEFT + 6, y - 5, "class=\"n\"", n->text);
			continue;
		}
		fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" class=\"d\"/>\n", x, y);
		put_text(f, end ? x - 8 : x + 8, y - 7,
			 end ? "class=\"n\" text-anchor=\"end\"" : "class=\"n\"", n->text);
	}
}

static void draw_stacks(FILE *f, const struct panel *p)
{
	for (unsigned i = 0; i < p->n_stacks; i++) {
		double y = p->top + 5 + i * ROW, sum = 0;

		put_text(f, LEFT - 7, y + 13, "text-anchor=\"end\"", p->stack[i].row);
		for (unsigned k = 0; k < p->n_parts; k++) {
			double from = at_x(p, sum), to = at_x(p, sum += p->stack[i].part[k]);

			if (to > from)
				fprintf(f,
					"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
					from, y, to - from, ROW - 8, palette[k % COLOURS]);
		}
	}
}

static void draw_legend(FILE *f, const struct panel *p)
{
	double x = WIDTH - RIGHT + 14, y = p->top + 8;

	for (unsigned i = 0; i < p->n_lines; i++, y += 18) {
		const struct line *l = &p->line[i];

		if (l->style == PLOT_POINTS)
			fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\" fill=\"%s\"/>\n", x + 11, y - 4,
				palette[l->colour]);
		else
			fprintf(f, "<path d=\"M%.1f %.1fh22\" stroke=\"%s\" stroke-width=\"2.2\"%s/>\n", x,
				y - 4, palette[l->colour],
				l->style == PLOT_DASHED ? " stroke-dasharray=\"5 4\"" : "");
		put_text(f, x + 28, y, "", l->name);
	}
	for (unsigned k = 0; k < p->n_parts; k++, y += 18) {
		fprintf(f, "<rect x=\"%.1f\" y=\"%.1f\" width=\"14\" height=\"10\" fill=\"%s\"/>\n", x, y - 9,
			palette[k % COLOURS]);
		put_text(f, x + 28, y, "", p->part[k]);
	}
}

static double lay_out(struct plot *plot)
{
	double y = HEAD;

	for (unsigned i = 0; i < plot->n; i++) {
		struct panel *p = &plot->panel[i];

		find_ranges(p);
		p->top = y + 16;
		p->height = p->n_stacks ? 10 + p->n_stacks * ROW : PANEL - 16;
		y = p->top + p->height + GAP;
	}
	return y;
}

static int draw(struct plot *plot, FILE *f)
{
	double height = lay_out(plot);

	fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" viewBox=\"0 0 %d %.0f\" "
		"font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#333\">\n",
		WIDTH, height, WIDTH, height);
	fputs("<style>.g{stroke:#e4e4e4;fill:none}.a{stroke:#888;fill:none}.l{stroke:#888;stroke-dasharray:2 3;fill:none}"
	      ".n{font-size:11px;fill:#444}.d{fill:none;stroke:#333;stroke-width:1.4}.y{font-weight:600}</style>\n",
	      f);
	fprintf(f, "<rect width=\"%d\" height=\"%.0f\" fill=\"#fff\"/>\n", WIDTH, height);
	put_text(f, 16, 26, "font-size=\"16\" font-weight=\"600\"", plot->title);
	put_text(f, 16, 46, "fill=\"#666\"", plot->subtitle);
	for (unsigned i = 0; i < plot->n; i++) {
		const struct panel *p = &plot->panel[i];

		draw_frame(f, p);
		for (unsigned k = 0; k < p->n_lines; k++)
			draw_line(f, p, &p->line[k]);
		draw_stacks(f, p);
		draw_notes(f, p);
		draw_legend(f, p);
	}
	fputs("</svg>\n", f);
	return ferror(f) ? -EIO : 0;
}

int plot_close(struct plot *plot, const char *path)
{
	FILE *f;
	int rc = -ENOMEM;

	if (!plot)
		return -ENOMEM;
	if (!plot->broken) {
		f = fopen(path, "w");
		rc = f ? draw(plot, f) : -errno;
		if (f && fclose(f) != 0 && rc == 0)
			rc = -errno;
	}
	for (unsigned i = 0; i < plot->n; i++)
		for (unsigned k = 0; k < plot->panel[i].n_lines; k++) {
			free(plot->panel[i].line[k].x);
			free(plot->panel[i].line[k].y);
		}
	free(plot);
	return rc;
}
