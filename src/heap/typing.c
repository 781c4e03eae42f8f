/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/typing.h"

#include <string.h>

#define TINY_BYTES 16 /* of a block that small values without pointers share */

struct error *heap_typing_init(struct heap_typing *typing, struct heap_types *types,
			       const struct heap_shapes *shapes)
{
	*typing = (struct heap_typing){ .types = types, .shapes = shapes, .last_key = UINT64_MAX };
	return heap_types_intern(types, HEAP_TINY, 0, &typing->tiny);
}

void heap_typing_deinit(struct heap_typing *typing)
{
	arena_deinit(&typing->arena);
	map_deinit(&typing->plans);
	map_deinit(&typing->verdicts);
	map_deinit(&typing->refinements);
}

/*
 * Does the mask of a small object agree with the type? Each word that can hold a pointer is one of
 * the type's, and each of the type's is one of these, up to the last element that there is: the room
 * behind a slice's last element has no bits.
 */
static bool mask_agrees(const struct heap_type_layout *layout, const struct heap_shape *shape)
{
	uint64_t expected = 0;
	for (uint64_t word = 0; word < shape->size / 8; word++) {
		if (!heap_layout_slot(layout, 8 * word))
			continue;
		/* A whole element is there, or none of it. */
		uint64_t element = layout->stride && 8 * word >= layout->start
					   ? (8 * word - layout->start) / layout->stride
					   : 0;
		if (element && !(shape->mask >> (layout->start + element * layout->stride) / 8))
			break;
		expected |= UINT64_C(1) << word;
	}
	return expected == shape->mask;
}

static struct error *allocate_plan(struct heap_typing *typing, size_t count, struct heap_plan **ret,
				   uint32_t **ret_pointees, uint64_t **ret_offsets)
{
	*ret = arena_allocate(&typing->arena, sizeof(**ret));
	*ret_pointees = arena_allocate(&typing->arena, (count + 1) * sizeof(**ret_pointees));
	*ret_offsets = arena_allocate(&typing->arena, (count + 1) * sizeof(**ret_offsets));
	if (!*ret || !*ret_pointees || !*ret_offsets)
		return error_no_memory();
	(*ret)->pointees = *ret_pointees;
	(*ret)->offsets = *ret_offsets;
	return NULL;
}

/* A small object's edges follow its mask. */
static struct error *plan_by_mask(struct heap_typing *typing, const struct heap_type_layout *layout,
				  const struct heap_shape *shape, struct heap_plan **ret)
{
	uint32_t *pointees;
	uint64_t *offsets;
	TRY(allocate_plan(typing, 64, ret, &pointees, &offsets));
	for (uint64_t mask = shape->mask; mask; mask &= mask - 1) {
		uint64_t offset = 8 * (uint64_t)__builtin_ctzll(mask);
		const struct heap_slot *slot = heap_layout_slot(layout, offset);
		offsets[(*ret)->count] = offset;
		pointees[(*ret)->count++] = slot ? slot->pointee : HEAP_TYPE_UNKNOWN;
	}
	(*ret)->fits = layout->size <= shape->size &&
		       (!layout->complete || mask_agrees(layout, shape));
	return NULL;
}

/* Any other's follow the type. */
static struct error *plan_by_layout(struct heap_typing *typing,
				    const struct heap_type_layout *layout,
				    const struct heap_shape *shape, struct heap_plan **ret)
{
	uint32_t *pointees;
	uint64_t *offsets;
	TRY(allocate_plan(typing, layout->slot_count, ret, &pointees, &offsets));
	for (size_t i = 0; i < layout->slot_count; i++) {
		offsets[i] = layout->start + layout->slots[i].offset;
		pointees[i] = layout->slots[i].pointee;
	}
	(*ret)->count = (uint32_t)layout->slot_count;
	if (layout->complete)
		(*ret)->stride = layout->stride;
	(*ret)->fits = !shape->size || layout->size <= shape->size;
	return NULL;
}

/*
 * What has pointers, though not into the heap, the runtime may allocate as if it had none, and in
 * the length that it needs: the table of itabs.
 */
static struct error *is_runtimes(struct heap_typing *typing, uint32_t type, bool *ret)
{
	const char *package;
	TRY(heap_types_package(typing->types, type, &package));
	*ret = strcmp(package, "runtime") == 0;
	return NULL;
}

