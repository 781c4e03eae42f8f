/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/hash.h"
#include "heap/types_private.h"

/*
 * The standard library's own types, by name: those that rules are about, and what the runtime
 * allocates. One walk over all descriptors of the module that has the runtime, when the first is
 * asked for.
 */
static const char *const packages[] = {
	"internal/runtime/atomic", "internal/runtime/maps", "internal/sync", "runtime",
	"runtime/internal/atomic", "runtime/pprof",         "sync",          "unique",
};

bool types_own_name(const struct heap_types *types, uint64_t descriptor, struct types_own_name *ret)
{
	const struct binary *binary = types_binary(types);
	struct type type;
	if (!error_ignore(type_read(binary, descriptor, &type)) || !type.named ||
	    !error_ignore(type_package(binary, descriptor, ret->package, sizeof(ret->package))) ||
	    !error_ignore(type_name(binary, descriptor, ret->text, sizeof(ret->text))))
		return false;
	/* "atomic.Pointer[net/http.Server]": the last dot before arguments. */
	size_t length = strcspn(ret->text, "[");
	ret->name = ret->text;
	for (size_t i = 0; i < length; i++) {
		if (ret->text[i] == '.')
			ret->name = ret->text + i + 1;
	}
	return true;
}

static uint64_t hash_name(const char *package, size_t package_length, const char *name)
{
	uint64_t hash = hash_more(hash_bytes(package, package_length),
				  hash_bytes(name, strlen(name)));
	return hash == UINT64_MAX ? 0 : hash;
}

static bool is_wanted(const char *package)
{
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++) {
		if (strcmp(package, packages[i]) == 0)
			return true;
	}
	return false;
}

static struct error *read_name(struct heap_types *types, uint64_t descriptor)
{
	struct types_own_name name;
	struct map_slot *slot = NULL;
	if (!error_ignore(type_package(types_binary(types), descriptor, name.package,
				       sizeof(name.package))) ||
	    !is_wanted(name.package) || !types_own_name(types, descriptor, &name))
		return NULL;
	return map_insert(&types->named, hash_name(name.package, strlen(name.package), name.name),
			  descriptor, &slot);
}

/* http.Header and map[string][]string have the same groups: the type without a name stands for both. */
static struct error *read_group(struct heap_types *types, const struct type *map)
{
	int32_t offset = types_binary(types)->layout.map_type_group;
	struct map_slot *slot = NULL;
	uint64_t group = 0;
	if (!layout_has(offset) ||
	    !error_ignore(type_bytes(types_binary(types), map->address + (uint64_t)offset, &group,
				     sizeof(group))) ||
	    group == UINT64_MAX)
		return NULL;
	TRY(map_insert(&types->groups, group, map->address, &slot));
	if (!map->named)
		slot->value = map->address;
	return NULL;
}

static struct error *read_all(struct heap_types *types, const struct u64_vector *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct type type;
		struct map_slot *slot = NULL;
		bool good = false;
		TRY(types_read(types, list->items[i], &type, &good));
		if (good && type.kind == TYPE_MAP)
			TRY(read_group(types, &type));
		if (good && type.named)
			TRY(read_name(types, list->items[i]));
		if (good && type.kind == TYPE_INTERFACE && !type.named && type.count == 0)
			TRY(map_insert(&types->named, hash_name("", 0, TYPES_EMPTY_INTERFACE),
				       list->items[i], &slot));
	}
	return NULL;
}

/* A list that cannot be read has nothing in it. */
static struct error *read_list(struct heap_types *types)
{
	const struct binary *binary = types_binary(types);
	_cleanup_(u64_vector_deinit) struct u64_vector list = { 0 };
	if (types->list_known)
		return NULL;
	types->list_known = true;
	struct error *error = type_list(binary, &binary->modules[0], &list);
	if (!error)
		return read_all(types, &list);
	if (error->code == ERROR_NO_MEMORY)
		return error;
	error_destroy(error);
	return NULL;
}

struct error *types_map_of_group(struct heap_types *types, uint64_t descriptor, uint64_t *ret)
{
	TRY(read_list(types));
	const struct map_slot *slot = map_find(&types->groups, descriptor);
	*ret = slot ? slot->value : 0;
	return NULL;
}

struct error *types_maps(struct heap_types *types, struct u64_vector *ret)
{
	TRY(read_list(types));
	for (size_t i = 0; types->groups.slots && i <= types->groups.mask; i++) {
		const struct map_slot *slot = &types->groups.slots[i];
		if (slot->key != UINT64_MAX)
			TRY(u64_vector_append(ret, &slot->value));
	}
	return NULL;
}

struct error *types_find(struct heap_types *types, const char *name, uint64_t *ret)
{
	TRY(read_list(types));
	/* The package's path has slashes and may have dots, the name has neither before arguments. */
	size_t length = strcspn(name, "["), dot = 0;
	for (size_t i = 0; i < length; i++) {
		if (name[i] == '.')
			dot = i;
	}
	const struct map_slot *slot = map_find(&types->named,
					       hash_name(name, dot, dot ? name + dot + 1 : name));
	*ret = slot ? slot->value : 0;
	return NULL;
}
