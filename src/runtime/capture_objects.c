/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/capture_private.h"

const uint8_t *capture_object(const struct capture *capture, enum captured_kind kind,
			      uint64_t address)
{
	const struct map_slot *slot = map_find(&capture->objects, address | kind);
	return slot ? (const uint8_t *)(uintptr_t)slot->value : NULL;
}

static int32_t size_of(const struct layout *layout, enum captured_kind kind)
{
	switch (kind) {
	case CAPTURED_THREAD:
		return layout->m_size;
	case CAPTURED_SUDOG:
		return layout->sudog_size;
	case CAPTURED_CHANNEL:
		return layout->hchan_size;
	case CAPTURED_TIMER:
		return layout->timer_size;
	case CAPTURED_DEFER:
		return layout->defer_size;
	}
	return LAYOUT_ABSENT;
}

/*
 * Note that the object at `address` is wanted, unless it is there or noted already. One place may
 * be wanted as things of two kinds, which is nonsense, but then their sizes differ.
 */
struct error *capture_objects_want(struct capturing *capturing, enum captured_kind kind,
				   uint64_t address)
{
	struct map *objects = &capturing->capture->objects;
	int32_t size = size_of(capturing->layout, kind);
	uint64_t key = address | kind;
	size_t before = objects->count;
	/* Objects do not overlap: more bytes than there are is a list without end. */
	if (!address || address % 8 || size <= 0 ||
	    capturing->object_bytes >= capturing->bytes_there)
		return NULL;
	struct map_slot *slot;
	TRY(map_insert(objects, key, 0, &slot));
	if (objects->count == before)
		return NULL;
	capturing->object_bytes += (uint64_t)size;
	TRY(u64_vector_append(&capturing->keys, &key));
	return batch_add(&capturing->batch, address, (size_t)size);
}

void capture_objects_begin(struct capturing *capturing)
{
	batch_clear(&capturing->batch);
	capturing->keys.count = 0;
}

struct error *capture_objects_run(struct capturing *capturing)
{
	TRY(batch_run(&capturing->batch));
	for (size_t i = 0; i < capturing->keys.count; i++) {
		struct map_slot *slot = map_find(&capturing->capture->objects,
						 capturing->keys.items[i]);
		slot->value = (uintptr_t)batch_bytes(&capturing->batch, i);
	}
	return NULL;
}
