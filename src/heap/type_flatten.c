/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/types_private.h"

/*
 * A value's pointer words, in the order of their addresses, which is that of the collector's masks:
 * structs and arrays are walked with a stack of our own. Descriptors may lie: a part that is not
 * inside of the whole is left out, and all is limited.
 */
#define DEPTH_MAX     64
#define SLOTS_MAX     ((size_t)65536)   /* of one type */
#define SLOTS_ALL_MAX ((size_t)1 << 22) /* of all types together */
#define STEPS_MAX     ((size_t)1 << 17)
#define STEPS_ALL_MAX ((size_t)1 << 23)
#define WORD          8

struct level {
	struct type type; /* a struct or an array */
	uint64_t offset;
	size_t next;  /* field or element */
	size_t first; /* slot */
};

struct levels {
	struct level items[DEPTH_MAX];
	size_t depth;
};

void types_flatten_deinit(struct types_flatten *flatten)
{
	heap_slot_vector_deinit(&flatten->slots);
}

struct error *types_flatten_slot(struct types_flatten *flatten, const struct heap_slot *slot)
{
	size_t count = flatten->slots.count;
	if (count >= SLOTS_MAX || flatten->types->slots + count >= SLOTS_ALL_MAX ||
	    (count && slot->offset < flatten->slots.items[count - 1].offset + WORD)) {
		flatten->complete = false;
		return NULL;
	}
	return heap_slot_vector_append(&flatten->slots, slot);
}

struct error *types_flatten_repeat(struct types_flatten *flatten, size_t first, uint64_t count,
				   uint64_t stride)
{
	size_t end = flatten->slots.count;
	for (uint64_t i = 1; i < count && end > first; i++) {
		if (flatten->slots.count + (end - first) > SLOTS_MAX) {
			flatten->complete = false;
			return NULL;
		}
		for (size_t j = first; j < end; j++) {
			struct heap_slot slot = flatten->slots.items[j];
			slot.offset += i * stride;
			TRY(types_flatten_slot(flatten, &slot));
		}
	}
	return NULL;
}

/* What a word of the type points to. */
static struct error *find_pointee(struct heap_types *types, const struct type *type,
				  struct heap_slot *slot)
{
	switch (type->kind) {
	case TYPE_POINTER:
		return heap_types_intern(types, HEAP_VALUE, type->element, &slot->pointee);
	case TYPE_SLICE:
		return heap_types_intern(types, HEAP_ARRAY, type->element, &slot->pointee);
	case TYPE_STRING:
		return heap_types_intern(types, HEAP_STRING, 0, &slot->pointee);
	case TYPE_MAP:
		return heap_types_intern(types, HEAP_MAP, type->address, &slot->pointee);
	case TYPE_CHAN:
		return heap_types_intern(types, HEAP_CHANNEL, type->address, &slot->pointee);
	case TYPE_INTERFACE:
		slot->dynamic = true;
		slot->offset += WORD;
		return NULL;
	default:
		return NULL;
	}
}

/* `parent` and `field` are where the value stands; NULL for one that stands alone. */
static struct error *add_word(struct types_flatten *flatten, const struct type *type,
			      uint64_t offset, const struct type *parent,
			      const struct type_field *field)
{
	struct heap_slot slot = { .offset = offset };
	TRY(find_pointee(flatten->types, type, &slot));
	if (field && (type->kind == TYPE_UNSAFE_POINTER || flatten->context))
		TRY(types_rule(flatten, parent, field, &slot));
	return types_flatten_slot(flatten, &slot);
}

static struct error *add_value(struct types_flatten *flatten, struct levels *levels,
			       const struct type *type, uint64_t offset, const struct type *parent,
			       const struct type_field *field)
{
	if (type->pointer_bytes == 0 || type->size < WORD)
		return NULL;
	/* Its second word is the one that counts: a slot must not lie behind the element. */
	if (type->kind == TYPE_INTERFACE && type->size < 2 * WORD) {
		flatten->complete = false;
		return NULL;
	}
	if (type->kind != TYPE_STRUCT && type->kind != TYPE_ARRAY)
		return add_word(flatten, type, offset, parent, field);
	if (levels->depth == DEPTH_MAX) {
		flatten->complete = false;
		return NULL;
	}
	levels->items[levels->depth++] = (struct level){
		.type = *type,
		.offset = offset,
		.first = flatten->slots.count,
	};
	return NULL;
}

/* Whether a part of a value is inside of it. */
static bool is_inside(const struct type *whole, uint64_t offset, uint64_t size)
{
	return offset <= whole->size && size <= whole->size - offset;
}

static struct error *next_field(struct types_flatten *flatten, struct levels *levels,
				struct level *level)
{
	struct type_field field;
	struct type type, parent = level->type;
	bool good = false;
	struct error *error = type_field(types_binary(flatten->types), &level->type, level->next++,
					 &field);
	if (!error)
		error = types_read(flatten->types, field.type, &type, &good);
	if (error && error->code == ERROR_NO_MEMORY)
		return error;
	error_destroy(error);
	if (!good || !is_inside(&parent, field.offset, type.size)) {
		flatten->complete = false;
		return NULL;
	}
	return add_value(flatten, levels, &type, level->offset + field.offset, &parent, &field);
}

/* The first element is walked, the others are like it. */
static struct error *next_element(struct types_flatten *flatten, struct levels *levels,
				  struct level *level)
{
	struct type element;
	bool good = false;
	TRY(types_read(flatten->types, level->type.element, &element, &good));
	if (!good || !element.size || level->type.length > level->type.size / element.size) {
		flatten->complete = false;
		levels->depth--;
		return NULL;
	}
	if (level->next++ == 0 && level->type.length)
		return add_value(flatten, levels, &element, level->offset, NULL, NULL);
	uint64_t length = level->type.length;
	size_t first = level->first;
	levels->depth--;
	return types_flatten_repeat(flatten, first, length, element.size);
}

static struct error *step(struct types_flatten *flatten, struct levels *levels)
{
	struct level *level = &levels->items[levels->depth - 1];
	flatten->types->steps++;
	if (level->type.kind == TYPE_ARRAY)
		return next_element(flatten, levels, level);
	if (level->next < level->type.count)
		return next_field(flatten, levels, level);
	levels->depth--;
	return NULL;
}

struct error *types_flatten(struct types_flatten *flatten, const struct type *type, uint64_t offset)
{
	struct levels levels = { .depth = 0 };
	TRY(add_value(flatten, &levels, type, offset, NULL, NULL));
	while (levels.depth > 0) {
		if (flatten->steps++ >= STEPS_MAX || flatten->types->steps >= STEPS_ALL_MAX) {
			flatten->complete = false;
			return NULL;
		}
		TRY(step(flatten, &levels));
	}
	return NULL;
}
