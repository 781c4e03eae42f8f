/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/fields.h"

#include <string.h>

#include "base/writer.h"
#include "heap/edge_names.h"
#include "heap/types_private.h"

#define BYTES_MAX    ((size_t)1 << 20) /* of an object */
#define FIELDS_MAX   1024
#define STEPS_MAX    65536
#define ELEMENTS_MAX 64 /* of one array */
#define DATA_MAX     ((uint64_t)256)
#define DEPTH_MAX    32
#define WORD         8

/* A struct or array that is being taken apart. */
struct open_value {
	struct type type; /* of an array: its elements' */
	const char *path;
	uint64_t offset;
	uint64_t next, count;
	bool is_array;
};

struct reading {
	struct heap *heap;
	struct heap_fields *fields;
	bool data;
	uint8_t *bytes;
	size_t size; /* that were read */
	struct open_value open[DEPTH_MAX];
	size_t depth;
};

static uint64_t word_at(const struct reading *reading, uint64_t offset)
{
	uint64_t word = 0;
	if (offset <= reading->size && reading->size - offset >= WORD)
		memcpy(&word, reading->bytes + offset, WORD);
	return word;
}

static struct target *target_of(const struct reading *reading)
{
	return runtime_target(reading->heap->runtime);
}

static const char *keep_text(struct reading *reading, struct writer *writer)
{
	const char *text = writer_text(writer);
	const char *kept = text ? arena_copy_string(&reading->fields->arena, text, strlen(text))
				: NULL;
	writer_deinit(writer);
	return kept;
}

static const char *type_text(struct reading *reading, const struct type *type)
{
	char name[TYPES_NAME_MAX] = "?";
	if (!error_ignore(type_name(types_binary(reading->heap->types), type->address, name,
				    sizeof(name))))
		memcpy(name, "?", 2);
	return arena_copy_string(&reading->fields->arena, name, strlen(name));
}

static uint32_t object_at(const struct heap *heap, uint64_t address)
{
	uint32_t edge = heap_spans_edge(&heap->spans, address);
	return edge != EDGE_NONE && heap_bit(heap->spans.used, edge_target(edge))
		       ? edge_target(edge)
		       : VERTEX_NONE;
}

static void set_address(const struct reading *reading, struct heap_field *field, uint64_t address)
{
	field->address = address;
	field->is_nil = !address;
	field->vertex = object_at(reading->heap, address);
}

static void read_number(const struct reading *reading, struct heap_field *field, uint64_t offset,
			uint64_t size, bool is_signed)
{
	uint64_t word = 0;
	memcpy(&word, reading->bytes + offset, (size_t)size); /* of 1 to 8 */
	unsigned shift = (unsigned)(64 - 8 * size);
	field->number = is_signed ? (int64_t)(word << shift) >> shift : (int64_t)word;
}

static double read_real(const struct reading *reading, uint64_t offset, bool is_double)
{
	float narrow;
	double wide;
	if (is_double)
		memcpy(&wide, reading->bytes + offset, sizeof(wide));
	else
		memcpy(&narrow, reading->bytes + offset, sizeof(narrow));
	return is_double ? wide : (double)narrow;
}

/* The first bytes of a string or a []byte, where they are there. */
static struct error *read_data(struct reading *reading, struct heap_field *field, uint64_t address,
			       uint64_t length)
{
	size_t wanted = (size_t)MIN(length, DATA_MAX);
	char *bytes = arena_allocate(&reading->fields->arena, wanted + 1);
	if (!bytes)
		return error_no_memory();
	if (wanted && !error_ignore(target_read(target_of(reading), address, bytes, wanted)))
		return NULL;
	field->data = bytes;
	field->data_length = wanted;
	return NULL;
}

/* How many entries a map has, or a channel's buffer. */
static void measure(const struct reading *reading, struct heap_field *field, bool map)
{
	const struct layout *layout = &types_binary(reading->heap->types)->layout;
	/* A Swiss map begins with how much of it is used. */
	int32_t count = !map                                 ? layout->hchan_qcount
			: layout_has(layout->swiss_map_size) ? 0
							     : layout->hmap_count;
	struct target *target = target_of(reading);
	field->measured = true;
	if (!field->address)
		return;
	field->measured = error_ignore(
		target_read_u64(target, field->address + (uint64_t)count, &field->length));
	if (!map && field->measured)
		field->measured = error_ignore(
			target_read_u64(target, field->address + (uint64_t)layout->hchan_dataqsiz,
					&field->capacity));
}

