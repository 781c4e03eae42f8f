/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_WORDS_H
#define DOWSE_HEAP_WORDS_H

#include <pthread.h>

#include "base/map.h"
#include "base/vector.h"
#include "heap/types.h"
#include "runtime/heap_ranges.h"

/*
 * Words in the heap that tell the type of something: the first word of an interface says what its
 * second one points to, the first word of a closure whose it is. What a word means is found out once;
 * several threads may ask.
 */
struct heap_words {
	struct runtime *runtime; /* borrowed, as `types` */
	struct heap_types *types;
	pthread_mutex_t *lock; /* borrowed: guards the target, the types and all below */
	struct map interfaces; /* word → number of the type of what it points to */
	struct map closures;
	struct address_range_vector mappings; /* that such words point into: neighbours joined */
	uint64_t types_low, types_high;       /* where the modules' types lie */
};

#define WORD_CACHE 1024

/* What one thread has asked before; all zeroes is empty. */
struct heap_words_cache {
	struct {
		uint64_t word;
		uint32_t type;
	} interfaces[WORD_CACHE], closures[WORD_CACHE];
};

struct error *heap_words_init(struct heap_words *words, struct runtime *runtime,
			      struct heap_types *types, pthread_mutex_t *lock) must_use;
void heap_words_deinit(struct heap_words *words);

/* What the second word of an interface points to, whose first one this is; HEAP_TYPE_UNKNOWN. */
struct error *heap_words_interface(struct heap_words *words, struct heap_words_cache *cache,
				   uint64_t word, uint32_t *ret) must_use;

/* The closure whose first word this is; HEAP_TYPE_UNKNOWN when it is no function's entry. */
struct error *heap_words_closure(struct heap_words *words, struct heap_words_cache *cache,
				 uint64_t word, uint32_t *ret) must_use;

#endif
