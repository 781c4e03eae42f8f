/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/cycle.h"
#include "binary/code.h"
#include "heap/roots_private.h"
#include "runtime/member.h"

/*
 * Finalizers and cleanups of objects that were found dead, and that wait to be run: until then
 * they hold their objects. Both are lists of blocks that the runtime never frees:
 *
 *	runtime.allfin          blocks of {fn, arg, nret, fint, ot}; cleanups of 1.24 too, with no arg
 *	runtime.gcCleanups.all  from 1.25 on; blocks of functions, from 1.26 on of {call, fn, arg}
 */
#define BLOCK_MAX      ((int32_t)65536)
#define REFERENCES_MAX 64

struct queue {
	struct gathering *gathering;
	enum heap_root_kind kind;
	uint64_t block; /* the first one */
	int32_t size;   /* of a block; */
	int32_t link;
	int32_t count;
	int32_t list;
	int32_t entry;     /* bytes of one; */
	uint32_t pointers; /* a bit for each of its words */
	int32_t object;    /* of the object; -1: it does not say */
	int32_t type;      /* of the type of the pointer to it */
};

static struct error *take_entry(const struct queue *queue, const uint8_t *entry, uint64_t address)
{
	struct gathering *gathering = queue->gathering;
	uint64_t object = member_u64(entry, queue->object);
	struct heap_root root = {
		.kind = queue->object >= 0 && !object ? HEAP_ROOT_CLEANUP : queue->kind,
		.address = object,
		.goroutine = HEAP_NO_GOROUTINE,
	};
	TRY(gathering_root(gathering, &root));
	for (int32_t i = 0; i < queue->entry / 8; i++) {
		struct heap_root_pointer pointer = {
			.value = member_u64(entry, i * 8),
			.where = address + (uint64_t)i * 8,
			.frame = HEAP_NO_FRAME,
		};
		if (i * 8 == queue->object)
			TRY(gathering_pointee(gathering, member_u64(entry, queue->type),
					      &pointer.type));
		if (queue->pointers >> i & 1)
			TRY(gathering_pointer(gathering, &pointer));
	}
	gathering_close(gathering);
	return NULL;
}

static struct error *take_block(const struct queue *queue, const uint8_t *block, uint64_t address)
{
	uint32_t count = member_u32(block, queue->count);
	if (count > (uint32_t)((queue->size - queue->list) / queue->entry)) {
		gathering_problem(queue->gathering, "the queue of finalizers makes no sense");
		return NULL;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = (uint32_t)queue->list + i * (uint32_t)queue->entry;
		TRY(take_entry(queue, block + at, address + at));
	}
	return NULL;
}

static struct error *take_queue(const struct queue *queue)
{
	struct gathering *gathering = queue->gathering;
	uint64_t address = queue->block;
	struct cycle cycle = { 0 };
	if (queue->object > queue->entry - 8 || queue->type > queue->entry - 8)
		return NULL;
	if (queue->size <= 0 || queue->size > BLOCK_MAX || queue->entry < 8 || queue->link < 0 ||
	    queue->count < 0 || queue->list < 0 || queue->link > queue->size - 8 ||
	    queue->count > queue->size - 4 || queue->list > queue->size)
		return NULL;
	_cleanup_(free_pointer) uint8_t *block = malloc((size_t)queue->size);
	if (!block)
		return error_no_memory();
	for (; address; address = member_u64(block, queue->link)) {
		if (cycle_closes(&cycle, address) ||
		    !error_ignore(target_read(runtime_target(gathering->runtime), address, block,
					      (size_t)queue->size))) {
			gathering_problem(gathering, "the queue of finalizers cannot be read");
			return NULL;
		}
		TRY(take_block(queue, block, address));
	}
	return NULL;
}

/* What a function of the runtime refers to in the data segments, in the order of first use. */
static size_t references(const struct binary *binary, const char *name,
			 uint64_t ret[REFERENCES_MAX])
{
	const struct module *module = &binary->modules[0];
	struct function function;
	size_t count = 0;
	if (!pclntab_find_named(module->functions, name, &function) ||
	    !error_ignore(code_data_references(
		    binary, &function, MIN(module->noptrdata, module->data),
		    MAX(module->noptrbss_end, module->bss_end), ret, REFERENCES_MAX, &count)))
		return 0;
	return MIN(count, (size_t)REFERENCES_MAX);
}

/*
 * The two globals; 0 for what is not found. Without symbols by the functions that use them: in every
 * release from 1.19 on the sixth datum of runtime.queuefinalizer is allfin, and markroot looks at
 * the cleanups right after it.
 */
static struct error *find_queues(const struct binary *binary, uint64_t *ret_finalizers,
				 uint64_t *ret_cleanups)
{
	enum { SIXTH = 5 };
	struct elf_symbol symbols[] = {
		{ .name = "runtime.allfin" },
		{ .name = "runtime.gcCleanups" },
	};
	uint64_t found[REFERENCES_MAX];
	int32_t all = binary->layout.cleanup_queue_all;
	TRY(binary_find_symbols(binary, symbols, ARRAY_SIZE(symbols)));
	*ret_finalizers = symbols[0].found ? symbols[0].address : 0;
	*ret_cleanups = symbols[1].found ? symbols[1].address : 0;
	if (!*ret_finalizers && references(binary, "runtime.queuefinalizer", found) > SIXTH)
		*ret_finalizers = found[SIXTH];
	if (*ret_cleanups || all < 0 || !*ret_finalizers)
		return NULL;
	size_t count = references(binary, "runtime.markroot", found);
	for (size_t i = 0; i + 1 < count; i++) {
		if (found[i] == *ret_finalizers)
			*ret_cleanups = found[i + 1] - (uint64_t)all;
	}
	return NULL;
}

struct error *gathering_add_queues(struct gathering *gathering)
{
	const struct binary *binary = runtime_binary(gathering->runtime);
	const struct layout *layout = &binary->layout;
	struct target *target = runtime_target(gathering->runtime);
	uint64_t finalizers, cleanups;
	TRY(find_queues(binary, &finalizers, &cleanups));
	struct queue queue = {
		.gathering = gathering,
		.kind = HEAP_ROOT_FINALIZER,
		.size = layout->finalizer_block_size,
		.link = layout->finalizer_block_link,
		.count = layout->finalizer_block_count,
		.list = layout->finalizer_block_list,
		.entry = layout->finalizer_size,
		.pointers = 0x1b, /* all but nret */
		.object = layout->finalizer_arg,
		.type = layout->finalizer_ot,
	};
	if (!finalizers || !error_ignore(target_read_u64(target, finalizers, &queue.block)))
		gathering_problem(gathering, "the queue of finalizers was not found");
	TRY(take_queue(&queue));

	bool whole = layout_has(layout->cleanup_function_size);
	queue = (struct queue){
		.gathering = gathering,
		.kind = HEAP_ROOT_CLEANUP,
		.size = layout->cleanup_block_size,
		.link = layout->cleanup_block_link,
		.count = layout->cleanup_block_count,
		.list = layout->cleanup_block_list,
		.entry = whole ? layout->cleanup_function_size : 8,
		.pointers = 0x7,
		.object = -1,
		.type = -1,
	};
	if (layout->cleanup_queue_all < 0)
		return NULL;
	if (!cleanups ||
	    !error_ignore(target_read_u64(target, cleanups + (uint64_t)layout->cleanup_queue_all,
					  &queue.block)))
		gathering_problem(gathering, "the queue of cleanups was not found");
	return take_queue(&queue);
}
