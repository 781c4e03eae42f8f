/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/edge_names.h"
#include "heap/map_slots.h"
#include "leak/live/holder.h"
#include "leak/live/holdings.h"
#include "model/quantity.h"

/*
 * L28: maps that are nearly empty and as large as they once were. A map's storage never shrinks:
 * not by delete, and of clear() not before it is made anew.
 *
 * An eighth is what a map that doubles and loses half of its entries again does not come to. Below
 * 256 KiB nobody cares; strong evidence is 1 MiB and a tenth of what is alive.
 */
#define STORAGE_MIN  (UINT64_C(256) << 10)
#define USED_PART    8
#define WASTE_MIN    (UINT64_C(1) << 20)
#define WASTE_PART   10
#define FINDINGS_MAX 8

/* All such maps of one type. */
struct storage {
	uint32_t type;
	uint32_t example;
	uint32_t piece; /* of its storage */
	uint64_t example_waste;
	uint64_t maps;
	uint64_t entries;
	uint64_t slots;
	uint64_t bytes;
	uint64_t waste;
};

DEFINE_VECTOR(storage_vector, struct storage);
DEFINE_VECTOR(vertex_vector, uint32_t);

struct measuring {
	const struct heap *heap;
	uint64_t *seen; /* pieces, by object */
	struct vertex_vector pending;
	struct storage_vector list;
};

static bool is_storage(enum heap_form form)
{
	return form == HEAP_MAP_GROUPS || form == HEAP_MAP_BUCKETS;
}

/* Pieces that an object leads to, which are still to be seen. */
static struct error *add_pieces(struct measuring *measuring, uint32_t vertex)
{
	const struct heap_graph *graph = &measuring->heap->scan.graph;
	for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
		uint32_t edge = graph->edges[i];
		if (edge == EDGE_NONE || heap_bit(measuring->seen, edge_target(edge)) ||
		    !heap_is_map_piece(measuring->heap, edge_target(edge)))
			continue;
		uint32_t piece = edge_target(edge);
		heap_bit_set(measuring->seen, piece);
		TRY(vertex_vector_append(&measuring->pending, &piece));
	}
	return NULL;
}

/* Bytes of the groups or buckets of a map. */
static struct error *measure(struct measuring *measuring, uint32_t map, uint64_t *ret,
			     uint32_t *ret_piece)
{
	*ret = 0;
	*ret_piece = map;
	TRY(add_pieces(measuring, map));
	while (measuring->pending.count) {
		uint32_t piece = measuring->pending.items[--measuring->pending.count];
		struct heap_type type;
		heap_types_get(measuring->heap->types, heap_object_type(measuring->heap, piece),
			       &type);
		/* Overflow buckets hang off full ones, which a map that is nearly empty has few of. */
		if (is_storage(type.form)) {
			*ret += heap_object_size(measuring->heap, piece);
			*ret_piece = piece;
		}
		if (type.form != HEAP_MAP_GROUPS)
			TRY(add_pieces(measuring, piece));
	}
	return NULL;
}

static struct storage *find_storage(struct measuring *measuring, uint32_t type)
{
	for (size_t i = 0; i < measuring->list.count; i++) {
		if (measuring->list.items[i].type == type)
			return &measuring->list.items[i];
	}
	return NULL;
}

static struct error *take_map(struct measuring *measuring, const struct live_holding *map)
{
	struct heap_types *types = measuring->heap->types;
	uint32_t type = heap_object_type(measuring->heap, map->vertex);
	uint64_t bytes, slot_size;
	uint32_t piece;
	TRY(measure(measuring, map->vertex, &bytes, &piece));
	if (bytes < STORAGE_MIN)
		return NULL;
	TRY(heap_map_slot_size(types, type, &slot_size));
	if (!slot_size)
		return NULL;
	uint64_t slots = bytes / slot_size;
	if (map->entries > slots / USED_PART)
		return NULL;
	struct storage *storage = find_storage(measuring, type);
	if (!storage) {
		TRY(storage_vector_append(&measuring->list, &(struct storage){ .type = type }));
		storage = &measuring->list.items[measuring->list.count - 1];
	}
	uint64_t waste = bytes - map->entries * slot_size;
	storage->maps++;
	storage->entries += map->entries;
	storage->slots += slots;
	storage->bytes += bytes;
	storage->waste += waste;
	if (waste > storage->example_waste) {
		storage->example_waste = waste;
		storage->example = map->vertex;
		storage->piece = piece;
	}
	return NULL;
}

