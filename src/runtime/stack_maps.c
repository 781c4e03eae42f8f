/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/stack_maps.h"

#include <string.h>

#include "base/arena.h"
#include "binary/pointer_program.h"

/* Alike in every release. */
#define PCDATA_STACK_MAP    1
#define FUNCDATA_ARGUMENTS  0
#define FUNCDATA_LOCALS     1
#define FUNCDATA_OBJECTS    2
#define OBJECT_RECORD_SIZE  16
#define MAP_HEADER_SIZE     8
#define PROGRAM_HEADER_SIZE 4
#define OBJECTS_MAX         65536
#define OBJECT_BITS_MAX     (UINT32_C(1) << 27) /* a gigabyte of stack */
#define PROGRAMS_TOTAL_MAX  ((size_t)64 << 20)  /* bytes of masks that programs wrote */
#define PROGRAM_MAX         (UINT32_C(1) << 20)

struct function_objects {
	const struct stack_object *list;
	uint32_t count;
};

void stack_maps_init(struct stack_maps *maps, const struct binary *binary)
{
	*maps = (struct stack_maps){ .binary = binary };
}

void stack_maps_deinit(struct stack_maps *maps)
{
	arena_deinit(&maps->arena);
	map_deinit(&maps->by_pc);
	map_deinit(&maps->by_function);
	stack_map_vector_deinit(&maps->list);
}

static int32_t i32_at(const uint8_t *bytes)
{
	int32_t value;
	memcpy(&value, bytes, sizeof(value));
	return value;
}

/*
 * One of the maps of a function: their number, bits in each, then each in whole bytes. False where
 * there is none of that index.
 */
static bool read_map(const struct function *function, unsigned funcdata, int32_t index,
		     struct stack_bits *ret)
{
	size_t size;
	const uint8_t *bytes = function_data(function, funcdata, &size);
	if (!bytes || size < MAP_HEADER_SIZE)
		return false;
	int32_t count = i32_at(bytes), bits = i32_at(bytes + 4);
	if (count <= 0 || bits < 0)
		return false;
	if (!bits) {
		*ret = (struct stack_bits){ 0 };
		return true;
	}
	uint64_t each = ((uint64_t)bits + 7) / 8;
	if (index < 0 || index >= count || (uint64_t)(index + 1) * each > size - MAP_HEADER_SIZE)
		return false;
	*ret = (struct stack_bits){ bytes + MAP_HEADER_SIZE + (uint64_t)index * each,
				    (uint32_t)bits };
	return true;
}

/* The module that a function belongs to. */
static const struct module *module_of(const struct stack_maps *maps,
				      const struct function *function)
{
	for (size_t i = 0; i < maps->binary->module_count; i++) {
		if (maps->binary->modules[i].functions == function->table)
			return &maps->binary->modules[i];
	}
	return NULL;
}

/* Up to Go 1.23 large objects have a program instead of a mask. */
static struct error *run_program(struct stack_maps *maps, uint64_t address, uint32_t count,
				 struct stack_bits *ret)
{
	size_t size = (count + 7) / 8;
	*ret = (struct stack_bits){ 0 };
	if (maps->arena.total + size > PROGRAMS_TOTAL_MAX)
		return NULL;
	uint8_t *mask = arena_allocate_raw(&maps->arena, size);
	if (!mask)
		return error_no_memory();
	const uint8_t *bytes = binary_bytes_at(maps->binary, address, PROGRAM_HEADER_SIZE);
	uint32_t length = bytes ? (uint32_t)i32_at(bytes) : 0;
	if (length && length <= PROGRAM_MAX)
		bytes = binary_bytes_at(maps->binary, address + PROGRAM_HEADER_SIZE, length);
	else
		bytes = NULL;
	if (bytes && pointer_program_run(bytes, length, mask, count))
		*ret = (struct stack_bits){ mask, count };
	return NULL;
}

/*
 * struct runtime.stackObjectRecord: offset, size, bytes with pointers (negative: a program says
 * which), and where the mask lies, counted from moduledata.rodata.
 */
