/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/dwarf.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/vector.h"
#include "binary/dwarf_units.h"

/*
 * Two steps. First one pass over the units of those packages whose names the list of fields
 * mentions notes where the wanted types and variables are described, and the values of the wanted
 * constants. Go's linker puts the types of the whole program into a unit of package runtime, and
 * constants and variables into one of their own package. Then each field's path is followed from
 * its type.
 */

/* A name that some field mentions. */
struct wanted {
	const char *name;
	size_t length;
	uint64_t type; /* where its type is described; 0: not found */
	int64_t value; /* of a constant */
	bool has_value;
	uint32_t next; /* with the same hash, + 1 */
};

DEFINE_VECTOR(wanted_vector, struct wanted);

/*
 * Entries that the second step may read: it needs some 100,000, a hostile file could make it
 * need as many as there are members, times fields.
 */
enum { STEP_LIMIT = 10 * 1000 * 1000, TYPEDEF_LIMIT = 16 };

/* Packages of one program (each has a unit, some have a few), and those that matter. */
enum { PACKAGE_LIMIT = 32, NAME_LIMIT = 256 };

struct package {
	const char *name;
	size_t length;
};

struct search {
	struct dwarf *dwarf;
	struct wanted_vector wanted;
	struct map index;                       /* hash of the name → index in wanted, + 1 */
	struct package packages[PACKAGE_LIMIT]; /* whose units may have what is wanted */
	size_t package_count;
	struct dwarf_unit_vector units;
	size_t steps;
};

static void search_deinit(struct search *search)
{
	dwarf_destroy(search->dwarf);
	wanted_vector_deinit(&search->wanted);
	map_deinit(&search->index);
	dwarf_unit_vector_deinit(&search->units);
}

/* One of several names that | separates. */
struct alternative {
	const char *name;
	size_t length;
	const char *rest; /* NULL: that was the last */
};

static struct alternative alternative_first(const char *names)
{
	const char *end = strchrnul(names, '|');

	return (struct alternative){ names, (size_t)(end - names), *end ? end + 1 : NULL };
}

static bool alternative_next(struct alternative *alternative)
{
	if (!alternative->rest)
		return false;
	*alternative = alternative_first(alternative->rest);
	return true;
}

static uint64_t name_hash(const char *name, size_t length)
{
	/* ~0 is no key. */
	return hash_bytes(name, length) >> 1;
}

static struct wanted *wanted_find(const struct search *search, const char *name, size_t length)
{
	const struct map_slot *slot = map_find(&search->index, name_hash(name, length));

	for (uint64_t at = slot ? slot->value : 0; at;) {
		struct wanted *wanted = &search->wanted.items[at - 1];
		if (wanted->length == length && memcmp(wanted->name, name, length) == 0)
			return wanted;
		at = wanted->next;
	}
	return NULL;
}

static struct error *wanted_add(struct search *search, const char *name, size_t length)
{
	if (wanted_find(search, name, length))
		return NULL;
	struct map_slot *slot;
	TRY(map_insert(&search->index, name_hash(name, length), 0, &slot));
	struct wanted wanted = { .name = name, .length = length, .next = (uint32_t)slot->value };
	TRY(wanted_vector_append(&search->wanted, &wanted));
	slot->value = search->wanted.count;
	return NULL;
}

static bool package_matters(const struct search *search, const char *name, size_t length)
{
	for (size_t i = 0; i < search->package_count; i++) {
		const struct package *package = &search->packages[i];
		if (package->length == length && memcmp(package->name, name, length) == 0)
			return true;
	}
	return false;
}

/* Note "internal/abi" of "internal/abi.FuncIDNormal". */
static void package_add(struct search *search, const char *name, size_t length)
{
	const char *slash = memrchr(name, '/', length);
	const char *begin = slash ? slash : name;
	const char *dot = memchr(begin, '.', length - (size_t)(begin - name));

	assert(dot);
	length = (size_t)(dot - name);
	if (package_matters(search, name, length))
		return;
	assert(search->package_count < PACKAGE_LIMIT);
	search->packages[search->package_count++] = (struct package){ name, length };
}

/* Types of all packages are in units of package runtime. */
static struct error *wanted_fill(struct search *search)
{
	package_add(search, "runtime.", strlen("runtime."));
	for (size_t i = 0; i < LAYOUT_FIELDS; i++) {
		struct alternative type = alternative_first(layout_members[i].types);
		do {
			TRY(wanted_add(search, type.name, type.length));
			if (layout_members[i].kind == LAYOUT_KIND_CONSTANT)
				package_add(search, type.name, type.length);
		} while (alternative_next(&type));
	}
	return NULL;
}

