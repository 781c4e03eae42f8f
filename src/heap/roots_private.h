/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_ROOTS_PRIVATE_H
#define DOWSE_HEAP_ROOTS_PRIVATE_H

#include "heap/roots.h"

/* What the steps of looking for roots share. */
struct gathering {
	struct runtime *runtime;
	struct heap_types *types; /* NULL: nothing is typed */
	const struct address_range_vector *heap;
	struct heap_roots *roots;
	bool bare;            /* who uses nameless globals is known */
	uint64_t bytes_there; /* in the target's memory: no more of anything can be real */
};

static inline bool gathering_wants(const struct gathering *gathering, uint64_t value)
{
	return value && heap_ranges_has(gathering->heap, value);
}

/* A root begins; pointers that are added from now on are its. */
struct error *gathering_root(struct gathering *gathering, const struct heap_root *root) must_use;

/* A pointer of the newest root; nothing is added that does not point into the heap. */
struct error *gathering_pointer(struct gathering *gathering,
				const struct heap_root_pointer *pointer) must_use;

/* Take back the newest root if it has no pointers. */
void gathering_close(struct gathering *gathering);

/* What a pointer of that type, or of none (0), leads to; *ret stays if nobody knows. */
struct error *gathering_pointee(struct gathering *gathering, uint64_t descriptor, uint32_t *ret)
	must_use;

/* What could not be looked through, static text; the first one stays. */
void gathering_problem(struct gathering *gathering, const char *text);

/* What a pointer at a place in a variable leads to. */
struct error *gathering_part(struct gathering *gathering, const struct variable_part *part,
			     uint32_t *ret) must_use;

/* The steps. */
struct error *gathering_add_data(struct gathering *gathering) must_use;
struct error *gathering_add_goroutines(struct gathering *gathering) must_use;
struct error *gathering_add_threads(struct gathering *gathering) must_use;
struct error *gathering_add_tiny_blocks(struct gathering *gathering) must_use;
struct error *gathering_add_queues(struct gathering *gathering) must_use;
struct error *gathering_add_specials(struct gathering *gathering) must_use;
struct error *gathering_name_unnamed(struct gathering *gathering) must_use;

/*
 * What the argument that a cleanup's record of 1.26 keeps is, of the three words at `offset`; *ret
 * stays if nobody knows. And what the closure of an older one has captured is, as hints.
 */
struct error *gathering_cleanup_argument(struct gathering *gathering, const uint8_t *record,
					 int32_t offset, uint32_t *ret) must_use;
struct error *gathering_cleanup_captured(struct gathering *gathering, uint64_t closure) must_use;

/* The types of what lies in stack frames; NULL is accepted for destroying. */
struct frame_types;
struct stack_frame;

struct error *frame_types_create(struct gathering *gathering, struct frame_types **ret) must_use;
void frame_types_destroy(struct frame_types *types);

/*
 * Of what the word at an address in the frame points to; HEAP_TYPE_UNKNOWN. `sure`: the word is a
 * pointer that will be used.
 */
struct error *frame_types_find(struct frame_types *types, const struct stack_frame *frame,
			       uint64_t where, bool sure, uint32_t *ret) must_use;

#endif
