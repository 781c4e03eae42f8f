/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_ROOTS_H
#define DOWSE_HEAP_ROOTS_H

#include "base/arena.h"
#include "base/vector.h"
#include "binary/variables.h"
#include "heap/types.h"
#include "model/goroutine.h"
#include "runtime/heap_ranges.h"

/*
 * Where the collector begins. A root is one thing that has a name and holds objects by itself: it
 * becomes one vertex of the graph.
 *
 * KIND(id, its name in JSON)
 */
#define HEAP_ROOT_KINDS(KIND)                                                                      \
	KIND(GLOBAL, "global")       /* a variable, or a word of data that has no name */          \
	KIND(GOROUTINE, "goroutine") /* its stack, and what only its g leads to */                 \
	KIND(THREAD, "thread")       /* registers and system stack of one */                       \
	KIND(FINALIZER, "finalizer") /* what a finalizer keeps: its function, what it refers to */ \
	KIND(CLEANUP, "cleanup")                                                                   \
	KIND(WEAK, "weak pointer") /* its handle */                                                \
	KIND(TINY, "tiny block")   /* that a processor allocates from */                           \
	KIND(RUNTIME, "runtime")   /* what the runtime holds outside the heap */

enum heap_root_kind {
#define KIND(id, name) HEAP_ROOT_##id,
	HEAP_ROOT_KINDS(KIND)
#undef KIND
};

struct heap_root {
	enum heap_root_kind kind;
	uint64_t address;   /* of the variable, the g, the object with a finalizer */
	uint64_t size;      /* of the variable */
	const char *name;   /* "main.sessions"; NULL: it has none */
	const char *user;   /* of a global without a name: a function that refers to it; NULL */
	uint32_t goroutine; /* index into goroutines->list: also the one that a thread runs */
	bool through;       /* a finalizer's object: it is not held itself, what it points to is */
	size_t first;       /* of its pointers */
	size_t count;
};

#define HEAP_NO_GOROUTINE UINT32_MAX
#define HEAP_NO_FRAME     (UINT32_MAX >> 1)

/* A word that holds a pointer into the heap. */
struct heap_root_pointer {
	uint64_t value;
	uint64_t where;      /* address of the word; 0: a register */
	uint32_t type;       /* of what it points to; HEAP_TYPE_UNKNOWN */
	uint32_t frame : 31; /* of a goroutine's: the machine frame, innermost 0; HEAP_NO_FRAME */
	uint32_t conservative : 1; /* maybe no pointer: it counts if an object in use is there */
	int32_t place; /* with a frame: the word's, from the canonical frame address, the caller's sp */
};

/* What an object is, by what is known besides the pointers that lead to it. */
struct heap_hint {
	uint64_t value; /* a pointer to it */
	uint32_t type;
};

DEFINE_VECTOR(heap_hint_vector, struct heap_hint);
DEFINE_VECTOR(heap_root_vector, struct heap_root);
DEFINE_VECTOR(heap_root_pointer_vector, struct heap_root_pointer);

struct heap_roots {
	struct arena arena;
	struct heap_root_vector list;
	struct heap_root_pointer_vector pointers; /* by root, each root's by rising `where` */
	struct heap_hint_vector hints;
	struct goroutines *goroutines; /* owned */
	struct variables *variables;   /* owned: names of globals lie there */
	const char *problem;           /* what could not be looked through, static text; NULL */
	bool blind; /* a few words that would count are missing: a register, a stack, a deferred call */
};

/*
 * Everything but the heap itself: the target must stand still. `heap` are the ranges outside which
 * no value is kept.
 */
struct error *heap_roots_find(struct runtime *runtime, struct heap_types *types,
			      const struct address_range_vector *heap, struct heap_roots *ret)
	must_use;

/*
 * The same without what takes long: who uses globals that have no name, and types that follow from
 * that. For who knows it from before.
 */
struct error *heap_roots_find_bare(struct runtime *runtime, struct heap_types *types,
				   const struct address_range_vector *heap, struct heap_roots *ret)
	must_use;
void heap_roots_deinit(struct heap_roots *roots);

const char *heap_root_kind_name(enum heap_root_kind kind);

#endif