struct error *heap_typing_plan(struct heap_typing *typing, uint32_t type, uint16_t shape,
			       const struct heap_plan **ret)
{
	uint64_t key = (uint64_t)type << 16 | shape;
	if (key == typing->last_key) {
		*ret = typing->last_plan;
		return NULL;
	}
	struct map_slot *slot = map_find(&typing->plans, key);
	if (!slot) {
		const struct heap_shape *known = &typing->shapes->list[shape];
		const struct heap_type_layout *layout;
		struct heap_plan *plan;
		TRY(heap_types_layout(typing->types, type, &layout));
		TRY(known->kind == SHAPE_POINTERS ? plan_by_mask(typing, layout, known, &plan)
						  : plan_by_layout(typing, layout, known, &plan));
		if (known->kind == SHAPE_DATA && layout->slot_count)
			TRY(is_runtimes(typing, type, &plan->fits));
		TRY(map_insert(&typing->plans, key, (uint64_t)(uintptr_t)plan, &slot));
	}
	typing->last_key = key;
	*ret = typing->last_plan = (const struct heap_plan *)(uintptr_t)slot->value;
	return NULL;
}

/* Can an object of the shape be of the type, as far as pointers tell? */
static struct error *fits(struct heap_typing *typing, uint32_t type, uint16_t shape, uint64_t size,
			  bool *ret)
{
	const struct heap_shape *known = &typing->shapes->list[shape];
	const struct heap_type_layout *layout;
	const struct heap_plan *plan;
	TRY(heap_types_layout(typing->types, type, &layout));
	*ret = false;
	if (layout->size > size)
		return NULL;
	if (known->kind == SHAPE_DATA) {
		*ret = layout->slot_count == 0;
		return NULL;
	}
	if (known->kind != SHAPE_POINTERS) {
		*ret = layout->slot_count > 0 || !layout->complete;
		return NULL;
	}
	TRY(heap_typing_plan(typing, type, shape, &plan));
	*ret = plan->fits;
	return NULL;
}

/* Several small values without pointers share a block: then a pointer tells of one of them alone. */
static bool is_tiny(const struct heap_typing *typing, uint16_t shape, uint64_t size,
		    uint64_t needed)
{
	return typing->shapes->list[shape].kind == SHAPE_DATA && size == TINY_BYTES &&
	       needed < TINY_BYTES;
}

/* *T, and the object is larger: it may be the first of several. */
static struct error *judge_array(struct heap_typing *typing, uint64_t descriptor, uint16_t shape,
				 uint64_t size, uint32_t *ret)
{
	uint32_t array;
	bool good = false;
	TRY(heap_types_intern(typing->types, HEAP_ARRAY, descriptor, &array));
	if (array != HEAP_TYPE_UNKNOWN)
		TRY(fits(typing, array, shape, size, &good));
	*ret = good ? heap_type_mark(array, TYPE_RANK_GUESS) : 0;
	return NULL;
}

static struct error *judge(struct heap_typing *typing, uint32_t type, uint16_t shape, uint64_t size,
			   bool interior, uint32_t *ret)
{
	struct heap_type known;
	const struct heap_type_layout *layout;
	bool pointers = typing->shapes->list[shape].kind != SHAPE_DATA, good;
	*ret = 0;
	TRY(heap_types_choose(typing->types, type, size, pointers, &type));
	if (type == HEAP_TYPE_UNKNOWN)
		return NULL;
	heap_types_get(typing->types, type, &known);
	TRY(heap_types_layout(typing->types, type, &layout));
	/* As many as there is room for. */
	bool many = known.form == HEAP_STRING || known.form == HEAP_ITABS ||
		    (known.form != HEAP_VALUE && layout->stride);
	if (is_tiny(typing, shape, size, known.form == HEAP_STRING ? 0 : layout->size)) {
		*ret = heap_type_mark(typing->tiny, TYPE_RANK_GUESS);
		if (!interior && many)
			*ret = heap_type_mark(type, TYPE_RANK_GUESS);
		return NULL;
	}
	if (interior && !many)
		return NULL;
	if (!pointers && layout->slot_count) {
		TRY(is_runtimes(typing, type, &good));
		*ret = good && !interior ? heap_type_mark(type, TYPE_RANK_GUESS) : 0;
		return NULL;
	}
	TRY(fits(typing, type, shape, size, &good));
	if (many) {
		*ret = good ? heap_type_mark(type, interior ? TYPE_RANK_GUESS : TYPE_RANK_POINTER)
			    : 0;
		return NULL;
	}
	if (heap_types_fills(typing->types, type, size)) {
		*ret = good ? heap_type_mark(type, TYPE_RANK_POINTER) : 0;
		return NULL;
	}
	return known.form == HEAP_VALUE ? judge_array(typing, known.descriptor, shape, size, ret)
					: NULL;
}

