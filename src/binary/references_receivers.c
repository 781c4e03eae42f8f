/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/hash.h"
#include "binary/references_types.h"

/*
 * "net/http.(*Server).Serve" is handed a *Server of the package net/http: the names of functions
 * are in every program, and those of types are. Types with arguments are left out: the code that
 * several of them share is named by none.
 */
#define NAME_MAX_BYTES 512

static uint64_t hash_type(const char *package, size_t package_length, const char *name,
			  size_t name_length)
{
	uint64_t hash = hash_more(hash_bytes(package, package_length),
				  hash_bytes(name, name_length));
	return hash == UINT64_MAX ? 0 : hash;
}

/* Two of one name are local to functions: none is meant. */
static struct error *add_name(struct finder *finder, uint64_t descriptor)
{
	const struct binary *binary = finder->references->binary;
	char package[NAME_MAX_BYTES], text[NAME_MAX_BYTES];
	struct map_slot *slot = NULL;
	struct type type;
	if (!error_ignore(type_read(binary, descriptor, &type)) || !type.named ||
	    !error_ignore(type_package(binary, descriptor, package, sizeof(package))) ||
	    !error_ignore(type_name(binary, descriptor, text, sizeof(text))) || strchr(text, '['))
		return NULL;
	const char *dot = strrchr(text, '.'), *name = dot ? dot + 1 : text;
	uint64_t hash = hash_type(package, strlen(package), name, strlen(name));
	size_t before = finder->named.count;
	TRY(map_insert(&finder->named, hash, descriptor, &slot));
	if (finder->named.count == before && slot->value != descriptor)
		slot->value = 0;
	return NULL;
}

static struct error *find_names(struct finder *finder)
{
	const struct binary *binary = finder->references->binary;
	finder->names_known = true;
	for (size_t i = 0; i < binary->module_count; i++) {
		_cleanup_(u64_vector_deinit) struct u64_vector list = { 0 };
		struct error *error = type_list(binary, &binary->modules[i], &list);
		if (error && error->code == ERROR_NO_MEMORY)
			return error;
		error_destroy(error);
		for (size_t k = 0; k < list.count; k++)
			TRY(add_name(finder, list.items[k]));
	}
	return NULL;
}

/* What the linker writes "%2e" for, in a path's last part, is a dot. */
static size_t unescape(const char *path, size_t length, char *ret, size_t capacity)
{
	size_t count = 0;
	for (size_t i = 0; i < length && count < capacity; count++) {
		bool dot = length - i >= 3 && strncmp(path + i, "%2e", 3) == 0;
		ret[count] = dot ? '.' : path[i];
		i += dot ? 3 : 1;
	}
	return count;
}

/* "path/package.(*Type).Method", and no more: closures in a method have other arguments. */
static bool split(const char *name, char *ret_package, size_t *ret_length, const char **ret_type,
		  size_t *ret_type_length)
{
	const char *receiver = strstr(name, ".(*");
	if (!receiver || strchr(name, '['))
		return false;
	const char *type = receiver + strlen(".(*"), *end = strchr(type, ')');
	if (!end || end[1] != '.' || strpbrk(end + 2, ".-") || strpbrk(type, "/"))
		return false;
	*ret_length = unescape(name, (size_t)(receiver - name), ret_package, NAME_MAX_BYTES);
	*ret_type = type;
	*ret_type_length = (size_t)(end - type);
	return *ret_length < NAME_MAX_BYTES;
}

static struct error *find_receiver(struct finder *finder, uint64_t entry, uint64_t *ret)
{
	struct function function;
	char package[NAME_MAX_BYTES];
	const char *type;
	size_t length, type_length;
	*ret = 0;
	if (!binary_function(finder->references->binary, entry, &function) ||
	    function.entry != entry || !split(function.name, package, &length, &type, &type_length))
		return NULL;
	if (!finder->names_known)
		TRY(find_names(finder));
	const struct map_slot *slot = map_find(&finder->named,
					       hash_type(package, length, type, type_length));
	*ret = slot ? slot->value : 0;
	return NULL;
}

struct error *finder_receiver(struct finder *finder, uint64_t entry, struct type *ret,
			      bool *ret_found)
{
	struct map_slot *slot = entry + 1 ? map_find(&finder->receivers, entry) : NULL;
	uint64_t descriptor = slot ? slot->value : 0;
	if (!slot && entry + 1) {
		TRY(find_receiver(finder, entry, &descriptor));
		TRY(map_insert(&finder->receivers, entry, descriptor, &slot));
	}
	*ret_found = descriptor &&
		     error_ignore(type_read(finder->references->binary, descriptor, ret));
	return NULL;
}
