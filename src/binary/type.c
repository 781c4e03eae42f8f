/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/type.h"

#include <inttypes.h>
#include <string.h>

/*
 * A descriptor is the struct of its kind, which begins with the one common to all; then, where the
 * type has a name or methods, an "uncommon" part with its package; then the fields, parameters
 * or methods that the kind has, and last the methods of the type. Strings and types are referred
 * to by offsets from the beginning of the module's types.
 */
#define KIND_MASK        31
#define DESCRIPTOR_MAX   256
#define NAME_IS_EMBEDDED 8
#define STRING_MAX       4096

struct descriptor {
	const struct layout *layout;
	uint64_t address;
	uint8_t bytes[DESCRIPTOR_MAX];
	size_t size;
};

static const char *const kind_names[TYPE_KIND_COUNT] = {
	"?",       "bool",      "int",        "int8",   "int16",  "int32",          "int64",
	"uint",    "uint8",     "uint16",     "uint32", "uint64", "uintptr",        "float32",
	"float64", "complex64", "complex128", "array",  "chan",   "func",           "interface",
	"map",     "ptr",       "slice",      "string", "struct", "unsafe.Pointer",
};

const char *type_kind_name(enum type_kind kind)
{
	return kind < TYPE_KIND_COUNT ? kind_names[kind] : kind_names[TYPE_INVALID];
}

struct error *type_bytes(const struct binary *binary, uint64_t address, void *ret, size_t size)
{
	const uint8_t *bytes = binary_bytes_at(binary, address, size);
	if (!bytes)
		return target_read(binary->target, address, ret, size);
	memcpy(ret, bytes, size);
	return NULL;
}

/* A member that lies outside of what was read is 0: its kind has no such member. */
static uint64_t member(const struct descriptor *descriptor, int32_t offset, size_t size)
{
	uint64_t value = 0;
	if (offset >= 0 && (size_t)offset + size <= descriptor->size)
		memcpy(&value, descriptor->bytes + offset, size);
	return value;
}

static int32_t struct_size(const struct layout *layout, enum type_kind kind)
{
	switch (kind) {
	case TYPE_ARRAY:
		return layout->array_type_size;
	case TYPE_CHAN:
		return layout->chan_type_size;
	case TYPE_FUNC:
		return layout->func_type_size;
	case TYPE_INTERFACE:
		return layout->interface_type_size;
	case TYPE_MAP:
		return layout->map_type_size;
	case TYPE_POINTER:
		return layout->ptr_type_size;
	case TYPE_SLICE:
		return layout->slice_type_size;
	case TYPE_STRUCT:
		return layout->struct_type_size;
	default:
		return layout->type_struct_size;
	}
}

static struct error *no_descriptor(uint64_t address)
{
	return error_new(ERROR_CORRUPT, "there is no type descriptor at 0x%" PRIx64, address);
}

/* The struct of the descriptor's kind; *ret_type gets what all kinds have. */
static struct error *read_descriptor(const struct binary *binary, uint64_t address,
				     struct descriptor *ret, struct type *ret_type)
{
	const struct layout *layout = &binary->layout;
	struct descriptor descriptor = { .layout = layout, .address = address };
	descriptor.size = (size_t)MIN(MAX(layout->type_struct_size, 0), DESCRIPTOR_MAX);
	TRY(type_bytes(binary, address, descriptor.bytes, descriptor.size));
	struct type type = { .address = address };
	type.kind = (enum type_kind)(member(&descriptor, layout->type_kind, 1) & KIND_MASK);
	type.size = member(&descriptor, layout->type_size, 8);
	type.pointer_bytes = member(&descriptor, layout->type_ptr_bytes, 8);
	type.flags = (uint8_t)member(&descriptor, layout->type_tflag, 1);
	type.named = (type.flags & layout->type_flag_named) != 0;
	if (type.kind == TYPE_INVALID || type.kind >= TYPE_KIND_COUNT ||
	    type.pointer_bytes > type.size)
		return no_descriptor(address);

	int32_t size = struct_size(layout, type.kind);
	if (size < 0 || size > DESCRIPTOR_MAX)
		return no_descriptor(address);
	descriptor.size = (size_t)size;
	TRY(type_bytes(binary, address, descriptor.bytes, descriptor.size));
	type.descriptor_size = descriptor.size;
	*ret = descriptor;
	*ret_type = type;
	return NULL;
}

