/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "binary/type_private.h"

#define NAME_IS_EMBEDDED 8
#define NAME_HAS_TAG     2
#define HEAD_MAX         4 /* flags, and a length of up to three bytes */

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

/* A length, which begins at `used` in what has been read of it; *ret_used: where it ends. */
static size_t read_length(const uint8_t head[HEAD_MAX], size_t used, size_t *ret_used)
{
	size_t length = 0;
	for (unsigned shift = 0; used < HEAD_MAX; shift += 7) {
		length |= (size_t)(head[used] & 0x7f) << shift;
		if (!(head[used++] & 0x80))
			break;
	}
	*ret_used = used;
	return length;
}

static struct error *read_text(const struct binary *binary, uint64_t address, size_t length,
			       char *ret, size_t capacity)
{
	size_t kept = MIN(length, capacity - 1);
	TRY(type_bytes(binary, address, ret, kept));
	ret[kept] = '\0';
	return NULL;
}

/*
 * A name: flags, then length (a varint) and bytes; what may follow, a tag and a package, is not
 * wanted here. *ret_end: where that begins.
 */
static struct error *read_name(const struct binary *binary, uint64_t address, char *ret,
			       size_t capacity, uint8_t *ret_flags, uint64_t *ret_end)
{
	uint8_t head[HEAD_MAX] = { 0 };
	size_t used;
	TRY(type_bytes(binary, address, head, sizeof(head)));
	size_t length = read_length(head, 1, &used);
	TRY(read_text(binary, address + used, length, ret, capacity));
	*ret_flags = head[0];
	*ret_end = address + used + length;
	return NULL;
}

static struct error *read_field(const struct binary *binary, const struct type *type, size_t index,
				struct type_descriptor *ret)
{
	const struct layout *layout = &binary->layout;
	ret->layout = layout;
	ret->size = type_part_size(layout, TYPE_STRUCT);
	if (type->kind != TYPE_STRUCT || index >= type->count || ret->size > TYPE_DESCRIPTOR_MAX)
		return error_new(ERROR_NOT_FOUND, "the type at 0x%" PRIx64 " has no field %zu",
				 type->address, index);
	return type_bytes(binary, type->parts + index * ret->size, ret->bytes, ret->size);
}

struct error *type_field(const struct binary *binary, const struct type *type, size_t index,
			 struct type_field *ret)
{
	const struct layout *layout = &binary->layout;
	struct type_descriptor field;
	struct type_field read = { 0 };
	uint8_t flags = 0;
	uint64_t end;
	TRY(read_field(binary, type, index, &field));
	struct error *error = read_name(binary, type_member(&field, layout->struct_field_name, 8),
					read.name, sizeof(read.name), &flags, &end);
	/* The names of types that reflect has made are not in a snapshot: bytes are left out there. */
	if (error && error->code != ERROR_FAULT)
		return error;
	error_destroy(error);
	read.type = type_member(&field, layout->struct_field_type, 8);
	read.offset = type_member(&field, layout->struct_field_offset, 8);
	read.embedded = (flags & NAME_IS_EMBEDDED) != 0;
	*ret = read;
	return NULL;
}

struct error *type_field_tag(const struct binary *binary, const struct type *type, size_t index,
			     char *ret, size_t capacity)
{
	char name[TYPE_FIELD_NAME_MAX];
	uint8_t flags = 0, head[HEAD_MAX] = { 0 };
	struct type_descriptor field;
	uint64_t end;
	size_t used;
	TRY(read_field(binary, type, index, &field));
	TRY(read_name(binary, type_member(&field, binary->layout.struct_field_name, 8), name,
		      sizeof(name), &flags, &end));
	ret[0] = '\0';
	if (!(flags & NAME_HAS_TAG))
		return NULL;
	TRY(type_bytes(binary, end, head, sizeof(head)));
	size_t length = read_length(head, 0, &used);
	return read_text(binary, end + used, length, ret, capacity);
}

struct error *type_own_name(const struct binary *binary, const struct type_descriptor *descriptor,
			    const struct type *type, char *ret, size_t capacity, bool *ret_found)
{
	const struct layout *layout = &binary->layout;
	const struct module *module = module_of(binary, type->address);
	int32_t offset = (int32_t)type_member(descriptor, layout->type_str, 4);
	uint8_t flags = 0;
	uint64_t end;
	*ret_found = module != NULL;
	if (!module)
		return NULL;
	TRY(read_name(binary, module->types + (uint64_t)(int64_t)offset, ret, capacity, &flags,
		      &end));
	/* T and *T share a string; which of them it is, a flag says. */
	if ((type->flags & layout->type_flag_extra_star) && ret[0] == '*')
		memmove(ret, ret + 1, strlen(ret));
	return NULL;
}

static struct error *made_name(const struct binary *binary, uint64_t address, char *ret,
			       size_t capacity)
{
	_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
	TRY(type_made_name(binary, address, &writer));
	const char *text = writer_text(&writer);
	if (!text)
		return error_no_memory();
	size_t length = MIN(strlen(text), capacity - 1);
	memcpy(ret, text, length);
	ret[length] = '\0';
	return NULL;
}

struct error *type_name(const struct binary *binary, uint64_t address, char *ret, size_t capacity)
{
	struct type_descriptor descriptor;
	struct type type;
	bool found;
	TRY(type_read_descriptor(binary, address, &descriptor, &type));
	TRY(type_own_name(binary, &descriptor, &type, ret, capacity, &found));
	return found ? NULL : made_name(binary, address, ret, capacity);
}

struct error *type_package(const struct binary *binary, uint64_t address, char *ret,
			   size_t capacity)
{
	struct type_descriptor descriptor, uncommon;
	struct type type;
	TRY(type_read_descriptor(binary, address, &descriptor, &type));
	const struct module *module = module_of(binary, address);
	ret[0] = '\0';
	if (!module || !type_read_uncommon(binary, &descriptor, &type, &uncommon))
		return NULL;
	int32_t offset = (int32_t)type_member(&uncommon, binary->layout.uncommon_pkg_path, 4);
	uint8_t flags = 0;
	uint64_t end;
	if (offset == 0)
		return NULL;
	return read_name(binary, module->types + (uint64_t)(int64_t)offset, ret, capacity, &flags,
			 &end);
}
