/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/roots_private.h"

#include "runtime/capture_private.h"
#include "runtime/stack_roots.h"

const char *heap_root_kind_name(enum heap_root_kind kind)
{
	static const char *const names[] = {
#define KIND(id, name) [HEAP_ROOT_##id] = name,
		HEAP_ROOT_KINDS(KIND)
#undef KIND
	};
	return names[kind];
}

struct error *gathering_root(struct gathering *gathering, const struct heap_root *root)
{
	struct heap_root copy = *root;
	copy.first = gathering->roots->pointers.count;
	copy.count = 0;
	return heap_root_vector_append(&gathering->roots->list, &copy);
}

struct error *gathering_pointer(struct gathering *gathering,
				const struct heap_root_pointer *pointer)
{
	struct heap_roots *roots = gathering->roots;
	if (!gathering_wants(gathering, pointer->value))
		return NULL;
	TRY(heap_root_pointer_vector_append(&roots->pointers, pointer));
	roots->list.items[roots->list.count - 1].count++;
	return NULL;
}

void gathering_close(struct gathering *gathering)
{
	struct heap_root_vector *list = &gathering->roots->list;
	if (list->count && !list->items[list->count - 1].count)
		list->count--;
}

struct error *gathering_pointee(struct gathering *gathering, uint64_t descriptor, uint32_t *ret)
{
	uint32_t type;
	if (!gathering->types || !descriptor)
		return NULL;
	TRY(heap_types_pointee(gathering->types, descriptor, 0, &type));
	if (type != HEAP_TYPE_UNKNOWN)
		*ret = type;
	return NULL;
}

void gathering_problem(struct gathering *gathering, const char *text)
{
	if (!gathering->roots->problem)
		gathering->roots->problem = text;
}

/* Can it be the first word of an interface: does it lie in a module's data? */
static bool may_be_type(const struct binary *binary, uint64_t word)
{
	for (size_t i = 0; i < binary->module_count && word % 8 == 0; i++) {
		const struct module *module = &binary->modules[i];
		uint64_t end = MAX(module->types_end, MAX(module->bss_end, module->noptrbss_end));
		if (word >= MIN(module->text_end, module->types) && word < end)
			return true;
	}
	return false;
}

/* What debug information says of the word, else what its interface does. */
static struct error *type_word(struct gathering *gathering, struct stack_roots *stacks,
			       struct frame_types *types, const struct stack_root *found,
			       uint32_t *ret)
{
	if (types && found->frame < stacks->frames.count)
		TRY(frame_types_find(types, &stacks->frames.items[found->frame], found->where,
				     !found->conservative, ret));
	if (*ret == HEAP_TYPE_UNKNOWN && gathering->types && found->before &&
	    may_be_type(runtime_binary(gathering->runtime), found->before))
		TRY(heap_types_dynamic(gathering->types, found->before, ret));
	return NULL;
}

struct error *gathering_part(struct gathering *gathering, const struct variable_part *part,
			     uint32_t *ret)
{
	if (part->pointer)
		return heap_types_intern(gathering->types, part->array ? HEAP_ARRAY : HEAP_VALUE,
					 part->descriptor, ret);
	return heap_types_pointee(gathering->types, part->descriptor, part->offset, ret);
}

/* The words of its stack that count, and its g, where what else it holds hangs. */
static struct error *take_goroutine(struct gathering *gathering, struct stack_roots *stacks,
				    struct frame_types *types, uint32_t index)
{
	const struct goroutine *goroutine = &gathering->roots->goroutines->list.items[index];
	const char *problem;
	struct heap_root root = {
		.kind = HEAP_ROOT_GOROUTINE,
		.address = goroutine->address,
		.goroutine = index,
	};
	struct heap_root_pointer self = {
		.value = goroutine->address,
		.frame = HEAP_NO_FRAME,
	};
	TRY(stack_roots_scan(stacks, index, &problem));
	TRY(gathering_root(gathering, &root));
	TRY(gathering_pointer(gathering, &self));
	for (size_t i = 0; i < stacks->list.count; i++) {
		const struct stack_root *found = &stacks->list.items[i];
		struct heap_root_pointer pointer = {
			.value = found->value,
			.where = found->where,
			.frame = MIN(found->frame, HEAP_NO_FRAME),
			.conservative = found->conservative,
		};
		if (found->frame < stacks->frames.count)
			pointer.place = (int32_t)(found->where -
						  stacks->frames.items[found->frame].arguments);
		TRY(type_word(gathering, stacks, types, found, &pointer.type));
		TRY(gathering_pointer(gathering, &pointer));
	}
	return NULL;
}

struct error *gathering_add_goroutines(struct gathering *gathering)
{
	_cleanup_(stack_roots_deinit) struct stack_roots stacks = { 0 };
	const struct runtime_goroutines_options options = { .standing = true, .with_waits = true };
	struct heap_roots *roots = gathering->roots;
	TRY(runtime_goroutines(gathering->runtime, &options, &roots->goroutines));
	TRY(stack_roots_init(&stacks, gathering->runtime, roots->goroutines, gathering->heap));
	TRY(heap_root_vector_reserve(&roots->list,
				     roots->list.count + roots->goroutines->list.count));
	struct frame_types *types = NULL;
	struct error *error = gathering->types ? frame_types_create(gathering, &types) : NULL;
	for (size_t i = 0; i < roots->goroutines->list.count && !error; i++)
		error = take_goroutine(gathering, &stacks, types, (uint32_t)i);
	frame_types_destroy(types);
	roots->blind |= stacks.lost;
	return error;
}

static struct error *find_roots(struct gathering *gathering)
{
	TRY(variables_open(runtime_binary(gathering->runtime), &gathering->roots->variables));
	TRY(gathering_add_data(gathering));
	if (!gathering->bare)
		TRY(gathering_name_unnamed(gathering));
	TRY(gathering_add_goroutines(gathering));
	TRY(gathering_add_threads(gathering));
	TRY(gathering_add_tiny_blocks(gathering));
	TRY(gathering_add_queues(gathering));
	return gathering_add_specials(gathering);
}

static struct error *find_all(struct runtime *runtime, struct heap_types *types,
			      const struct address_range_vector *heap, bool bare,
			      struct heap_roots *ret)
{
	_cleanup_(heap_roots_deinit) struct heap_roots roots = { 0 };
	struct gathering gathering = {
		.runtime = runtime,
		.types = types,
		.heap = heap,
		.roots = &roots,
		.bare = bare,
		.bytes_there = capture_bytes_there(runtime_target(runtime)),
	};
	TRY(find_roots(&gathering));
	runtime_goroutines_settle(roots.goroutines);
	*ret = roots;
	roots = (struct heap_roots){ 0 };
	return NULL;
}

struct error *heap_roots_find(struct runtime *runtime, struct heap_types *types,
			      const struct address_range_vector *heap, struct heap_roots *ret)
{
	return find_all(runtime, types, heap, false, ret);
}

struct error *heap_roots_find_bare(struct runtime *runtime, struct heap_types *types,
				   const struct address_range_vector *heap, struct heap_roots *ret)
{
	return find_all(runtime, types, heap, true, ret);
}

void heap_roots_deinit(struct heap_roots *roots)
{
	heap_root_vector_deinit(&roots->list);
	heap_root_pointer_vector_deinit(&roots->pointers);
	heap_hint_vector_deinit(&roots->hints);
	runtime_goroutines_destroy(roots->goroutines);
	variables_destroy(roots->variables);
	arena_deinit(&roots->arena);
	*roots = (struct heap_roots){ 0 };
}
