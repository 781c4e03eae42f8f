/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/words.h"

#include "binary/type.h"

/* struct runtime.itab, in every release: the interface's type, the dynamic type, ... */
struct itab {
	uint64_t interface;
	uint64_t type;
};

/* Where itabs may lie: in mappings that are not the heap's, neighbours joined. */
static struct error *find_mappings(struct heap_words *words)
{
	const struct target_mapping *mappings;
	size_t count;
	TRY(target_mappings(runtime_target(words->runtime), &mappings, &count));
	for (size_t i = 0; i < count; i++) {
		struct address_range range = { mappings[i].start, mappings[i].end };
		struct address_range *last =
			words->mappings.count ? &words->mappings.items[words->mappings.count - 1]
					      : NULL;
		if (!mappings[i].readable)
			continue;
		if (last && last->end == range.start)
			last->end = range.end;
		else
			TRY(address_range_vector_append(&words->mappings, &range));
	}
	return NULL;
}

struct error *heap_words_init(struct heap_words *words, struct runtime *runtime,
			      struct heap_types *types, pthread_mutex_t *lock)
{
	*words = (struct heap_words){ .runtime = runtime, .types = types, .lock = lock };
	return find_mappings(words);
}

void heap_words_deinit(struct heap_words *words)
{
	map_deinit(&words->interfaces);
	map_deinit(&words->closures);
	address_range_vector_deinit(&words->mappings);
}

static bool in_types(const struct binary *binary, uint64_t address)
{
	for (size_t i = 0; i < binary->module_count; i++) {
		const struct module *module = &binary->modules[i];
		if (address >= module->types && address < module->types_end)
			return true;
	}
	return false;
}

/* The dynamic type that the word stands for; 0 when it is none. */
static uint64_t word_descriptor(const struct heap_words *words, uint64_t word)
{
	const struct binary *binary = runtime_binary(words->runtime);
	struct itab itab;
	struct type type;
	if (error_ignore(target_read(runtime_target(words->runtime), word, &itab, sizeof(itab))) &&
	    in_types(binary, itab.interface) && in_types(binary, itab.type) &&
	    error_ignore(type_read(binary, itab.interface, &type)) && type.kind == TYPE_INTERFACE)
		return itab.type;
	return in_types(binary, word) ? word : 0;
}

struct error *heap_words_dynamic(struct heap_types *types, const struct binary *binary,
				 uint64_t descriptor, uint32_t *ret)
{
	struct type type;
	if (!error_ignore(type_read(binary, descriptor, &type))) {
		*ret = HEAP_TYPE_UNKNOWN;
		return NULL;
	}
	/* What is one pointer is the interface's second word itself; all else lies where that points. */
	bool direct = type.kind == TYPE_POINTER || type.kind == TYPE_MAP ||
		      type.kind == TYPE_CHAN || type.kind == TYPE_FUNC ||
		      type.kind == TYPE_UNSAFE_POINTER ||
		      (type.size == 8 && type.pointer_bytes == 8 &&
		       (type.kind == TYPE_STRUCT || type.kind == TYPE_ARRAY));
	return direct ? heap_types_pointee(types, descriptor, 0, ret)
		      : heap_types_intern(types, HEAP_VALUE, descriptor, ret);
}

static struct error *find_interface(struct heap_words *words, uint64_t word, uint32_t *ret)
{
	struct map_slot *slot = map_find(&words->interfaces, word);
	*ret = HEAP_TYPE_UNKNOWN;
	if (slot) {
		*ret = (uint32_t)slot->value;
		return NULL;
	}
	uint64_t descriptor = word_descriptor(words, word);
	if (descriptor)
		TRY(heap_words_dynamic(words->types, runtime_binary(words->runtime), descriptor,
				       ret));
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
