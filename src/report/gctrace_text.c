/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "model/quantity.h"
#include "report/gctrace_report.h"
#include "report/wrap.h"

#define PLOT_LINES  8
#define PLOT_MAX    200
#define LABEL_WIDTH 12
#define MIB         ((int64_t)1 << 20)

/* What a column of the plot stands for. */
struct column {
	double live; /* the middle of its collections would need them sorted: the mean */
	uint32_t count;
};

static size_t fill_columns(const struct gctrace *trace, struct column *columns, size_t width)
{
	const struct gc_cycle_vector *cycles = &trace->cycles;
	double begin = cycles->items[0].at_s, end = cycles->items[cycles->count - 1].at_s;
	double step = end > begin ? (end - begin) / (double)width : 1;
	memset(columns, 0, width * sizeof(*columns));
	for (size_t i = 0; i < cycles->count; i++) {
		double at = (cycles->items[i].at_s - begin) / step;
		size_t column = at > 0 ? (size_t)at : 0;
		column = MIN(column, width - 1);
		columns[column].live += (double)cycles->items[i].live_mib;
		columns[column].count++;
	}
	/* Where no collection was the heap is as it was before. */
	for (size_t i = 0; i < width; i++) {
		if (columns[i].count)
			columns[i].live /= columns[i].count;
		else if (i)
			columns[i].live = columns[i - 1].live;
	}
	return width;
}

static void write_label(const char *text, struct writer *writer)
{
	size_t length = strlen(text);
	writer_blanks(writer, length < LABEL_WIDTH ? LABEL_WIDTH - length : 0);
	writer_string(writer, text);
}

/* One line of the plot: eighths of its height, from the bottom. */
static void write_plot_line(const struct column *columns, size_t width, double most, int line,
			    struct writer *writer)
{
	static const char *const eighths[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	for (size_t i = 0; i < width; i++) {
		double height = most > 0 ? columns[i].live / most * PLOT_LINES * 8 : 0;
		double left = height - (double)line * 8;
		int eighth = left >= 8 ? 8 : left > 0 ? (int)(left + 0.5) : 0;
		writer_string(writer, eighths[eighth]);
	}
}

static void write_plot(const struct gctrace_report *report, struct writer *writer)
{
	struct column columns[PLOT_MAX];
	char text[QUANTITY_SIZE];
	double most = 0;
	if (report->style->width < LABEL_WIDTH + 12 || report->trace->cycles.count < 2)
		return;
	size_t width = MIN((size_t)report->style->width - LABEL_WIDTH - 2, (size_t)PLOT_MAX);
	fill_columns(report->trace, columns, width);
	for (size_t i = 0; i < width; i++)
		most = MAX(most, columns[i].live);
	writer_char(writer, '\n');
	for (int line = PLOT_LINES - 1; line >= 0; line--) {
		if (line == PLOT_LINES - 1)
			write_label(quantity_bytes((int64_t)(most * (double)MIB), text), writer);
		else
			write_label(line ? "" : "0", writer);
		writer_string(writer, " ");
		style_begin(report->style, STYLE_CYAN, writer);
		write_plot_line(columns, width, most, line, writer);
		style_end(report->style, STYLE_CYAN, writer);
		writer_char(writer, '\n');
	}
	const struct gc_cycle_vector *cycles = &report->trace->cycles;
	write_label("", writer);
	writer_printf(writer, " %.0f s", cycles->items[0].at_s);
	char end[32];
	int length = snprintf(end, sizeof(end), "%.0f s", cycles->items[cycles->count - 1].at_s);
	size_t begin = (size_t)snprintf(NULL, 0, "%.0f s", cycles->items[0].at_s);
	if (length > 0 && begin + (size_t)length + 1 < width)
		writer_blanks(writer, width - begin - (size_t)length);
	writer_printf(writer, " %s\n", end);
}

void gctrace_headline(const struct gctrace_report *report, struct writer *writer)
{
	static const char *const words[] = {
		[HEAP_LEAK] = "the live heap grows, and goes on growing",
		[HEAP_FLAT] = "the live heap does not grow",
		[HEAP_UNSURE] = "whether the live heap grows cannot be told",
	};
	const struct heap_trend *heap = report->heap;
	char text[QUANTITY_SIZE], more[QUANTITY_SIZE];
	double hour = 3600.0 * (double)MIB;
	writer_string(writer, words[heap->verdict]);
	if (heap->verdict == HEAP_LEAK)
		writer_printf(writer, ", by %s an hour (at least %s)",
			      quantity_bytes((int64_t)(heap->trend.slope * hour), text),
			      quantity_bytes((int64_t)(heap->trend.slope_low * hour), more));
	writer_char(writer, '.');
}

static void write_verdict(const struct gctrace_report *report, struct writer *writer)
{
	subject_text(report->subject, report->style, writer);
	writer_string(writer, ": ");
	gctrace_headline(report, writer);
	writer_char(writer, '\n');
	subject_warnings_text(report->subject, report->style, writer);
}

static void write_scheduler(const struct gctrace *trace, struct writer *writer)
{
	uint64_t most = 0, threads = 0;
	for (size_t i = 0; i < trace->moments.count; i++) {
		most = MAX(most, trace->moments.items[i].run_queue);
		threads = MAX(threads, trace->moments.items[i].threads);
	}
	const struct sched_moment *last = &trace->moments.items[trace->moments.count - 1];
	writer_printf(writer,
		      "scheduler: %zu moments · at most %" PRIu64
		      " goroutines that could run, %" PRIu64 " threads · at last %" PRIu64
		      " of %" PRIu64 " processors idle",
		      trace->moments.count, most, threads, last->idle_processors, last->processors);
}

static void write_collections(const struct gctrace_report *report, struct writer *writer)
{
	const struct gc_cycle_vector *cycles = &report->trace->cycles;
	const struct gc_cycle *last = &cycles->items[cycles->count - 1];
	writer_printf(writer,
		      "%zu collections · live at last %" PRIu64 " MiB, goal %" PRIu64
		      " MiB · pauses %.3g ms, at most %.3g ms · %.3g %% of the processors' time",
		      cycles->count, last->live_mib, last->goal_mib, report->heap->pause_ms,
		      report->heap->pause_max_ms, report->heap->cpu_percent);
}

/* In lines as long as there may be. */
static void write_wrapped(const struct gctrace_report *report, struct writer *line,
			  struct writer *writer)
{
	const char *text = writer_text(line);
	if (text && *text)
		wrap_text(report->style, 0, text, writer);
	writer_deinit(line);
}

void gctrace_text(const struct gctrace_report *report, struct writer *writer)
{
	const struct gctrace *trace = report->trace;
	struct writer collections = WRITER_TO_MEMORY, scheduler = WRITER_TO_MEMORY;
	write_verdict(report, writer);
	if (trace->cycles.count) {
		write_plot(report, writer);
		writer_string(writer, "\nwhy  ");
		wrap_text(report->style, 5, report->heap->why, writer);
		write_collections(report, &collections);
	}
	if (trace->moments.count)
		write_scheduler(trace, &scheduler);
	write_wrapped(report, &collections, writer);
	write_wrapped(report, &scheduler, writer);
	if (report->heap->verdict == HEAP_LEAK)
		writer_string(writer, "next: dowse PID, or dowse on a heap profile or a core: they "
				      "tell what it is that grows\n");
}