static const char *title(const struct storage *storage, const char *name, struct findings *findings)
{
	char maps[QUANTITY_SIZE], entries[QUANTITY_SIZE], bytes[QUANTITY_SIZE];
	char slots[QUANTITY_SIZE];
	quantity_count(storage->entries, entries);
	quantity_count(storage->slots, slots);
	quantity_bytes((int64_t)storage->bytes, bytes);
	if (storage->maps == 1)
		return findings_text(findings, "a %s keeps %s for %s entries, and has %s", name,
				     bytes, slots, entries);
	return findings_text(findings, "%s maps %s keep %s for %s entries, and have %s",
			     quantity_count(storage->maps, maps), name, bytes, slots, entries);
}

/* Who holds the map, and who has filled it: its storage is allocated as entries are added. */
static struct error *tell_holder(const struct live_evidence *evidence,
				 const struct storage *storage, struct findings *findings,
				 struct finding *finding)
{
	struct finding filled = { .rule = finding->rule };
	TRY(live_holder_tell(evidence, storage->piece, findings, &filled));
	finding->place = filled.place;
	finding->place_word = filled.place_word;
	return live_holder_tell(evidence, storage->example, findings, finding);
}

static struct error *report(const struct live_evidence *evidence, const struct storage *storage,
			    struct findings *ret)
{
	const char *name;
	bool old = evidence->counters && evidence->counters->gc_count >= 2;
	bool much = storage->waste >= WASTE_MIN &&
		    storage->waste >= evidence->holdings->reachable_bytes / WASTE_PART;
	TRY(heap_types_name(evidence->heap->types, storage->type, &name));
	struct finding finding = {
		.rule = RULE_MAP_KEEPS_STORAGE,
		.certainty = old && much ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT,
		.count = storage->maps,
		.bytes = (int64_t)storage->waste,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.wait_min_ns = -1,
		.wait_max_ns = -1,
		.title = title(storage, name, ret),
		.why = "Deleting an entry frees what it points to, never the room that it stood in: a map keeps the storage of as many entries as it ever had.",
	};
	if (finding.certainty == CERTAINTY_SUSPECT)
		finding.settle =
			"Look again at comparable load: a map that fills up again needs its room.";
	TRY(tell_holder(evidence, storage, ret, &finding));
	return finding_vector_append(&ret->list, &finding);
}

static int compare(const void *left, const void *right)
{
	const struct storage *a = left, *b = right;
	return a->waste == b->waste ? 0 : a->waste < b->waste ? 1 : -1;
}

static struct error *find(const struct live_evidence *evidence, struct measuring *measuring,
			  struct findings *ret)
{
	const struct live_holding_vector *holdings = &evidence->holdings->list;
	for (size_t i = 0; i < holdings->count; i++) {
		const struct live_holding *holding = &holdings->items[i];
		struct heap_type type;
		if (holding->vertex >= measuring->heap->scan.graph.object_count)
			continue;
		heap_types_get(measuring->heap->types,
			       heap_object_type(measuring->heap, holding->vertex), &type);
		/* Where memory is missing, none read is not none there. */
		if (type.form == HEAP_MAP &&
		    (holding->entries || !measuring->heap->scan.unreadable))
			TRY(take_map(measuring, holding));
	}
	if (measuring->list.count)
		qsort(measuring->list.items, measuring->list.count, sizeof(struct storage),
		      compare);
	for (size_t i = 0; i < measuring->list.count && i < FINDINGS_MAX; i++) {
		const struct storage *storage = &measuring->list.items[i];
		/* Less than a hundredth of a large heap is not worth a line. */
		if (storage->waste >= evidence->holdings->reachable_bytes / 100)
			TRY(report(evidence, storage, ret));
	}
	return NULL;
}

static struct error *map_storage_find(const struct live_evidence *evidence, void *notes,
				      struct findings *ret)
{
	(void)notes;
	if (!evidence->heap || !evidence->holdings || !evidence->heap->dominators.count)
		return NULL;
	struct measuring measuring = {
		.heap = evidence->heap,
		.seen = calloc(evidence->heap->scan.graph.object_count / 64 + 1, sizeof(uint64_t)),
	};
	struct error *error = measuring.seen ? find(evidence, &measuring, ret) : error_no_memory();
	free(measuring.seen);
	vertex_vector_deinit(&measuring.pending);
	storage_vector_deinit(&measuring.list);
	return error;
}

const struct live_detector live_map_storage = { .find = map_storage_find };