/* The function that a func value calls. */
static struct error *name_function(struct reading *reading, struct heap_field *field)
{
	struct function function;
	uint64_t entry;
	if (!field->address ||
	    !error_ignore(target_read_u64(target_of(reading), field->address, &entry)) ||
	    !binary_function(types_binary(reading->heap->types), entry, &function))
		return NULL;
	field->dynamic = arena_copy_string(&reading->fields->arena, function.name,
					   strlen(function.name));
	return field->dynamic ? NULL : error_no_memory();
}

static struct error *read_interface(struct reading *reading, struct heap_field *field,
				    uint64_t offset)
{
	uint64_t table = word_at(reading, offset);
	uint32_t type = HEAP_TYPE_UNKNOWN;
	const char *name;
	set_address(reading, field, word_at(reading, offset + WORD));
	field->is_nil = !table;
	if (table)
		TRY(heap_types_dynamic(reading->heap->types, table, &type));
	if (type == HEAP_TYPE_UNKNOWN)
		return NULL;
	TRY(heap_types_name(reading->heap->types, type, &name));
	field->dynamic = name;
	return NULL;
}

static struct error *read_slice(struct reading *reading, struct heap_field *field,
				const struct type *type, uint64_t offset)
{
	struct type element;
	bool good = false;
	set_address(reading, field, word_at(reading, offset));
	field->measured = true;
	field->length = word_at(reading, offset + WORD);
	if (type->kind == TYPE_STRING) {
		field->is_nil = false;
		return reading->data ? read_data(reading, field, field->address, field->length)
				     : NULL;
	}
	field->capacity = word_at(reading, offset + (uint64_t)2 * WORD);
	if (!reading->data)
		return NULL;
	TRY(types_read(reading->heap->types, type->element, &element, &good));
	return good && element.kind == TYPE_UINT8
		       ? read_data(reading, field, field->address, field->length)
		       : NULL;
}

static bool is_signed(enum type_kind kind)
{
	return kind >= TYPE_INT && kind <= TYPE_INT64;
}

/* One value that is no struct, and no array that is taken apart. */
static struct error *read_value(struct reading *reading, const struct type *type, uint64_t offset,
				struct heap_field *field)
{
	switch (type->kind) {
	case TYPE_FLOAT32:
	case TYPE_FLOAT64:
		field->real = read_real(reading, offset, type->kind == TYPE_FLOAT64);
		return NULL;
	case TYPE_COMPLEX64:
	case TYPE_COMPLEX128:
		field->real = read_real(reading, offset, type->kind == TYPE_COMPLEX128);
		field->imaginary = read_real(reading,
					     offset + (type->kind == TYPE_COMPLEX128 ? 8 : 4),
					     type->kind == TYPE_COMPLEX128);
		return NULL;
	case TYPE_ARRAY:
		field->measured = true;
		field->length = type->length;
		return NULL;
	case TYPE_STRING:
	case TYPE_SLICE:
		return read_slice(reading, field, type, offset);
	case TYPE_INTERFACE:
		return read_interface(reading, field, offset);
	case TYPE_MAP:
	case TYPE_CHAN:
		set_address(reading, field, word_at(reading, offset));
		measure(reading, field, type->kind == TYPE_MAP);
		return NULL;
	case TYPE_FUNC:
		set_address(reading, field, word_at(reading, offset));
		return name_function(reading, field);
	case TYPE_POINTER:
	case TYPE_UNSAFE_POINTER:
		set_address(reading, field, word_at(reading, offset));
		return NULL;
	default:
		if (type->size && type->size <= WORD)
			read_number(reading, field, offset, type->size, is_signed(type->kind));
		return NULL;
	}
}

