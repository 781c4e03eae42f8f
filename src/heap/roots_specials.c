/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/roots_private.h"
#include "heap/specials.h"
#include "runtime/member.h"

/*
 * Objects that somebody has attached something to: a finalizer, a weak pointer, a cleanup. What the
 * records point to is held by nothing else.
 */
static struct error *add_words(struct gathering *gathering, const uint8_t *record, uint64_t address,
			       int32_t offset, int count)
{
	for (int i = 0; i < count; i++) {
		struct heap_root_pointer pointer = {
			.value = member_u64(record, offset + i * 8),
			.where = address + (uint64_t)offset + (uint64_t)i * 8,
			.frame = HEAP_NO_FRAME,
		};
		TRY(gathering_pointer(gathering, &pointer));
	}
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
	return add_words(gathering, special->bytes, special->address, layout->special_finalizer_fn,
			 1);
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
		return add_words(gathering, special->bytes, special->address,
				 layout->special_weak_handle_handle, 1);
	}
	if (special->kind == layout->special_kind_cleanup && layout->special_kind_cleanup > 0) {
		bool old = layout->special_cleanup_fn >= 0;
		root.kind = HEAP_ROOT_CLEANUP;
		TRY(gathering_root(gathering, &root));
		/* From Go 1.26 on: how it is called, the function, its argument. */
		return add_words(gathering, special->bytes, special->address,
				 old ? layout->special_cleanup_fn : layout->special_cleanup_cleanup,
				 old ? 1 : 3);
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
