/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "heap/types_private.h"
#include "runtime/function_name.h"

#define NAME_MAX_BYTES 4096
#define PARTS_MAX      16 /* **[]*T is four steps from T */

static const char *const suffixes[HEAP_FORM_COUNT] = {
#define FORM(id, suffix) suffix,
	HEAP_FORMS(FORM)
#undef FORM
};

static const char *prefix_of(enum heap_form form)
{
	switch (form) {
	case HEAP_ARRAY:
		return "[]";
	case HEAP_CHANNEL:
	case HEAP_CHANNEL_BUFFER:
		return "chan ";
	default:
		return "";
	}
}

static struct error *keep(struct heap_types *types, const char *text, const char **ret)
{
	const char *copy = arena_copy_string(&types->arena, text, strlen(text));
	if (!copy)
		return error_no_memory();
	*ret = copy;
	return NULL;
}

/* NULL where there is no function. */
static const char *function_of(const struct heap_types *types, uint64_t entry)
{
	struct function function;
	return binary_function(types_binary(types), entry, &function) ? function.name : NULL;
}

static struct error *name_closure(struct heap_types *types, uint64_t function, const char **ret)
{
	char text[NAME_MAX_BYTES];
	const char *linked = function_of(types, function);
	if (!linked)
		return keep(types, "func", ret);
	const char *name = function_printed_name(linked, types_binary(types)->minor, &types->arena);
	if (!name)
		return error_no_memory();
	snprintf(text, sizeof(text), "func %s", name);
	return keep(types, text, ret);
}

/* "chan (<-chan int)": else it would be another type's name. */
static bool needs_brackets(enum heap_form form, const char *name)
{
	return (form == HEAP_CHANNEL || form == HEAP_CHANNEL_BUFFER) &&
	       strncmp(name, "<-chan ", 7) == 0;
}

static struct error *name_descriptor(struct heap_types *types, const struct heap_type_entry *entry,
				     const char **ret)
{
	char name[NAME_MAX_BYTES], text[NAME_MAX_BYTES + 64];
	struct error *error = type_name(types_binary(types), entry->descriptor, name, sizeof(name));
	if (error && error->code == ERROR_NO_MEMORY)
		return error;
	/* Made at run time, by reflection. */
	if (!error_ignore(error) || !name[0])
		snprintf(name, sizeof(name), "%s", type_kind_name(entry->type.kind));
	bool brackets = needs_brackets(entry->form, name);
	snprintf(text, sizeof(text), "%s%s%s%s%s", prefix_of(entry->form), brackets ? "(" : "",
		 name, brackets ? ")" : "", suffixes[entry->form]);
	return keep(types, text, ret);
}

struct error *heap_types_name(struct heap_types *types, uint32_t type, const char **ret)
{
	struct heap_type_entry *entry = types_entry(types, type);
	if (!entry) {
		*ret = "?";
		return NULL;
	}
	if (!entry->name) {
		if (entry->form == HEAP_ITABS)
			entry->name = "runtime.itabTableType";
		else if (entry->form == HEAP_STRING)
			entry->name = "string";
		else if (entry->form == HEAP_TINY)
			entry->name = "tiny block";
		else if (entry->form == HEAP_CLOSURE)
			TRY(name_closure(types, entry->descriptor, &entry->name));
		else
			TRY(name_descriptor(types, entry, &entry->name));
	}
	*ret = entry->name;
	return NULL;
}

/* "net/http" of "net/http.(*Server).Serve.func1": up to the first dot behind the last slash. */
static struct error *package_of_function(struct heap_types *types, uint64_t entry, const char **ret)
{
	const char *name = function_of(types, entry);
	if (!name)
		return keep(types, "", ret);
	/* Type arguments have slashes, too. */
	size_t end = strcspn(name, "[("), dot = end;
	for (size_t i = 0; i < end; i++) {
		if (name[i] == '/')
			dot = end;
		else if (name[i] == '.' && dot == end)
			dot = i;
	}
	const char *copy = arena_copy_string(&types->arena, name, dot < end ? dot : 0);
	if (!copy)
		return error_no_memory();
	*ret = copy;
	return NULL;
}

/* A map[K]int belongs to K's package: its values have a name and no package. */
static uint64_t part_of_map(const struct heap_types *types, const struct type *map)
{
	struct types_own_name name;
	bool nowhere = types_own_name(types, map->element, &name) && !name.package[0];
	return nowhere && types_own_name(types, map->key, &name) ? map->key : map->element;
}

/* What an unnamed type is made of; 0 for what has no package. */
static uint64_t part_of(const struct heap_types *types, const struct type *type)
{
	switch (type->kind) {
	case TYPE_POINTER:
	case TYPE_SLICE:
	case TYPE_ARRAY:
	case TYPE_CHAN:
		return type->element;
	case TYPE_MAP:
		return part_of_map(types, type);
	default:
		return 0;
	}
}

static struct error *package_of_type(struct heap_types *types, uint64_t descriptor,
				     const char **ret)
{
	char package[TYPES_PACKAGE_MAX] = "";
	for (unsigned i = 0; i < PARTS_MAX && descriptor; i++) {
		struct type type;
		bool good = false;
		TRY(types_read(types, descriptor, &type, &good));
		if (!good)
			break;
		if (type.named) {
			if (!error_ignore(type_package(types_binary(types), descriptor, package,
						       sizeof(package))))
				package[0] = '\0';
			break;
		}
		descriptor = part_of(types, &type);
	}
	return keep(types, package, ret);
}

struct error *heap_types_package(struct heap_types *types, uint32_t type, const char **ret)
{
	struct heap_type_entry *entry = types_entry(types, type);
	if (!entry || entry->form == HEAP_STRING || entry->form == HEAP_ITABS ||
	    entry->form == HEAP_TINY) {
		*ret = "";
		return NULL;
	}
	if (!entry->package) {
		if (entry->form == HEAP_CLOSURE)
			TRY(package_of_function(types, entry->descriptor, &entry->package));
		else
			TRY(package_of_type(types, entry->descriptor, &entry->package));
	}
	*ret = entry->package;
	return NULL;
}
