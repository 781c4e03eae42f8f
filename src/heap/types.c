/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/types_private.h"

#include <assert.h>

/* No program comes near; a process that lies must not take all memory. */
#define TYPES_MAX   ((size_t)1 << 18)
#define NUMBERS_MAX ((size_t)1 << 20)

/* What else is remembered by an address, besides the forms. */
#define KEY_CHANNEL_OF        (HEAP_FORM_COUNT + 0) /* by the element */
#define KEY_CHANNEL_BUFFER_OF (HEAP_FORM_COUNT + 1)
#define KEY_DYNAMIC           (HEAP_FORM_COUNT + 2) /* by an interface's first word */
#define KEY_BITS              5

_Static_assert(KEY_DYNAMIC < (1 << KEY_BITS) - 1, "a key is never ~0");

struct error *heap_types_create(struct runtime *runtime, struct heap_types **ret)
{
	struct heap_types *types = calloc(1, sizeof(*types));
	if (!types)
		return error_no_memory();
	types->runtime = runtime;
	*ret = types;
	return NULL;
}

void heap_types_destroy(struct heap_types *types)
{
	if (!types)
		return;
	arena_deinit(&types->arena);
	heap_type_entry_vector_deinit(&types->entries);
	map_deinit(&types->numbers);
	map_deinit(&types->named);
	map_deinit(&types->groups);
	map_deinit(&types->closures);
	types_shape_vector_deinit(&types->shapes);
	free(types);
}

struct error *types_read(const struct heap_types *types, uint64_t descriptor, struct type *ret,
			 bool *ret_good)
{
	struct error *error = type_read(types_binary(types), descriptor, ret);
	*ret_good = !error;
	if (error && error->code == ERROR_NO_MEMORY)
		return error;
	error_destroy(error);
	return NULL;
}

static bool make_key(unsigned what, uint64_t address, uint64_t *ret)
{
	if (address >> (64 - KEY_BITS))
		return false;
	*ret = address << KEY_BITS | what;
	return true;
}

static struct error *remember(struct heap_types *types, uint64_t key, uint32_t number)
{
	struct map_slot *slot = NULL;
	if (types->numbers.count >= NUMBERS_MAX)
		return NULL;
	return map_insert(&types->numbers, key, number, &slot);
}

static struct error *add(struct heap_types *types, const struct heap_type_entry *entry,
			 uint64_t key, uint32_t *ret)
{
	if (types->entries.count >= TYPES_MAX || types->numbers.count >= NUMBERS_MAX) {
		*ret = HEAP_TYPE_UNKNOWN;
		return NULL;
	}
	struct heap_type_entry *kept = arena_allocate(&types->arena, sizeof(*kept));
	if (!kept)
		return error_no_memory();
	*kept = *entry;
	TRY(heap_type_entry_vector_append(&types->entries, &kept));
	uint32_t number = (uint32_t)types->entries.count;
	TRY(remember(types, key, number));
	*ret = number;
	return NULL;
}

static bool has_descriptor(enum heap_form form)
{
	return form != HEAP_STRING && form != HEAP_CLOSURE && form != HEAP_ITABS &&
	       form != HEAP_TINY;
}

static bool is_map_form(enum heap_form form)
{
	return form >= HEAP_MAP && form <= HEAP_MAP_OVERFLOW_LIST;
}

static bool is_channel_form(enum heap_form form)
{
	return form == HEAP_CHANNEL || form == HEAP_CHANNEL_BUFFER;
}

/* Read what a new entry is of. False where that is not of the form. */
static struct error *fill(struct heap_types *types, struct heap_type_entry *entry, bool *ret_good)
{
	*ret_good = true;
	if (!has_descriptor(entry->form))
		return NULL;
	TRY(types_read(types, entry->descriptor, &entry->type, ret_good));
	if (!*ret_good)
		return NULL;
	if (is_map_form(entry->form)) {
		*ret_good = entry->type.kind == TYPE_MAP;
	} else if (is_channel_form(entry->form)) {
		*ret_good = entry->type.kind == TYPE_CHAN;
		if (!*ret_good)
			return NULL;
		entry->descriptor = entry->type.element;
		TRY(types_read(types, entry->descriptor, &entry->type, ret_good));
	}
	return NULL;
}

/* chan T, <-chan T and chan<- T are the same thing. */
static struct error *intern_channel(struct heap_types *types, const struct heap_type_entry *entry,
				    uint32_t *ret)
{
	uint64_t key = 0;
	unsigned what = entry->form == HEAP_CHANNEL ? KEY_CHANNEL_OF : KEY_CHANNEL_BUFFER_OF;
	*ret = HEAP_TYPE_UNKNOWN;
	if (!make_key(what, entry->descriptor, &key))
		return NULL;
	const struct map_slot *slot = map_find(&types->numbers, key);
	if (!slot)
		return add(types, entry, key, ret);
	*ret = (uint32_t)slot->value;
	return NULL;
}

struct error *types_channel_buffer(struct heap_types *types, uint64_t element, uint32_t *ret)
{
	struct heap_type_entry entry = { .form = HEAP_CHANNEL_BUFFER, .descriptor = element };
	bool good = false;
	TRY(types_read(types, element, &entry.type, &good));
	return good ? intern_channel(types, &entry, ret) : NULL;
}