/* What a value of the kind takes, whatever its descriptor says of its size. */
static uint64_t needed(const struct type *type)
{
	switch (type->kind) {
	case TYPE_ARRAY:
		return 0;
	case TYPE_COMPLEX64:
	case TYPE_FLOAT64:
		return 8;
	case TYPE_COMPLEX128:
	case TYPE_STRING:
	case TYPE_INTERFACE:
		return 16;
	case TYPE_SLICE:
		return 24;
	case TYPE_FLOAT32:
		return 4;
	case TYPE_MAP:
	case TYPE_CHAN:
	case TYPE_FUNC:
	case TYPE_POINTER:
	case TYPE_UNSAFE_POINTER:
		return WORD;
	default:
		return type->size;
	}
}

static struct error *add_field(struct reading *reading, const struct type *type, const char *path,
			       uint64_t offset)
{
	struct heap_field field = {
		.path = path,
		.type = type_text(reading, type),
		.kind = type->kind,
		.vertex = VERTEX_NONE,
	};
	if (!field.type)
		return error_no_memory();
	uint64_t size = needed(type);
	field.known = reading->bytes && offset <= reading->size && reading->size - offset >= size;
	if (field.known)
		TRY(read_value(reading, type, offset, &field));
	return heap_field_vector_append(&reading->fields->list, &field);
}

/* Arrays are contents: only their length is told, unless the rest is asked for. */
static struct error *enter(struct reading *reading, const struct type *type, const char *path,
			   uint64_t offset)
{
	bool is_array = type->kind == TYPE_ARRAY && reading->data;
	struct open_value value = {
		.type = *type,
		.path = path,
		.offset = offset,
		.count = type->count,
		.is_array = is_array,
	};
	bool good = true;
	if (is_array) {
		TRY(types_read(reading->heap->types, type->element, &value.type, &good));
		value.count = MIN(type->length, (uint64_t)ELEMENTS_MAX);
		reading->fields->cut |= type->length > ELEMENTS_MAX;
	}
	if ((type->kind != TYPE_STRUCT && !is_array) || !good || reading->depth == DEPTH_MAX)
		return add_field(reading, type, path, offset);
	reading->open[reading->depth++] = value;
	return NULL;
}

/* The next part of what is open on top. */
static struct error *step(struct reading *reading)
{
	struct open_value *top = &reading->open[reading->depth - 1];
	struct writer writer = WRITER_TO_MEMORY;
	struct type type = top->type;
	struct type_field field;
	uint64_t index = top->next++, offset = top->offset + index * top->type.size;
	bool good = true;
	if (!top->is_array) {
		if (!error_ignore(type_field(types_binary(reading->heap->types), &top->type,
					     (size_t)index, &field)))
			return NULL;
		TRY(types_read(reading->heap->types, field.type, &type, &good));
		offset = top->offset + field.offset;
		writer_printf(&writer, "%s.%s", top->path, field.name);
	} else {
		writer_printf(&writer, "%s[%llu]", top->path, (unsigned long long)index);
	}
	const char *path = keep_text(reading, &writer);
	if (!path)
		return error_no_memory();
	return good ? enter(reading, &type, path, offset) : NULL;
}

static struct error *walk(struct reading *reading)
{
	size_t steps = 0;
	while (reading->depth) {
		const struct open_value *top = &reading->open[reading->depth - 1];
		if (reading->fields->list.count >= FIELDS_MAX || ++steps > STEPS_MAX) {
			reading->fields->cut = true;
			return NULL;
		}
		if (top->next == top->count)
			reading->depth--;
		else
			TRY(step(reading));
	}
	return NULL;
}

/* What is one thing, though no descriptor of a single value stands for it. */
static struct error *add_whole(struct reading *reading, uint32_t vertex, enum type_kind kind,
			       struct heap_field *field)
{
	field->path = "";
	field->kind = kind;
	field->known = reading->bytes != NULL;
	field->measured = true;
	TRY(heap_types_name(reading->heap->types, heap_object_type(reading->heap, vertex),
			    &field->type));
	return heap_field_vector_append(&reading->fields->list, field);
}

