/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "report/heap_cells.h"
#include "report/heap_faces.h"

#define TYPES_IN_TEXT  3
#define PLACES_IN_TEXT 3

/* The innermost frame outside the standard library, else the innermost. */
const struct heap_site_frame *heap_site_place(const struct heap_site *site,
					      const struct place_rule *rule)
{
	for (uint32_t i = 0; i < site->depth; i++) {
		if (place_is_users(rule, site->frames[i].function))
			return &site->frames[i];
	}
	return site->depth ? &site->frames[0] : NULL;
}

static void cell_place(struct table *table, const struct heap_site_frame *place)
{
	if (!place)
		table_cell(table, STYLE_DIM, "a stack that is not known");
	else if (place->line > 0)
		table_cell_printf(table, STYLE_BOLD, "%s  %s:%" PRId32, place->function,
				  place->file, place->line);
	else
		table_cell(table, STYLE_BOLD, place->function);
}

static struct error *types_text(const struct heap_report *report, const struct heap_site *site,
				struct writer *writer)
{
	for (size_t i = 0; i < site->part_count && i < TYPES_IN_TEXT; i++) {
		writer_string(writer, i ? ", " : "");
		TRY(heap_group_text(report->heap, &site->parts[i], writer));
	}
	if (site->part_count > TYPES_IN_TEXT)
		writer_string(writer, ", ...");
	return NULL;
}

static void write_head(const struct heap_sites *sites, struct writer *writer)
{
	char rate[QUANTITY_SIZE];
	if (sites->rate <= 1)
		writer_string(writer, "of every allocation:\n");
	else
		writer_printf(writer, "estimated from %" PRIu64 " samples, one in %s%s:\n",
			      sites->sampled, heap_bytes_text(sites->rate, rate),
			      sites->rate_known ? "" : " (assumed)");
	if (sites->unreadable) {
		quantity_write(writer, sites->unreadable, "sample", "samples");
		writer_string(writer, " more, whose stacks cannot be read\n");
	}
}

struct error *heap_sites_text(const struct heap_report *report, uint64_t limit,
			      struct writer *writer)
{
	static const char *const names[] = { "bytes", "objects", "samples", "allocated at" };
	_cleanup_(table_deinit) struct table table = {
		.columns = ARRAY_SIZE(names),
		.right = { true, true, true },
	};
	write_head(report->sites, writer);
	heap_heads(&table, names, ARRAY_SIZE(names));
	for (size_t i = 0; i < report->sites->list.count && i < limit; i++) {
		const struct heap_site *site = &report->sites->list.items[i];
		struct writer types = WRITER_TO_MEMORY;
		if (!site->sampled)
			break;
		heap_cell_bytes(&table, (uint64_t)(site->bytes + 0.5));
		heap_cell_count(&table, (uint64_t)(site->count + 0.5));
		heap_cell_count(&table, site->sampled);
		cell_place(&table, heap_site_place(site, &report->subject->places));
		for (size_t k = 0; k + 1 < ARRAY_SIZE(names); k++)
			table_cell(&table, STYLE_PLAIN, "");
		struct error *error = types_text(report, site, &types);
		heap_cell_writer(&table, STYLE_DIM, &types);
		TRY(error);
	}
	return table_write(&table, report->style, writer);
}

static void places_text(const struct heap_allocator *places, size_t count, struct writer *writer)
{
	for (size_t i = 0; i < count && i < PLACES_IN_TEXT; i++) {
		writer_printf(writer, "%s%s", i ? ", " : "", places[i].function);
		if (places[i].line > 0)
			writer_printf(writer, "  %s:%" PRId32, places[i].file, places[i].line);
	}
	if (count > PLACES_IN_TEXT)
		writer_printf(writer, ", and %zu more", count - PLACES_IN_TEXT);
	if (!count)
		writer_string(writer, "not known");
}

struct error *heap_allocators_text(const struct heap_report *report, uint64_t limit,
				   struct writer *writer)
{
	static const char *const names[] = { "bytes", "objects",
					     "type, and where it may be allocated" };
	_cleanup_(table_deinit) struct table table = {
		.columns = ARRAY_SIZE(names),
		.right = { true, true },
	};
	writer_string(
		writer,
		"The program samples no allocations: it links no profiler, or has switched it "
		"off. What its code allocates:\n");
	heap_heads(&table, names, ARRAY_SIZE(names));
	for (size_t i = 0; i < report->types->count && i < limit; i++) {
		const struct heap_group *group = &report->types->items[i];
		struct writer name = WRITER_TO_MEMORY, places = WRITER_TO_MEMORY;
		size_t count = 0;
		heap_cell_bytes(&table, group->bytes);
		heap_cell_count(&table, group->count);
		struct error *error = heap_group_text(report->heap, group, &name);
		heap_cell_writer(&table, group->type ? STYLE_BOLD : STYLE_DIM, &name);
		table_cell(&table, STYLE_PLAIN, "");
		table_cell(&table, STYLE_PLAIN, "");
		const struct heap_allocator *found =
			group->type ? heap_allocators_of(report->allocators, group->type, &count)
				    : NULL;
		places_text(found, count, &places);
		heap_cell_writer(&table, STYLE_DIM, &places);
		TRY(error);
	}
	return table_write(&table, report->style, writer);
}
