/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "heap/types_private.h"

/*
 * What types do not say: fields of the runtime and the standard library that are unsafe.Pointer, or
 * pointers to less than there is, and what they really lead to. A name that ends in "[" stands for
 * all type arguments.
 */
enum rule_kind {
	RULE_PIECE,    /* a piece of the map or channel that the structure belongs to */
	RULE_VALUE,    /* a value of the type that is named */
	RULE_ARRAY,    /* several of them */
	RULE_ARGUMENT, /* what the struct's field [0]*T says */
	RULE_DYNAMIC,  /* the word before says the type: an interface, taken apart */
};

struct rule {
	const char *package;
	const char *type;
	const char *field;
	enum rule_kind kind;
	enum heap_form form;
	const char *named;
};

static const struct rule rules[] = {
	/* Maps up to 1.23, and to 1.25 without swissmap. */
	{ "runtime", "hmap", "buckets", RULE_PIECE, HEAP_MAP_BUCKETS, NULL },
	{ "runtime", "hmap", "oldbuckets", RULE_PIECE, HEAP_MAP_BUCKETS, NULL },
	{ "runtime", "hmap", "extra", RULE_PIECE, HEAP_MAP_EXTRA, NULL },
	{ "runtime", "mapextra", "overflow", RULE_PIECE, HEAP_MAP_OVERFLOW, NULL },
	{ "runtime", "mapextra", "oldoverflow", RULE_PIECE, HEAP_MAP_OVERFLOW, NULL },
	{ "runtime", "mapextra", "nextOverflow", RULE_PIECE, HEAP_MAP_BUCKETS, NULL },
	/* From 1.24. With one group, dirPtr leads to that: heap_types_choose(). */
	{ "internal/runtime/maps", "Map", "dirPtr", RULE_PIECE, HEAP_MAP_DIRECTORY, NULL },
	{ "internal/runtime/maps", "groupsReference", "data", RULE_PIECE, HEAP_MAP_GROUPS, NULL },
	{ "runtime", "hchan", "buf", RULE_PIECE, HEAP_CHANNEL_BUFFER, NULL },
	/* Labels of profiles, as the package that sets them has them. */
	{ "runtime", "g", "labels", RULE_VALUE, HEAP_VALUE, "runtime/pprof.labelMap" },
	/* An interface's two words, where the runtime or sync.Pool handles them apart. */
	{ "runtime", "eface", "data", RULE_DYNAMIC, HEAP_VALUE, NULL },
	{ "runtime", "iface", "data", RULE_DYNAMIC, HEAP_VALUE, NULL },
	{ "sync", "eface", "val", RULE_DYNAMIC, HEAP_VALUE, NULL },
	/* One poolLocal for each processor. */
	{ "sync", "Pool", "local", RULE_ARRAY, HEAP_ARRAY, "sync.poolLocal" },
	{ "sync", "Pool", "victim", RULE_ARRAY, HEAP_ARRAY, "sync.poolLocal" },
	/* 1.19: a pointer to the value of a sync.Map's entry, which is typed later. */
	{ "sync", "entry", "p", RULE_VALUE, HEAP_VALUE, TYPES_EMPTY_INTERFACE },
	{ "sync/atomic", "Pointer[", "v", RULE_ARGUMENT, HEAP_VALUE, NULL },
	/* 1.24: the handle in between, an atomic.Uintptr. */
	{ "weak", "Pointer[", "u", RULE_VALUE, HEAP_VALUE, "internal/runtime/atomic.Uintptr" },
};

/* Types whose pointers lead to others that begin with them. */
struct choice {
	const char *package;
	const char *type;
	const char *others[2]; /* one that ends in "[" has the same arguments */
};

static const struct choice choices[] = {
	/* 1.23: what the program sees of a timer is its head. */
	{ "time", "Timer", { "runtime.timeTimer", NULL } },
	{ "time", "Ticker", { "runtime.timeTimer", NULL } },
	/* sync.Map from 1.24: nodes of a trie, which know of themselves what they are. */
	{ "internal/sync", "node[", { "internal/sync.entry[", "internal/sync.indirect[" } },
	/* 1.25: unique has one of its own. */
	{ "unique", "node[", { "unique.entry[", "unique.indirect[" } },
};

/* "Pointer[" is how "Pointer[int]" begins, "hmap" is all of "hmap". */
static bool name_matches(const char *pattern, const char *name)
{
	size_t length = strlen(pattern);
	return pattern[length - 1] == '[' ? strncmp(pattern, name, length) == 0
					  : strcmp(pattern, name) == 0;
}