static void entry_note(struct search *search, const struct dwarf_entry *entry)
{
	switch (entry->tag) {
	case DWARF_STRUCTURE_TYPE:
	case DWARF_TYPEDEF:
	case DWARF_ARRAY_TYPE:
	case DWARF_VARIABLE:
	case DWARF_CONSTANT:
		break;
	default:
		return;
	}
	struct wanted *wanted = entry->name ? wanted_find(search, entry->name, strlen(entry->name))
					    : NULL;
	if (!wanted)
		return;
	if (entry->tag == DWARF_CONSTANT && entry->has_value && !wanted->has_value) {
		wanted->value = entry->value;
		wanted->has_value = true;
	} else if (entry->tag != DWARF_CONSTANT && !wanted->type) {
		wanted->type = entry->tag == DWARF_VARIABLE ? entry->type : entry->offset;
	}
}

/* What a unit has at its top level. */
static struct error *unit_scan(struct search *search, struct dwarf_unit *unit)
{
	struct cursor cursor = dwarf_entries(search->dwarf, unit, unit->entries);
	size_t depth = 0;

	do {
		struct dwarf_entry entry;
		TRY(dwarf_entry_read(search->dwarf, unit, &cursor, &entry));
		if (depth == 1)
			entry_note(search, &entry);
		if (!entry.tag && depth)
			depth--;
		else if (entry.has_children)
			depth++;
	} while (depth && cursor_left(&cursor));
	return NULL;
}

static struct error *units_scan(struct search *search)
{
	for (uint64_t offset = 0;;) {
		struct dwarf_unit unit;
		struct dwarf_entry root;
		bool found;
		TRY(dwarf_units_next(search->dwarf, &offset, &unit, &root, &found));
		if (!found)
			return NULL;
		if (root.name && package_matters(search, root.name, strlen(root.name)))
			TRY(unit_scan(search, &unit));
		TRY(dwarf_units_append(&search->units, &unit));
	}
}

/* A type's entry, and a cursor that stands at its children. */
struct type {
	struct dwarf_unit *unit;
	struct dwarf_entry entry;
	struct cursor children;
};

static struct error *step(struct search *search)
{
	if (search->steps++ < STEP_LIMIT)
		return NULL;
	return error_new(ERROR_LIMIT,
			 ".debug_info: describes the runtime's types at too great length");
}

/* The type at an offset, through typedefs. */
static struct error *type_read(struct search *search, uint64_t offset, struct type *ret)
{
	for (int i = 0; i < TYPEDEF_LIMIT; i++) {
		struct type type = { .unit = dwarf_units_find(&search->units, offset) };
		if (!type.unit)
			return error_new(ERROR_CORRUPT,
					 ".debug_info: has a reference to 0x%" PRIx64
					 ", which is in no Go unit",
					 offset);
		TRY(step(search));
		type.children = dwarf_entries(search->dwarf, type.unit, offset);
		TRY(dwarf_entry_read(search->dwarf, type.unit, &type.children, &type.entry));
		if (type.entry.tag != DWARF_TYPEDEF) {
			*ret = type;
			return NULL;
		}
		offset = type.entry.type;
	}
	return error_new(ERROR_CORRUPT, ".debug_info: has a typedef without an end at 0x%" PRIx64,
			 offset);
}

/*
 * The first child with this tag, and this name unless it is NULL; ret->tag is 0 when there is
 * none.
 */
static struct error *child_find(struct search *search, const struct type *type, uint32_t tag,
				const char *name, size_t length, struct dwarf_entry *ret)
{
	struct cursor cursor = type->children;
	size_t depth = type->entry.has_children ? 1 : 0;

	while (depth && cursor_left(&cursor)) {
		struct dwarf_entry child;
		TRY(step(search));
		TRY(dwarf_entry_read(search->dwarf, type->unit, &cursor, &child));
		if (depth == 1 && child.tag == tag &&
		    (!name || (child.name && strlen(child.name) == length &&
			       memcmp(child.name, name, length) == 0))) {
			*ret = child;
			return NULL;
		}
		if (!child.tag)
			depth--;
		else if (child.has_children)
			depth++;
	}
	*ret = (struct dwarf_entry){ 0 };
	return NULL;
}