struct error *heap_typing_judge(struct heap_typing *typing, uint32_t type, uint16_t shape,
				uint64_t size, bool interior, uint32_t *ret)
{
	uint64_t key = (uint64_t)type << 17 | (uint64_t)shape << 1 | interior;
	/* Objects of unlike sizes may share a shape that does not tell the size: nothing is kept. */
	if (!typing->shapes->list[shape].size)
		return judge(typing, type, shape, size, interior, ret);
	struct map_slot *slot = map_find(&typing->verdicts, key);
	if (!slot) {
		uint32_t mark;
		TRY(judge(typing, type, shape, size, interior, &mark));
		TRY(map_insert(&typing->verdicts, key, mark, &slot));
	}
	*ret = (uint32_t)slot->value;
	return NULL;
}

/* Do two types have pointers at the same places, in elements of the same size? */
static bool congruent(const struct heap_type_layout *a, const struct heap_type_layout *b)
{
	if (a->size != b->size || a->slot_count != b->slot_count || a->start != b->start)
		return false;
	for (size_t i = 0; i < a->slot_count; i++) {
		if (a->slots[i].offset != b->slots[i].offset)
			return false;
	}
	return true;
}

/*
 * How much a type says: generic code names types by their shape alone, and what a map consists of
 * are structs without a name.
 */
static struct error *specificity(struct heap_typing *typing, uint32_t type, int *ret)
{
	struct heap_type known;
	const char *name;
	heap_types_get(typing->types, type, &known);
	if (known.form != HEAP_VALUE && known.form != HEAP_ARRAY) {
		*ret = 2;
		return NULL;
	}
	TRY(heap_types_name(typing->types, type, &name));
	*ret = strstr(name, "go.shape.") ? 0 : 1;
	return NULL;
}

static struct error *refines(struct heap_typing *typing, uint32_t type, uint32_t exact, bool *ret)
{
	const struct heap_type_layout *layout, *other;
	int mine, its;
	*ret = false;
	TRY(heap_types_layout(typing->types, type, &layout));
	TRY(heap_types_layout(typing->types, exact, &other));
	if (!congruent(layout, other))
		return NULL;
	TRY(specificity(typing, type, &mine));
	TRY(specificity(typing, exact, &its));
	*ret = mine > its || heap_types_renames(typing->types, type, exact);
	return NULL;
}

struct error *heap_typing_refines(struct heap_typing *typing, uint32_t type, uint32_t exact,
				  bool *ret)
{
	uint64_t key = (uint64_t)type << 32 | exact;
	struct map_slot *slot = map_find(&typing->refinements, key);
	if (!slot) {
		bool good;
		TRY(refines(typing, type, exact, &good));
		TRY(map_insert(&typing->refinements, key, good, &slot));
	}
	*ret = slot->value;
	return NULL;
}

struct error *heap_typing_better(struct heap_typing *typing, uint32_t mark, uint32_t before,
				 bool *ret)
{
	const struct heap_type_layout *layout, *other;
	*ret = heap_type_rank(mark) > heap_type_rank(before);
	if (heap_type_rank(mark) != heap_type_rank(before) || mark == before ||
	    heap_type_rank(mark) == TYPE_RANK_EXACT)
		return NULL;
	TRY(heap_types_layout(typing->types, heap_type_number(mark), &layout));
	TRY(heap_types_layout(typing->types, heap_type_number(before), &other));
	*ret = layout->size > other->size;
	return layout->size == other->size ? heap_typing_refines(typing, heap_type_number(mark),
								 heap_type_number(before), ret)
					   : NULL;
}