/* The uncommon part follows the kind's struct. */
static bool read_uncommon(const struct binary *binary, const struct descriptor *descriptor,
			  const struct type *type, struct descriptor *ret)
{
	const struct layout *layout = &binary->layout;
	if (!(type->flags & layout->type_flag_uncommon) || layout->uncommon_size < 0 ||
	    layout->uncommon_size > DESCRIPTOR_MAX)
		return false;
	struct descriptor uncommon = {
		.layout = layout,
		.address = type->address + descriptor->size,
		.size = (size_t)layout->uncommon_size,
	};
	if (!error_ignore(type_bytes(binary, uncommon.address, uncommon.bytes, uncommon.size)))
		return false;
	*ret = uncommon;
	return true;
}

static void read_slice(const struct descriptor *descriptor, int32_t offset, struct type *type)
{
	type->parts = member(descriptor, offset, 8);
	type->count = (size_t)member(descriptor, offset + 8, 8);
}

/* The high bit of the number of results says that the last parameter is variadic. */
static void read_parameters(const struct descriptor *descriptor, struct type *type)
{
	const struct layout *layout = descriptor->layout;
	uint64_t in = member(descriptor, layout->func_type_in_count, 2);
	uint64_t out = member(descriptor, layout->func_type_out_count, 2) & 0x7fff;
	bool uncommon = type->flags & layout->type_flag_uncommon;
	type->count = (size_t)(in + out);
	type->parts = type->address + descriptor->size +
		      (uncommon ? (uint64_t)MAX(layout->uncommon_size, 0) : 0);
}

static void read_kind(const struct descriptor *descriptor, struct type *type)
{
	const struct layout *layout = descriptor->layout;
	switch (type->kind) {
	case TYPE_ARRAY:
		type->element = member(descriptor, layout->array_type_elem, 8);
		type->length = member(descriptor, layout->array_type_len, 8);
		break;
	case TYPE_CHAN:
		type->element = member(descriptor, layout->chan_type_elem, 8);
		break;
	case TYPE_MAP:
		type->key = member(descriptor, layout->map_type_key, 8);
		type->element = member(descriptor, layout->map_type_elem, 8);
		break;
	case TYPE_POINTER:
		type->element = member(descriptor, layout->ptr_type_elem, 8);
		break;
	case TYPE_SLICE:
		type->element = member(descriptor, layout->slice_type_elem, 8);
		break;
	case TYPE_STRUCT:
		read_slice(descriptor, layout->struct_type_fields, type);
		break;
	case TYPE_INTERFACE:
		read_slice(descriptor, layout->interface_type_methods, type);
		break;
	case TYPE_FUNC:
		read_parameters(descriptor, type);
		break;
	default:
		break;
	}
}

static size_t part_size(const struct layout *layout, enum type_kind kind)
{
	switch (kind) {
	case TYPE_STRUCT:
		return (size_t)MAX(layout->struct_field_size, 0);
	case TYPE_INTERFACE:
		return (size_t)MAX(layout->interface_method_size, 0);
	case TYPE_FUNC:
		return sizeof(uint64_t);
	default:
		return 0;
	}
}

struct error *type_read(const struct binary *binary, uint64_t address, struct type *ret)
{
	struct descriptor descriptor, uncommon;
	struct type type;
	TRY(read_descriptor(binary, address, &descriptor, &type));
	read_kind(&descriptor, &type);
	if (type.count > TYPE_COUNT_MAX)
		return no_descriptor(address);
	const struct layout *layout = &binary->layout;
	type.descriptor_size += type.count * part_size(layout, type.kind);
	if (read_uncommon(binary, &descriptor, &type, &uncommon))
		type.descriptor_size += uncommon.size +
					(size_t)member(&uncommon, layout->uncommon_mcount, 2) *
						(size_t)MAX(layout->type_method_size, 0);
	*ret = type;
	return NULL;
}

/* The module whose types have an address; offsets in its descriptors count from there. */
static const struct module *module_of(const struct binary *binary, uint64_t address)
{
	for (size_t i = 0; i < binary->module_count; i++) {
		const struct module *module = &binary->modules[i];
		if (address >= module->types && address < module->types_end)
			return module;
	}
	return NULL;
}

/*
 * A name: flags, then length (a varint) and bytes; what may follow, a tag and a package, is not
 * wanted here.
 */
static struct error *read_name(const struct binary *binary, uint64_t address, char *ret,
			       size_t capacity, uint8_t *ret_flags)
{
	uint8_t head[4] = { 0 };
	TRY(type_bytes(binary, address, head, sizeof(head)));
	size_t length = 0, used = 1;
	for (unsigned shift = 0; used < sizeof(head); shift += 7) {
		length |= (size_t)(head[used] & 0x7f) << shift;
		if (!(head[used++] & 0x80))
			break;
	}
	size_t kept = MIN(length, capacity - 1);
	TRY(type_bytes(binary, address + used, ret, kept));
	ret[kept] = '\0';
	*ret_flags = head[0];
	return NULL;
}

