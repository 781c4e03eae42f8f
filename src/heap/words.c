/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/words.h"

/*
 * Programs have thousands of types and itabs. Where far more different words stand before pointers,
 * they are numbers that look like addresses, and looking each up would take all time.
 */
#define INTERFACES_MAX ((size_t)1 << 20)

struct error *heap_words_init(struct heap_words *words, struct runtime *runtime,
			      struct heap_types *types, pthread_mutex_t *lock)
{
	const struct binary *binary = runtime_binary(runtime);
	*words = (struct heap_words){
		.runtime = runtime,
		.types = types,
		.lock = lock,
		.types_low = UINT64_MAX,
	};
	for (size_t i = 0; i < binary->module_count; i++) {
		words->types_low = MIN(words->types_low, binary->modules[i].types);
		words->types_high = MAX(words->types_high, binary->modules[i].types_end);
	}
	return heap_ranges_mapped(runtime, &words->mappings);
}

void heap_words_deinit(struct heap_words *words)
{
	map_deinit(&words->interfaces);
	map_deinit(&words->closures);
	address_range_vector_deinit(&words->mappings);
}

static struct error *find_interface(struct heap_words *words, uint64_t word, uint32_t *ret)
{
	struct map_slot *slot = map_find(&words->interfaces, word);
	*ret = HEAP_TYPE_UNKNOWN;
	if (slot) {
		*ret = (uint32_t)slot->value;
		return NULL;
	}
	if (words->interfaces.count >= INTERFACES_MAX)
		return NULL;
	TRY(heap_types_dynamic(words->types, word, ret));
	return map_insert(&words->interfaces, word, *ret, &slot);
}

struct error *heap_words_interface(struct heap_words *words, struct heap_words_cache *cache,
				   uint64_t word, uint32_t *ret)
{
	size_t place = (word >> 3) % WORD_CACHE;
	if (cache->interfaces[place].word == word) {
		*ret = cache->interfaces[place].type;
		return NULL;
	}
	*ret = HEAP_TYPE_UNKNOWN;
	if (word % 8 || !heap_ranges_has(&words->mappings, word))
		return NULL;
	pthread_mutex_lock(words->lock);
	struct error *error = find_interface(words, word, ret);
	pthread_mutex_unlock(words->lock);
	if (!error) {
		cache->interfaces[place].word = word;
		cache->interfaces[place].type = *ret;
	}
	return error;
}

static struct error *find_closure(struct heap_words *words, uint64_t word, uint32_t *ret)
{
	struct map_slot *slot = map_find(&words->closures, word);
	struct function function;
	*ret = HEAP_TYPE_UNKNOWN;
	if (slot) {
		*ret = (uint32_t)slot->value;
		return NULL;
	}
	if (binary_function(runtime_binary(words->runtime), word, &function) &&
	    function.entry == word)
		TRY(heap_types_intern(words->types, HEAP_CLOSURE, word, ret));
	return map_insert(&words->closures, word, *ret, &slot);
}

struct error *heap_words_closure(struct heap_words *words, struct heap_words_cache *cache,
				 uint64_t word, uint32_t *ret)
{
	size_t place = (word >> 4) % WORD_CACHE;
	if (cache->closures[place].word == word) {
		*ret = cache->closures[place].type;
		return NULL;
	}
	*ret = HEAP_TYPE_UNKNOWN;
	if (!binary_module(runtime_binary(words->runtime), word))
		return NULL;
	pthread_mutex_lock(words->lock);
	struct error *error = find_closure(words, word, ret);
	pthread_mutex_unlock(words->lock);
	if (!error) {
		cache->closures[place].word = word;
		cache->closures[place].type = *ret;
	}
	return error;
}