static const struct rule *find_rule(const struct heap_types *types, const struct type *structure,
				    const char *field)
{
	struct types_own_name name;
	bool known = false;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (strcmp(rules[i].field, field) != 0)
			continue;
		if (!known && !types_own_name(types, structure->address, &name))
			return NULL;
		known = true;
		if (strcmp(rules[i].package, name.package) == 0 &&
		    name_matches(rules[i].type, name.name))
			return &rules[i];
	}
	return NULL;
}

/* T of a struct's field [0]*T. */
static struct error *find_argument(struct heap_types *types, const struct type *structure,
				   uint32_t *ret)
{
	struct type_field field;
	struct type array, pointer;
	bool good = false;
	if (!error_ignore(type_field(types_binary(types), structure, 0, &field)))
		return NULL;
	TRY(types_read(types, field.type, &array, &good));
	if (!good || array.kind != TYPE_ARRAY || array.length != 0)
		return NULL;
	TRY(types_read(types, array.element, &pointer, &good));
	if (!good || pointer.kind != TYPE_POINTER)
		return NULL;
	return heap_types_intern(types, HEAP_VALUE, pointer.element, ret);
}

/* The context of a channel is its element, which heap_types_intern() does not take. */
static struct error *find_piece(struct types_flatten *flatten, enum heap_form form, uint32_t *ret)
{
	if (form == HEAP_CHANNEL_BUFFER)
		return types_channel_buffer(flatten->types, flatten->context, ret);
	return heap_types_intern(flatten->types, form, flatten->context, ret);
}

static struct error *find_named(struct heap_types *types, const struct rule *rule, uint32_t *ret)
{
	uint64_t descriptor = 0;
	TRY(types_find(types, rule->named, &descriptor));
	return descriptor ? heap_types_intern(types, rule->form, descriptor, ret) : NULL;
}

struct error *types_rule(struct types_flatten *flatten, const struct type *structure,
			 const struct type_field *field, struct heap_slot *slot)
{
	const struct rule *rule = find_rule(flatten->types, structure, field->name);
	if (!rule)
		return NULL;
	switch (rule->kind) {
	case RULE_PIECE:
		return flatten->context ? find_piece(flatten, rule->form, &slot->pointee) : NULL;
	case RULE_VALUE:
	case RULE_ARRAY:
		return find_named(flatten->types, rule, &slot->pointee);
	case RULE_ARGUMENT:
		return find_argument(flatten->types, structure, &slot->pointee);
	case RULE_DYNAMIC:
		slot->dynamic = true;
		return NULL;
	}
	return NULL;
}

const char *types_header(const struct heap_types *types, enum heap_form form)
{
	switch (form) {
	case HEAP_MAP:
		return layout_has(types_binary(types)->layout.swiss_map_size)
			       ? "internal/runtime/maps.Map"
			       : "runtime.hmap";
	case HEAP_MAP_TABLE:
		return "internal/runtime/maps.table";
	case HEAP_MAP_EXTRA:
		return "runtime.mapextra";
	case HEAP_CHANNEL:
		return "runtime.hchan";
	default:
		return NULL;
	}
}

/* One of the others, with the arguments of `name`. */
static struct error *find_other(struct heap_types *types, const char *other, const char *name,
				uint32_t *ret)
{
	char whole[TYPES_PACKAGE_MAX + TYPES_NAME_MAX];
	uint64_t descriptor = 0;
	const char *arguments = strchr(name, '[');
	bool generic = other[strlen(other) - 1] == '[';
	if (generic && !arguments)
		return NULL;
	snprintf(whole, sizeof(whole), "%s%s", other, generic ? arguments + 1 : "");
	TRY(types_find(types, whole, &descriptor));
	return descriptor ? heap_types_intern(types, HEAP_VALUE, descriptor, ret) : NULL;
}

struct error *types_choices(struct heap_types *types, struct heap_type_entry *entry)
{
	struct types_own_name name;
	size_t count = 0;
	entry->choices_known = true;
	if (entry->form != HEAP_VALUE || entry->type.kind != TYPE_STRUCT || !entry->type.named ||
	    !types_own_name(types, entry->descriptor, &name))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		if (strcmp(choices[i].package, name.package) != 0 ||
		    !name_matches(choices[i].type, name.name))
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(choices[i].others) && choices[i].others[j]; j++) {
			uint32_t number = HEAP_TYPE_UNKNOWN;
			TRY(find_other(types, choices[i].others[j], name.name, &number));
			if (number != HEAP_TYPE_UNKNOWN)
				entry->choices[count++] = number;
		}
		return NULL;
	}
	return NULL;
}