struct error *type_field(const struct binary *binary, const struct type *type, size_t index,
			 struct type_field *ret)
{
	const struct layout *layout = &binary->layout;
	struct descriptor field = { .layout = layout, .size = part_size(layout, TYPE_STRUCT) };
	if (type->kind != TYPE_STRUCT || index >= type->count || field.size > DESCRIPTOR_MAX)
		return error_new(ERROR_NOT_FOUND, "the type at 0x%" PRIx64 " has no field %zu",
				 type->address, index);
	TRY(type_bytes(binary, type->parts + index * field.size, field.bytes, field.size));
	struct type_field read = { 0 };
	uint8_t flags = 0;
	struct error *error = read_name(binary, member(&field, layout->struct_field_name, 8),
					read.name, sizeof(read.name), &flags);
	/* The names of types that reflect has made are not in a snapshot: bytes are left out there. */
	if (error && error->code != ERROR_FAULT)
		return error;
	error_destroy(error);
	read.type = member(&field, layout->struct_field_type, 8);
	read.offset = member(&field, layout->struct_field_offset, 8);
	read.embedded = (flags & NAME_IS_EMBEDDED) != 0;
	*ret = read;
	return NULL;
}

static struct error *own_name(const struct binary *binary, const struct module *module,
			      const struct type *type, const struct descriptor *descriptor,
			      char *ret, size_t capacity)
{
	const struct layout *layout = &binary->layout;
	int32_t offset = (int32_t)member(descriptor, layout->type_str, 4);
	uint8_t flags = 0;
	TRY(read_name(binary, module->types + (uint64_t)(int64_t)offset, ret, capacity, &flags));
	/* T and *T share a string; which of them it is, a flag says. */
	if ((type->flags & layout->type_flag_extra_star) && ret[0] == '*')
		memmove(ret, ret + 1, strlen(ret));
	return NULL;
}

static const char *prefix_of(const struct layout *layout, const struct descriptor *descriptor,
			     const struct type *type)
{
	switch (type->kind) {
	case TYPE_POINTER:
		return "*";
	case TYPE_SLICE:
		return "[]";
	case TYPE_CHAN:
		switch (member(descriptor, layout->chan_type_dir, 8)) {
		case 1:
			return "<-chan ";
		case 2:
			return "chan<- ";
		default:
			return "chan ";
		}
	default:
		return NULL;
	}
}

/* How deep types made at run time are followed down to one that has a name in a module. */
#define NAME_DEPTH_MAX 16

struct error *type_name(const struct binary *binary, uint64_t address, char *ret, size_t capacity)
{
	char name[STRING_MAX];
	size_t length = 0;
	for (unsigned depth = 0; depth < NAME_DEPTH_MAX; depth++) {
		struct descriptor descriptor;
		struct type type;
		TRY(read_descriptor(binary, address, &descriptor, &type));
		read_kind(&descriptor, &type);
		const struct module *module = module_of(binary, address);
		if (module) {
			TRY(own_name(binary, module, &type, &descriptor, name + length,
				     sizeof(name) - length));
			length = strnlen(name, MIN(sizeof(name) - 1, capacity - 1));
			memcpy(ret, name, length);
			ret[length] = '\0';
			return NULL;
		}
		const char *prefix = prefix_of(&binary->layout, &descriptor, &type);
		if (!prefix)
			break;
		memcpy(name + length, prefix, strlen(prefix));
		length += strlen(prefix);
		address = type.element;
	}
	return error_new(ERROR_NOT_FOUND, "the type at 0x%" PRIx64 " was made at run time",
			 address);
}

struct error *type_package(const struct binary *binary, uint64_t address, char *ret,
			   size_t capacity)
{
	struct descriptor descriptor, uncommon;
	struct type type;
	TRY(read_descriptor(binary, address, &descriptor, &type));
	const struct module *module = module_of(binary, address);
	ret[0] = '\0';
	if (!module || !read_uncommon(binary, &descriptor, &type, &uncommon))
		return NULL;
	int32_t offset = (int32_t)member(&uncommon, binary->layout.uncommon_pkg_path, 4);
	uint8_t flags = 0;
	if (offset == 0)
		return NULL;
	return read_name(binary, module->types + (uint64_t)(int64_t)offset, ret, capacity, &flags);
}
