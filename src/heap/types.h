/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_TYPES_H
#define DOWSE_HEAP_TYPES_H

#include "base/writer.h"
#include "heap/shapes.h"
#include "runtime/runtime.h"

/*
 * What objects of the heap can be: a Go type as its descriptor has it, or one of the pieces that
 * the runtime makes values of. Each is known by a small number, interned when it is met, since
 * there are millions of objects and a few thousand types. What the runtime allocates for itself
 * (runtime.g, runtime.sudog) has descriptors, too, and is a VALUE. For one thread at a time.
 *
 * FORM(id, what follows the type's name)
 */
#define HEAP_FORMS(FORM)                                                                           \
	FORM(VALUE, "")                   /* one value of the type */                              \
	FORM(ARRAY, "")                   /* as many as there is room for: what a []T points to */ \
	FORM(STRING, "")                  /* the bytes of a string; no descriptor */               \
	FORM(CLOSURE, "")                 /* "descriptor" is the entry of its function */          \
	FORM(MAP, "")                     /* the header; the descriptor is the map's, in these: */ \
	FORM(MAP_DIRECTORY, " directory") /* Swiss: pointers to tables */                          \
	FORM(MAP_TABLE, " table")                                                                  \
	FORM(MAP_GROUPS, " groups")   /* Swiss: one group of slots, or an array of them */         \
	FORM(MAP_BUCKETS, " buckets") /* up to Go 1.23 */                                          \
	FORM(MAP_EXTRA, " overflow")  /* then: what keeps overflow buckets without pointers */     \
	FORM(MAP_OVERFLOW, " overflow")                                                            \
	FORM(MAP_OVERFLOW_LIST, " overflow")                                                       \
	FORM(CHANNEL, "") /* hchan, and its buffer where that lies behind it; see below */         \
	FORM(CHANNEL_BUFFER, " buffer")                                                            \
	FORM(ITABS, "") /* the runtime's table of itabs: without pointers, of any length */        \
	FORM(TINY, "")  /* a block of small values without pointers; no descriptor */

enum heap_form {
#define FORM(id, suffix) HEAP_##id,
	HEAP_FORMS(FORM)
#undef FORM
		HEAP_FORM_COUNT,
};

#define HEAP_TYPE_UNKNOWN 0 /* the number of no type */

struct heap_types;

/* `runtime` is borrowed. */
struct error *heap_types_create(struct runtime *runtime, struct heap_types **ret) must_use;
void heap_types_destroy(struct heap_types *types);

/*
 * The number of a type. A descriptor that cannot be read is HEAP_TYPE_UNKNOWN and no error; so is a
 * form that does not fit (HEAP_MAP of what is no map). For a channel and its buffer, hand in the
 * channel's type, whichever its direction: there is one number for all with that element.
 */
struct error *heap_types_intern(struct heap_types *types, enum heap_form form, uint64_t descriptor,
				uint32_t *ret) must_use;

/*
 * The type of what an interface's data word points to, by its first word: a type or an itab.
 * HEAP_TYPE_UNKNOWN for what is neither, and for functions.
 */
struct error *heap_types_dynamic(struct heap_types *types, uint64_t word, uint32_t *ret) must_use;

/*
 * Some pointers lead to one of several types, which only the object tells: a map's dirPtr to a
 * directory or to its one group, the pointer to a node to one of its kinds, a *time.Timer to what
 * the runtime makes of it. Given the type that a pointer says, how many bytes the object takes in
 * all, and whether it can hold pointers: the type that it is. To be asked once for each object.
 */
struct error *heap_types_choose(struct heap_types *types, uint32_t type, uint64_t size,
				bool pointers, uint32_t *ret) must_use;

/*
 * The types that an object can be of which nothing points to by its type: those that the program's
 * code allocates, and what maps consist of, that take as many bytes and have pointers at the same
 * words. With a single one that is almost always right; closures, which say what they are, are not
 * among them. *ret_count may be more than `capacity`; none where the shape does not tell of any
 * pointers.
 */
