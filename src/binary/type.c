/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "binary/type_private.h"

/*
 * A descriptor is the struct of its kind, which begins with the one common to all; then, where the
 * type has a name or methods, an "uncommon" part with its package; then the fields, parameters
 * or methods that the kind has, and last the methods of the type. Strings and types are referred
 * to by offsets from the beginning of the module's types.
 */
#define KIND_MASK 31

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
				     struct type_descriptor *ret, struct type *ret_type)
{
	const struct layout *layout = &binary->layout;
	struct type_descriptor descriptor = { .layout = layout, .address = address };
	/* A short function and the breakpoints behind it look like a number's. */
	if (binary_module(binary, address))
		return no_descriptor(address);
	descriptor.size = (size_t)MIN(MAX(layout->type_struct_size, 0), TYPE_DESCRIPTOR_MAX);
	TRY(type_bytes(binary, address, descriptor.bytes, descriptor.size));
	struct type type = { .address = address };
	type.kind = (enum type_kind)(type_member(&descriptor, layout->type_kind, 1) & KIND_MASK);
	type.size = type_member(&descriptor, layout->type_size, 8);
	type.pointer_bytes = type_member(&descriptor, layout->type_ptr_bytes, 8);
	type.flags = (uint8_t)type_member(&descriptor, layout->type_tflag, 1);
	type.named = (type.flags & layout->type_flag_named) != 0;
	if (type.kind == TYPE_INVALID || type.kind >= TYPE_KIND_COUNT ||
	    type.pointer_bytes > type.size)
		return no_descriptor(address);

	int32_t size = struct_size(layout, type.kind);
	if (size < 0 || size > TYPE_DESCRIPTOR_MAX)
		return no_descriptor(address);
	descriptor.size = (size_t)size;
	TRY(type_bytes(binary, address, descriptor.bytes, descriptor.size));
	type.descriptor_size = descriptor.size;
	*ret = descriptor;
	*ret_type = type;
	return NULL;
}

bool type_read_uncommon(const struct binary *binary, const struct type_descriptor *descriptor,
			const struct type *type, struct type_descriptor *ret)
{
	const struct layout *layout = &binary->layout;
	if (!(type->flags & layout->type_flag_uncommon) || layout->uncommon_size < 0 ||
	    layout->uncommon_size > TYPE_DESCRIPTOR_MAX)
		return false;
	struct type_descriptor uncommon = {
		.layout = layout,
		.address = type->address + descriptor->size,
		.size = (size_t)layout->uncommon_size,
	};
	if (!error_ignore(type_bytes(binary, uncommon.address, uncommon.bytes, uncommon.size)))
		return false;
	*ret = uncommon;
	return true;
}

static void read_slice(const struct type_descriptor *descriptor, int32_t offset, struct type *type)
{
	type->parts = type_member(descriptor, offset, 8);
	type->count = (size_t)type_member(descriptor, offset + 8, 8);
}

/* The high bit of the number of results says that the last parameter is variadic. */
static void read_parameters(const struct type_descriptor *descriptor, struct type *type)
{
	const struct layout *layout = descriptor->layout;
	uint64_t in = type_member(descriptor, layout->func_type_in_count, 2);
	uint64_t out = type_member(descriptor, layout->func_type_out_count, 2) & 0x7fff;
	bool uncommon = type->flags & layout->type_flag_uncommon;
	type->count = (size_t)(in + out);
	type->parts = type->address + descriptor->size +
		      (uncommon ? (uint64_t)MAX(layout->uncommon_size, 0) : 0);
}

static void read_kind(const struct type_descriptor *descriptor, struct type *type)
{
	const struct layout *layout = descriptor->layout;
	switch (type->kind) {
	case TYPE_ARRAY:
		type->element = type_member(descriptor, layout->array_type_elem, 8);
		type->length = type_member(descriptor, layout->array_type_len, 8);
		break;
	case TYPE_CHAN:
		type->element = type_member(descriptor, layout->chan_type_elem, 8);
		break;
	case TYPE_MAP:
		type->key = type_member(descriptor, layout->map_type_key, 8);
		type->element = type_member(descriptor, layout->map_type_elem, 8);
		break;
	case TYPE_POINTER:
		type->element = type_member(descriptor, layout->ptr_type_elem, 8);
		break;
	case TYPE_SLICE:
		type->element = type_member(descriptor, layout->slice_type_elem, 8);
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

size_t type_part_size(const struct layout *layout, enum type_kind kind)
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

struct error *type_read_descriptor(const struct binary *binary, uint64_t address,
				   struct type_descriptor *ret, struct type *ret_type)
{
	struct type_descriptor descriptor;
	struct type type;
	TRY(read_descriptor(binary, address, &descriptor, &type));
	read_kind(&descriptor, &type);
	if (type.count > TYPE_COUNT_MAX)
		return no_descriptor(address);
	*ret = descriptor;
	*ret_type = type;
	return NULL;
}

struct error *type_read(const struct binary *binary, uint64_t address, struct type *ret)
{
	struct type_descriptor descriptor, uncommon;
	struct type type;
	TRY(type_read_descriptor(binary, address, &descriptor, &type));
	const struct layout *layout = &binary->layout;
	type.descriptor_size += type.count * type_part_size(layout, type.kind);
	if (type_read_uncommon(binary, &descriptor, &type, &uncommon))
		type.descriptor_size += uncommon.size +
					(size_t)type_member(&uncommon, layout->uncommon_mcount, 2) *
						(size_t)MAX(layout->type_method_size, 0);
	*ret = type;
	return NULL;
}
