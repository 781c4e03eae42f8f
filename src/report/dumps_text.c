/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "model/quantity.h"
#include "report/dumps_report.h"
#include "report/safe.h"

#define DUMPS_SHOWN 12

static void write_one(const struct dump *dump, size_t number, const struct style *style,
		      struct writer *writer)
{
	writer_printf(writer, "  %4zu  line %-10" PRIu64 "  ", number, dump->line);
	quantity_write(writer, goroutines_count(&dump->goroutines, false), "goroutine",
		       "goroutines");
	if (dump->reason) {
		writer_string(writer, "  ");
		style_begin(style, STYLE_DIM, writer);
		safe_string_limited(writer, dump->reason, 60, NULL);
		style_end(style, STYLE_DIM, writer);
	}
	writer_char(writer, '\n');
}

void dumps_list_text(const struct dumps *dumps, size_t chosen, const struct style *style,
		     struct writer *writer)
{
	size_t shown = 0;
	if (dumps->list.count < 2)
		return;
	writer_string(writer, "\nother dumps in it (--dump N tells of one):\n");
	for (size_t i = 0; i < dumps->list.count && shown < DUMPS_SHOWN; i++) {
		if (i == chosen)
			continue;
		write_one(dumps->list.items[i], i + 1, style, writer);
		shown++;
	}
	if (shown + 1 < dumps->list.count)
		writer_printf(writer, "  … and %zu more\n", dumps->list.count - shown - 1);
}