struct error *heap_types_candidates(struct heap_types *types, const struct heap_shape *shape,
				    uint32_t *ret, size_t capacity, size_t *ret_count) must_use;

/*
 * The same of what a map's header leads to: buckets or groups, with pointers or without. Maps of
 * types with the same name or not that share them count as one.
 */
struct error *heap_types_map_candidates(struct heap_types *types, const struct heap_shape *shape,
					uint32_t *ret, size_t capacity, size_t *ret_count) must_use;

/* The runtime's structure that every map's header is, as a value; HEAP_TYPE_UNKNOWN. */
struct error *heap_types_map_header(struct heap_types *types, uint32_t *ret) must_use;

/* Whether one is the same of a map as the other, and gives a name to what has none there. */
bool heap_types_renames(const struct heap_types *types, uint32_t type, uint32_t other);

/* Numbers are 1 to this. */
uint32_t heap_types_count(const struct heap_types *types);

/* A word that can hold a pointer, in the order in which the collector's masks have them. */
struct heap_slot {
	uint64_t offset;  /* in the element */
	uint32_t pointee; /* what it points to; HEAP_TYPE_UNKNOWN: its value says, or nobody */
	bool dynamic;     /* the data word of an interface: the word before it says the type */
};

/*
 * Where an object of a type has pointers: `slots` of the element that begins at `start`, and again
 * every `stride` bytes up to the object's end if that is not 0. Offsets count from where the value
 * begins, which is behind the allocator's header where there is one.
 */
struct heap_type_layout {
	uint64_t size; /* that the value needs; of one element, where there may be many */
	uint64_t start;
	uint64_t stride;
	const struct heap_slot *slots;
	size_t slot_count;
	bool complete; /* false: there were too many, the rest of the element is not described */
};

/* Computed when it is first asked for; belongs to `types`, stays valid as others are interned. */
struct error *heap_types_layout(struct heap_types *types, uint32_t type,
				const struct heap_type_layout **ret) must_use;

/* The slot at an offset of an object with that layout; NULL when there is none. */
const struct heap_slot *heap_layout_slot(const struct heap_type_layout *layout, uint64_t offset);

struct heap_type {
	enum heap_form form;
	uint64_t descriptor; /* of a channel: its element's */
};

void heap_types_get(const struct heap_types *types, uint32_t type, struct heap_type *ret);

/*
 * Intern what heap_types_get() has said of another struct heap_types. When all are handed in, in
 * their order, they get their numbers again.
 */
struct error *heap_types_restore(struct heap_types *types, const struct heap_type *type,
				 uint32_t *ret) must_use;

/*
 * As a Go programmer calls it: "main.Node", "[]main.Node", "string", "map[string]int groups",
 * "chan int", "func main.serve.func1", "runtime.sudog". "?" for HEAP_TYPE_UNKNOWN. Valid as long as
 * `types`.
 */
struct error *heap_types_name(struct heap_types *types, uint32_t type, const char **ret) must_use;

/* The import path of the package that it belongs to (of T for []T, *T, a map's element); "" none. */
struct error *heap_types_package(struct heap_types *types, uint32_t type, const char **ret)
	must_use;

/*
 * What the word at `offset` of a value of a Go type points to: for roots. HEAP_TYPE_UNKNOWN where
 * that is no pointer, or an interface's.
 */
struct error *heap_types_pointee(struct heap_types *types, uint64_t descriptor, uint64_t offset,
				 uint32_t *ret) must_use;

/*
 * How the word at `offset` of an object of the type is written in Go: ".next", "[3].buf",
 * "[7].value" of a map's group, ".x" of a captured variable where its name is known, "+24" else.
 */
struct error *heap_types_path(struct heap_types *types, uint32_t type, uint64_t offset,
			      struct writer *writer) must_use;

/*
 * Whether an object that takes `size` bytes in all can have been allocated for the type, which needs
 * more than the next smaller size class has. False: it is a part of something larger, or is larger
 * than the object.
 */
bool heap_types_fills(struct heap_types *types, uint32_t type, uint64_t size);

static inline void heap_types_cleanup(struct heap_types **types)
{
	heap_types_destroy(*types);
}

#endif
