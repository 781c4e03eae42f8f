/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/roots_private.h"
#include "heap/specials.h"
#include "runtime/member.h"

/*
 * Objects that somebody has attached something to: a finalizer, a weak pointer, a cleanup. What the
 * records point to is held by nothing else.
 */
static struct error *add_word(struct gathering *gathering, const uint8_t *record, uint64_t address,
			      int32_t offset, uint32_t type)
{
	struct heap_root_pointer pointer = {
		.value = member_u64(record, offset),
		.where = address + (uint64_t)offset,
		.type = type,
		.frame = HEAP_NO_FRAME,
	};
	return gathering_pointer(gathering, &pointer);
}

/* The only one of the newest root. */
static struct error *add_only_word(struct gathering *gathering, const struct heap_special *special,
				   int32_t offset)
{
	TRY(add_word(gathering, special->bytes, special->address, offset, HEAP_TYPE_UNKNOWN));
	gathering_close(gathering);
	return NULL;
}

/* What the object refers to stays alive until the finalizer runs, though it itself does not. */
static struct error *add_finalizer(struct gathering *gathering, const struct heap_special *special,
				   const struct heap_root *root)
{
	struct heap_root through = *root;
	struct heap_root_pointer object = { .value = root->address, .frame = HEAP_NO_FRAME };
	const struct layout *layout = &runtime_binary(gathering->runtime)->layout;
	through.through = true;
	TRY(gathering_pointee(gathering, member_u64(special->bytes, layout->special_finalizer_ot),
			      &object.type));
	if (special->pointers) {
		TRY(gathering_root(gathering, &through));
		TRY(gathering_pointer(gathering, &object));
		gathering_close(gathering);
	}
	TRY(gathering_root(gathering, root));
	return add_only_word(gathering, special, layout->special_finalizer_fn);
}

/* Up to 1.25: a closure. */
static struct error *add_cleanup_of_old(struct gathering *gathering,
					const struct heap_special *special)
{
	int32_t offset = runtime_binary(gathering->runtime)->layout.special_cleanup_fn;
	TRY(gathering_cleanup_captured(gathering, member_u64(special->bytes, offset)));
	return add_only_word(gathering, special, offset);
}

/* Then: how it is called, the function, its argument. */
static struct error *add_cleanup(struct gathering *gathering, const struct heap_special *special)
{
	int32_t offset = runtime_binary(gathering->runtime)->layout.special_cleanup_cleanup;
	uint32_t type = HEAP_TYPE_UNKNOWN;
	TRY(gathering_cleanup_argument(gathering, special->bytes, offset, &type));
	for (int32_t i = 0; i < 3; i++)
		TRY(add_word(gathering, special->bytes, special->address, offset + 8 * i,
			     i == 2 ? type : HEAP_TYPE_UNKNOWN));
	gathering_close(gathering);
	return NULL;
}

static struct error *take_special(void *argument, const struct heap_special *special)
{
	struct gathering *gathering = argument;
	const struct layout *layout = &runtime_binary(gathering->runtime)->layout;
	struct heap_root root = {
		.address = special->object,
		.goroutine = HEAP_NO_GOROUTINE,
	};
	if (special->kind == layout->special_kind_finalizer) {
		root.kind = HEAP_ROOT_FINALIZER;
		return add_finalizer(gathering, special, &root);
	}
	if (special->kind == layout->special_kind_weak_handle &&
	    layout->special_weak_handle_handle >= 0) {
		root.kind = HEAP_ROOT_WEAK;
		TRY(gathering_root(gathering, &root));
		return add_only_word(gathering, special, layout->special_weak_handle_handle);
	}
	if (special->kind == layout->special_kind_cleanup && layout->special_kind_cleanup > 0) {
		bool old = layout->special_cleanup_fn >= 0;
		root.kind = HEAP_ROOT_CLEANUP;
		TRY(gathering_root(gathering, &root));
		return old ? add_cleanup_of_old(gathering, special)
			   : add_cleanup(gathering, special);
	}
	return NULL;
}

struct error *gathering_add_specials(struct gathering *gathering)
{
	const char *problem;
	TRY(heap_specials_walk(gathering->runtime, gathering->heap, take_special, gathering,
			       &problem));
	if (problem)
		gathering_problem(gathering, problem);
	return NULL;
}
