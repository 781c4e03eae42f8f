/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"
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
	char rate[QUANTITY_SIZE], samples[QUANTITY_SIZE];
	if (sites->rate <= 1)
		writer_string(writer, "of every allocation:\n");
	else
		writer_printf(writer, "estimated from %s samples, one in %s%s:\n",
			      quantity_count(sites->sampled, samples),
			      heap_bytes_text(sites->rate, rate),
			      sites->rate_known ? "" : " (assumed)");
	if (sites->unreadable) {
		quantity_write(writer, sites->unreadable, "sample", "samples");
		writer_string(writer, " more, whose stacks cannot be read\n");
	}
}

/* All stacks that stand at one place, as one. */
struct place_row {
	const struct heap_site *largest; /* whose types are shown */
	double bytes, count;
	uint64_t sampled;
	uint64_t stacks;
};

DEFINE_VECTOR(place_row_vector, struct place_row);

static uint64_t place_key(const struct heap_site_frame *place)
{
	if (!place)
		return 0;
	uint64_t hash = hash_more_text(hash_more_text(1, place->function), place->file);
	return hash_more(hash, (uint64_t)place->line) >> 1;
}

static int compare_rows(const void *left, const void *right)
{
	const struct place_row *a = left, *b = right;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	return a->largest < b->largest ? -1 : a->largest > b->largest;
}

static struct error *gather_places(const struct heap_report *report, struct place_row_vector *ret)
{
	_cleanup_(map_deinit) struct map rows = { 0 };
	for (size_t i = 0; i < report->sites->list.count; i++) {
		const struct heap_site *site = &report->sites->list.items[i];
		struct map_slot *slot;
		if (!site->sampled)
			continue;
		TRY(map_insert(&rows, place_key(heap_site_place(site, &report->subject->places)),
			       ret->count, &slot));
		/* The list begins with the largest. */
		const struct place_row fresh = { .largest = site };
		if (slot->value == ret->count)
			TRY(place_row_vector_append(ret, &fresh));
		struct place_row *row = &ret->items[slot->value];
		row->bytes += site->bytes;
		row->count += site->count;
		row->sampled += site->sampled;
		row->stacks++;
	}
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(ret->items[0]), compare_rows);
	return NULL;
}

static struct error *write_place(const struct heap_report *report, const struct place_row *row,
				 struct table *table)
{
	struct writer types = WRITER_TO_MEMORY;
	heap_cell_bytes(table, (uint64_t)(row->bytes + 0.5));
	heap_cell_count(table, (uint64_t)(row->count + 0.5));
	heap_cell_count(table, row->sampled);
	cell_place(table, heap_site_place(row->largest, &report->subject->places));
	for (size_t k = 1; k < table->columns; k++)
		table_cell(table, STYLE_PLAIN, "");
	struct error *error = types_text(report, row->largest, &types);
	if (row->stacks > 1)
		writer_printf(&types, "; by %" PRIu64 " stacks", row->stacks);
	heap_cell_writer(table, STYLE_DIM, &types);
	return error;
}

struct error *heap_sites_text(const struct heap_report *report, uint64_t limit,
			      struct writer *writer)
{
	static const char *const names[] = { "bytes", "objects", "samples", "allocated at" };
	_cleanup_(place_row_vector_deinit) struct place_row_vector rows = { 0 };
	_cleanup_(table_deinit) struct table table = {
		.columns = ARRAY_SIZE(names),
		.right = { true, true, true },
	};
	TRY(gather_places(report, &rows));
	write_head(report->sites, writer);
	heap_heads(&table, names, ARRAY_SIZE(names));
	for (size_t i = 0; i < rows.count && i < limit; i++)
		TRY(write_place(report, &rows.items[i], &table));
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