/* Follow a dotted path of `length` bytes; *ret_found says whether every member exists. */
static struct error *path_follow(struct search *search, const char *path, size_t length,
				 struct type *type, int64_t *offset, bool *ret_found)
{
	*ret_found = false;
	while (length) {
		const char *dot = memchr(path, '.', length);
		size_t part = dot ? (size_t)(dot - path) : length;
		struct dwarf_entry member;
		TRY(child_find(search, type, DWARF_MEMBER, path, part, &member));
		if (!member.tag || member.member_offset < 0 || member.member_offset > INT32_MAX)
			return NULL;
		*offset += member.member_offset;
		part += dot ? 1 : 0;
		path += part;
		length -= part;
		TRY(type_read(search, member.type, type));
	}
	*ret_found = true;
	return NULL;
}

static int64_t type_size(const struct type *type)
{
	if (type->entry.byte_size >= 0)
		return type->entry.byte_size;
	/* Go gives pointers no size. */
	return type->entry.tag == DWARF_POINTER_TYPE ? type->unit->address_size : -1;
}

static struct error *array_value(struct search *search, const struct type *type,
				 enum layout_kind kind, int64_t *ret)
{
	if (type->entry.tag != DWARF_ARRAY_TYPE)
		return NULL;
	struct dwarf_entry range;
	TRY(child_find(search, type, DWARF_SUBRANGE_TYPE, NULL, 0, &range));
	if (!range.tag || range.count < 0)
		return NULL;
	if (kind == LAYOUT_KIND_COUNT) {
		*ret = range.count;
	} else if (range.count > 0 && type->entry.byte_size >= 0) {
		*ret = type->entry.byte_size / range.count;
	} else {
		struct type element;
		TRY(type_read(search, type->entry.type, &element));
		*ret = type_size(&element);
	}
	return NULL;
}

static struct error *member_value(struct search *search, const struct layout_member *member,
				  uint64_t at, int64_t *ret)
{
	struct alternative path = alternative_first(member->path);

	do {
		struct type type;
		int64_t offset = 0;
		bool found;
		TRY(type_read(search, at, &type));
		TRY(path_follow(search, path.name, path.length, &type, &offset, &found));
		if (!found)
			continue;
		if (member->kind == LAYOUT_KIND_MEMBER)
			*ret = offset;
		else if (member->kind == LAYOUT_KIND_SIZE)
			*ret = type_size(&type);
		else
			TRY(array_value(search, &type, member->kind, ret));
		return NULL;
	} while (alternative_next(&path));
	return NULL;
}

/* *ret stays what it was when the file says nothing of the field's types. */
static struct error *field_find(struct search *search, const struct layout_member *member,
				int32_t *ret)
{
	struct alternative type = alternative_first(member->types);

	do {
		const struct wanted *wanted = wanted_find(search, type.name, type.length);
		int64_t value = LAYOUT_ABSENT;
		if (member->kind == LAYOUT_KIND_CONSTANT) {
			if (!wanted->has_value)
				continue;
			value = wanted->value;
			/* Magic numbers keep their bits. */
			if (value > INT32_MAX && value <= UINT32_MAX)
				value = (int32_t)(uint32_t)value;
		} else {
			if (!wanted->type)
				continue;
			TRY(member_value(search, member, wanted->type, &value));
		}
		bool fits = value >= INT32_MIN && value <= INT32_MAX;
		*ret = fits ? (int32_t)value : LAYOUT_ABSENT;
		if (*ret != LAYOUT_ABSENT)
			return NULL;
	} while (alternative_next(&type));
	return NULL;
}

static struct error *layout_read(struct search *search, struct elf *elf,
				 const struct layout *otherwise, struct layout *ret)
{
	struct layout layout;

	TRY(dwarf_open(elf, &search->dwarf));
	TRY(wanted_fill(search));
	TRY(units_scan(search));
	for (size_t i = 0; i < LAYOUT_FIELDS; i++) {
		layout.values[i] = otherwise ? otherwise->values[i] : LAYOUT_ABSENT;
		TRY(field_find(search, &layout_members[i], &layout.values[i]));
	}
	const struct wanted *goroutine = wanted_find(search, "runtime.g", strlen("runtime.g"));
	if (!goroutine || !goroutine->type)
		return error_new(ERROR_NOT_FOUND, "the debug information describes no Go runtime");
	*ret = layout;
	return NULL;
}

struct error *dwarf_layout(struct elf *elf, const struct layout *otherwise, struct layout *ret)
{
	_cleanup_(search_deinit) struct search search = { 0 };

	return error_wrap(layout_read(&search, elf, otherwise, ret), "%s", elf_name(elf));
}