/* The allocator knows a map's groups by a struct without a name. */
static struct error *intern_group(struct heap_types *types, const struct heap_type_entry *entry,
				  uint32_t *ret)
{
	bool swiss = layout_has(types_binary(types)->layout.swiss_map_size);
	uint64_t map = 0;
	*ret = HEAP_TYPE_UNKNOWN;
	if ((entry->form != HEAP_VALUE && entry->form != HEAP_ARRAY) ||
	    entry->type.kind != TYPE_STRUCT || entry->type.named)
		return NULL;
	TRY(types_map_of_group(types, entry->descriptor, &map));
	return map ? heap_types_intern(types, swiss ? HEAP_MAP_GROUPS : HEAP_MAP_BUCKETS, map, ret)
		   : NULL;
}

static struct error *intern_new(struct heap_types *types, enum heap_form form, uint64_t descriptor,
				uint64_t key, uint32_t *ret)
{
	struct heap_type_entry entry = { .form = form, .descriptor = descriptor };
	bool good = false;
	TRY(fill(types, &entry, &good));
	*ret = HEAP_TYPE_UNKNOWN;
	if (good)
		TRY(intern_group(types, &entry, ret));
	if (good && *ret == HEAP_TYPE_UNKNOWN && !is_channel_form(form))
		return add(types, &entry, key, ret);
	if (good && *ret == HEAP_TYPE_UNKNOWN)
		TRY(intern_channel(types, &entry, ret));
	return remember(types, key, *ret);
}

struct error *heap_types_intern(struct heap_types *types, enum heap_form form, uint64_t descriptor,
				uint32_t *ret)
{
	uint64_t key = 0;
	assert(form < HEAP_FORM_COUNT);
	if (form == HEAP_STRING || form == HEAP_ITABS || form == HEAP_TINY)
		descriptor = 0;
	if (!make_key(form, descriptor, &key)) {
		*ret = HEAP_TYPE_UNKNOWN;
		return NULL;
	}
	const struct map_slot *slot = map_find(&types->numbers, key);
	if (slot) {
		*ret = (uint32_t)slot->value;
		return NULL;
	}
	return intern_new(types, form, descriptor, key, ret);
}

struct error *heap_types_restore(struct heap_types *types, const struct heap_type *type,
				 uint32_t *ret)
{
	struct heap_type_entry entry = { .form = type->form, .descriptor = type->descriptor };
	bool good = false;
	if (!is_channel_form(type->form))
		return heap_types_intern(types, type->form, type->descriptor, ret);
	/* Of these it is the element's. */
	TRY(types_read(types, entry.descriptor, &entry.type, &good));
	*ret = HEAP_TYPE_UNKNOWN;
	return good ? intern_channel(types, &entry, ret) : NULL;
}

/*
 * What an interface's first word says: a type, or an itab, whose first words are the interface's
 * type and the value's. At the place of a type's kind an itab has zeroes.
 */
static struct error *read_dynamic(struct heap_types *types, uint64_t word, struct type *ret,
				  bool *ret_good)
{
	uint64_t words[2] = { 0 };
	struct type interface;
	TRY(types_read(types, word, ret, ret_good));
	if (*ret_good || !error_ignore(type_bytes(types_binary(types), word, words, sizeof(words))))
		return NULL;
	TRY(types_read(types, words[0], &interface, ret_good));
	if (!*ret_good || interface.kind != TYPE_INTERFACE) {
		*ret_good = false;
		return NULL;
	}
	return types_read(types, words[1], ret, ret_good);
}

/* Whether the data word of an interface is the value itself: a pointer, or a struct of one. */
static bool is_direct(const struct heap_types *types, const struct type *type)
{
	const struct binary *binary = types_binary(types);
	const struct layout *layout = &binary->layout;
	uint8_t kind = 0;
	if (layout_has(layout->type_flag_direct_iface))
		return type->flags & layout->type_flag_direct_iface;
	return layout_has(layout->type_kind_direct_iface) && layout_has(layout->type_kind) &&
	       error_ignore(
		       type_bytes(binary, type->address + (uint64_t)layout->type_kind, &kind, 1)) &&
	       (kind & layout->type_kind_direct_iface);
}

/* What the first word of a value points to. */
static struct error *first_pointee(struct heap_types *types, const struct type *type, uint32_t *ret)
{
	_cleanup_(types_flatten_deinit) struct types_flatten flatten = { .types = types };
	TRY(types_flatten(&flatten, type, 0));
	*ret = flatten.slots.count && flatten.slots.items[0].offset == 0
		       ? flatten.slots.items[0].pointee
		       : HEAP_TYPE_UNKNOWN;
	return NULL;
}

struct error *heap_types_dynamic(struct heap_types *types, uint64_t word, uint32_t *ret)
{
	uint64_t key = 0;
	struct type type;
	bool good = false;
	uint32_t number = HEAP_TYPE_UNKNOWN;
	if (!make_key(KEY_DYNAMIC, word, &key)) {
		*ret = HEAP_TYPE_UNKNOWN;
		return NULL;
	}
	const struct map_slot *slot = map_find(&types->numbers, key);
	if (slot) {
		*ret = (uint32_t)slot->value;
		return NULL;
	}
	TRY(read_dynamic(types, word, &type, &good));
	if (good && is_direct(types, &type))
		TRY(first_pointee(types, &type, &number));
	else if (good)
		TRY(heap_types_intern(types, HEAP_VALUE, type.address, &number));
	*ret = number;
	return remember(types, key, number);
}

uint32_t heap_types_count(const struct heap_types *types)
{
	return (uint32_t)types->entries.count;
}

void heap_types_get(const struct heap_types *types, uint32_t type, struct heap_type *ret)
{
	const struct heap_type_entry *entry = types_entry(types, type);
	*ret = entry ? (struct heap_type){ entry->form, entry->descriptor }
		     : (struct heap_type){ 0 };
}