static struct error *read_object(struct stack_maps *maps, const struct module *module,
				 const uint8_t *record, struct stack_object *ret)
{
	int32_t pointer_bytes = i32_at(record + 8);
	bool program = pointer_bytes < 0;
	uint64_t bytes = (uint64_t)(program ? -(int64_t)pointer_bytes : pointer_bytes);
	uint32_t count = (uint32_t)(bytes / 8);
	uint64_t mask = module->rodata + (uint32_t)i32_at(record + 12);
	*ret = (struct stack_object){
		.offset = i32_at(record),
		.size = (uint32_t)MAX(i32_at(record + 4), 0),
	};
	if (!count || count > OBJECT_BITS_MAX || bytes > ret->size)
		return NULL;
	if (program)
		return run_program(maps, mask, count, &ret->pointers);
	const uint8_t *bits = binary_bytes_at(maps->binary, mask, (count + 7) / 8);
	if (bits)
		ret->pointers = (struct stack_bits){ bits, count };
	return NULL;
}

static struct error *read_objects(struct stack_maps *maps, const struct function *function,
				  struct function_objects *ret)
{
	const struct module *module = module_of(maps, function);
	size_t size;
	const uint8_t *bytes = function_data(function, FUNCDATA_OBJECTS, &size);
	uint64_t count;
	*ret = (struct function_objects){ 0 };
	if (!bytes || !module || size < sizeof(count))
		return NULL;
	memcpy(&count, bytes, sizeof(count));
	if (!count || count > MIN((size - sizeof(count)) / OBJECT_RECORD_SIZE, OBJECTS_MAX))
		return NULL;
	struct stack_object *list = arena_allocate(&maps->arena, (size_t)count * sizeof(*list));
	if (!list)
		return error_no_memory();
	for (size_t i = 0; i < count; i++)
		TRY(read_object(maps, module, bytes + sizeof(count) + i * OBJECT_RECORD_SIZE,
				&list[i]));
	*ret = (struct function_objects){ list, (uint32_t)count };
	return NULL;
}

static struct error *find_objects(struct stack_maps *maps, const struct function *function,
				  struct stack_map *map)
{
	const struct map_slot *known = map_find(&maps->by_function, function->entry);
	if (!known) {
		struct function_objects *objects = arena_allocate(&maps->arena, sizeof(*objects));
		if (!objects)
			return error_no_memory();
		TRY(read_objects(maps, function, objects));
		struct map_slot *slot;
		TRY(map_insert(&maps->by_function, function->entry, (uintptr_t)objects, &slot));
		known = slot;
	}
	const struct function_objects *objects =
		(const struct function_objects *)(uintptr_t)known->value;
	map->objects = objects->list;
	map->object_count = objects->count;
	return NULL;
}

static struct error *read_maps(struct stack_maps *maps, const struct function *function,
			       uint64_t pc, struct stack_map *ret)
{
	/*
	 * The call that it returns from counts. At the entry, and where the tables have nothing (a
	 * prologue), the first map holds: arguments are all there is.
	 */
	int32_t index = -1;
	if (pc != function->entry)
		index = function_pcdata(function, PCDATA_STACK_MAP, pc - 1);
	if (index == -1)
		index = 0;
	ret->argument_bytes = function_arguments_size(function);
	ret->locals_known = read_map(function, FUNCDATA_LOCALS, index, &ret->locals);
	ret->arguments_known = !ret->argument_bytes ||
			       read_map(function, FUNCDATA_ARGUMENTS, index, &ret->arguments);
	return find_objects(maps, function, ret);
}

struct error *stack_maps_find(struct stack_maps *maps, const struct function *function, uint64_t pc,
			      const struct stack_map **ret)
{
	struct map_slot *slot = map_find(&maps->by_pc, pc);
	if (!slot) {
		struct stack_map map = { 0 };
		TRY(read_maps(maps, function, pc, &map));
		TRY(stack_map_vector_append(&maps->list, &map));
		TRY(map_insert(&maps->by_pc, pc, maps->list.count - 1, &slot));
	}
	*ret = &maps->list.items[slot->value];
	return NULL;
}
