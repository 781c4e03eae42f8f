/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/watch_owners.h"

#include <string.h>

#include "base/hash.h"
#include "base/map.h"

#define PARENTS_MAX 64 /* a longer chain is a circle, which only damage makes */

/* What is looked up, once for all goroutines. */
struct telling {
	const struct watch_owners *owners;
	struct goroutines *goroutines;
	struct map by_id;    /* a goroutine's id → its index */
	struct map by_tests; /* the id of the goroutine of a test → its slot; the last one */
	struct map by_names; /* hash of a test's name → its slot; the last one */
	bool named;          /* that is there: few ask for it */
};

static void telling_deinit(struct telling *telling)
{
	map_deinit(&telling->by_id);
	map_deinit(&telling->by_tests);
	map_deinit(&telling->by_names);
}

/* Package testing runs the sum of all tests, and of all benchmarks, as one of them. */
bool watch_slot_is_test(const struct watch_slot *slot)
{
	return slot->name_length && !(slot->kind == WATCH_BENCHMARK && slot->goroutine == 1);
}

/* The slot plus 1; 0: the address leads to none. */
static uint32_t owner_at(const struct watch_owners *owners, uint64_t address)
{
	uint64_t offset = address - owners->address;
	if (address < owners->address || offset % WATCH_SLOT_SIZE ||
	    offset / WATCH_SLOT_SIZE >= owners->count)
		return 0;
	uint64_t slot = offset / WATCH_SLOT_SIZE;
	return watch_slot_is_test(&owners->slots[slot]) ? (uint32_t)slot + 1 : 0;
}

static struct error *index_all(struct telling *telling)
{
	struct map_slot *slot;
	for (size_t i = 0; i < telling->goroutines->list.count; i++)
		TRY(map_insert(&telling->by_id, telling->goroutines->list.items[i].id & INT64_MAX,
			       i, &slot));
	/* Examples run in goroutine 1, which starts other things as well. */
	for (uint64_t i = 0; i < telling->owners->count; i++) {
		if (telling->owners->slots[i].goroutine == 1)
			continue;
		TRY(map_insert(&telling->by_tests, telling->owners->slots[i].goroutine & INT64_MAX,
			       i, &slot));
		slot->value = i;
	}
	return NULL;
}

/* By those who started it: until one is known, or is the goroutine that runs a test. */
static uint32_t owner_of_parents(struct telling *telling, const struct goroutine *goroutine)
{
	uint64_t parent = goroutine->creator.goroutine;
	/* Goroutine 1 starts the tests, and what belongs to none: its labels say what it did last. */
	for (unsigned i = 0; parent > 1 && i < PARENTS_MAX; i++) {
		struct map_slot *slot = map_find(&telling->by_tests, parent & INT64_MAX);
		if (slot)
			return (uint32_t)slot->value + 1;
		slot = map_find(&telling->by_id, parent & INT64_MAX);
		if (!slot)
			return 0;
		goroutine = &telling->goroutines->list.items[slot->value];
		uint32_t owner = owner_at(telling->owners, goroutine->label_set);
		if (owner)
			return owner;
		parent = goroutine->creator.goroutine;
	}
	return 0;
}

/* "TestX" of "example.com/shop.TestX.func1"; its length, 0 where there is none. */
static size_t test_of(const char *function, const char **ret)
{
	const char *slash = strrchr(function, '/');
	const char *dot = strchr(slash ? slash : function, '.');
	if (!dot)
		return 0;
	*ret = dot + 1;
	return strcspn(dot + 1, ".");
}

/* The name that stands in a slot, at most as much as there is room for. */
static size_t name_length(const struct watch_slot *slot)
{
	/* The program may write meanwhile: what is checked is a copy. */
	uint64_t written = __atomic_load_n(&slot->name_length, __ATOMIC_RELAXED);
	return (size_t)MIN(written, (uint64_t)WATCH_NAME_MAX);
}

static uint64_t hash_of_name(const char *name, size_t length)
{
	return hash_foreign_bytes(name, length) & INT64_MAX;
}

/* Of what is run several times the last one is meant. */
static struct error *index_names(struct telling *telling)
{
	const struct watch_owners *owners = telling->owners;
	for (uint64_t i = 0; !telling->named && i < owners->count; i++) {
		const struct watch_slot *slot = &owners->slots[i];
		size_t length = name_length(slot);
		struct map_slot *entry;
		/* No function is named like a subtest. */
		if (!length || memchr(slot->name, '/', length))
			continue;
		TRY(map_insert(&telling->by_names, hash_of_name(slot->name, length), i, &entry));
		entry->value = i;
	}
	telling->named = true;
	return NULL;
}

/* The last test of that name. */
static struct error *owner_of_name(struct telling *telling, const struct goroutine *goroutine,
				   uint32_t *ret)
{
	const char *name;
	size_t length = goroutine->creator.function ? test_of(goroutine->creator.function, &name)
						    : 0;
	if (!length || length > WATCH_NAME_MAX)
		return NULL;
	TRY(index_names(telling));
	const struct map_slot *entry = map_find(&telling->by_names, hash_of_name(name, length));
	if (!entry)
		return NULL;
	const struct watch_slot *slot = &telling->owners->slots[entry->value];
	if (name_length(slot) == length && memcmp(slot->name, name, length) == 0)
		*ret = (uint32_t)entry->value + 1;
	return NULL;
}

static bool has_ended(const struct telling *telling, uint32_t owner)
{
	if (!owner)
		return false;
	uint64_t runs = telling->owners->slots[owner - 1].goroutine;
	return telling->owners->ending == 1 ||
	       (runs > 1 && !map_find(&telling->by_id, runs & INT64_MAX));
}

struct error *watch_owners_tell(const struct watch_owners *owners, struct goroutines *goroutines)
{
	_cleanup_(telling_deinit) struct telling telling = {
		.owners = owners,
		.goroutines = goroutines,
	};
	if (!owners->count)
		return NULL;
	TRY(index_all(&telling));
	for (size_t i = 0; i < goroutines->list.count; i++) {
		struct goroutine *goroutine = &goroutines->list.items[i];
		goroutine->owner = owner_at(owners, goroutine->label_set);
		if (!goroutine->owner)
			goroutine->owner = owner_of_parents(&telling, goroutine);
		if (!goroutine->owner)
			TRY(owner_of_name(&telling, goroutine, &goroutine->owner));
		goroutine->owner_ended = has_ended(&telling, goroutine->owner);
	}
	return NULL;
}

struct error *watch_owner_name(const struct watch_owners *owners, uint32_t owner,
			       struct arena *arena, const char **ret)
{
	*ret = NULL;
	if (!owner || owner > owners->count)
		return NULL;
	const struct watch_slot *slot = &owners->slots[owner - 1];
	*ret = arena_copy_string(arena, slot->name, name_length(slot));
	return *ret ? NULL : error_no_memory();
}