/* As many values as there is room for. */
static struct error *read_row(struct reading *reading, uint32_t vertex, const struct type *element,
			      uint64_t room)
{
	uint64_t count = element->size ? room / element->size : 0;
	struct heap_field field = { .vertex = VERTEX_NONE, .length = count };
	if (!reading->data)
		return add_whole(reading, vertex, TYPE_ARRAY, &field);
	reading->open[reading->depth++] = (struct open_value){
		.type = *element,
		.path = "",
		.count = MIN(count, (uint64_t)ELEMENTS_MAX),
		.is_array = true,
	};
	reading->fields->cut = count > ELEMENTS_MAX;
	return NULL;
}

static struct error *read_string(struct reading *reading, uint32_t vertex, uint64_t room)
{
	struct heap_field field = { .vertex = VERTEX_NONE, .length = room };
	if (reading->data && reading->bytes)
		TRY(read_data(reading, &field, heap_value_address(reading->heap, vertex), room));
	return add_whole(reading, vertex, TYPE_STRING, &field);
}

/* A map or a channel: its header tells of all of it. */
static struct error *read_header(struct reading *reading, uint32_t vertex, bool map)
{
	struct heap_field field = {
		.address = heap_value_address(reading->heap, vertex),
		.vertex = vertex,
	};
	measure(reading, &field, map);
	return add_whole(reading, vertex, map ? TYPE_MAP : TYPE_CHAN, &field);
}

static struct error *read_closure(struct reading *reading, const struct heap_type_entry *entry)
{
	struct type type;
	bool good = false;
	TRY(types_closure(reading->heap->types, entry->descriptor, &type, &good));
	if (!good)
		return NULL;
	reading->fields->size = type.size;
	TRY(enter(reading, &type, "", 0));
	/* The function itself, which the type names. */
	if (reading->depth)
		reading->open[0].next = MIN(UINT64_C(1), reading->open[0].count);
	return NULL;
}

static struct error *begin(struct reading *reading, uint32_t vertex, uint64_t room)
{
	const struct heap_type_entry *entry = types_entry(reading->heap->types,
							  heap_object_type(reading->heap, vertex));
	if (!entry)
		return NULL;
	switch (entry->form) {
	case HEAP_VALUE:
		reading->fields->size = entry->type.size;
		return enter(reading, &entry->type, "", 0);
	case HEAP_ARRAY:
	case HEAP_CHANNEL_BUFFER:
		return read_row(reading, vertex, &entry->type, room);
	case HEAP_STRING:
		return read_string(reading, vertex, room);
	case HEAP_MAP:
	case HEAP_CHANNEL:
		return read_header(reading, vertex, entry->form == HEAP_MAP);
	case HEAP_CLOSURE:
		return read_closure(reading, entry);
	default:
		return NULL;
	}
}

static struct error *read_all(struct reading *reading, uint32_t vertex)
{
	const struct heap *heap = reading->heap;
	uint64_t room = heap_object_size(heap, vertex) - heap_spans_of(&heap->spans, vertex)->head;
	reading->size = (size_t)MIN(room, (uint64_t)BYTES_MAX);
	_cleanup_(free_pointer) uint8_t *bytes = malloc(reading->size + 1);
	if (!bytes)
		return error_no_memory();
	if (error_ignore(target_read(target_of(reading), heap_value_address(heap, vertex), bytes,
				     reading->size)))
		reading->bytes = bytes;
	reading->fields->unreadable = !reading->bytes;
	TRY(begin(reading, vertex, room));
	return walk(reading);
}

struct error *heap_fields_read(struct heap *heap, uint32_t vertex, bool data,
			       struct heap_fields *ret)
{
	struct heap_fields fields = { 0 };
	_cleanup_(free_pointer) struct reading *reading = calloc(1, sizeof(*reading));
	if (!reading)
		return error_no_memory();
	reading->heap = heap;
	reading->fields = &fields;
	reading->data = data;
	struct error *error = read_all(reading, vertex);
	if (error)
		heap_fields_deinit(&fields);
	else
		*ret = fields;
	return error;
}

void heap_fields_deinit(struct heap_fields *fields)
{
	heap_field_vector_deinit(&fields->list);
	arena_deinit(&fields->arena);
	*fields = (struct heap_fields){ 0 };
}
