/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_TYPE_PRIVATE_H
#define DOWSE_BINARY_TYPE_PRIVATE_H

#include <string.h>

#include "base/writer.h"
#include "binary/type.h"

/* What type.c and type_names.c share: the bytes of a descriptor, or of its "uncommon" part. */
#define TYPE_DESCRIPTOR_MAX 256

struct type_descriptor {
	const struct layout *layout;
	uint64_t address;
	uint8_t bytes[TYPE_DESCRIPTOR_MAX];
	size_t size;
};

/* A member that lies outside of what was read is 0: its kind has no such member. */
static inline uint64_t type_member(const struct type_descriptor *descriptor, int32_t offset,
				   size_t size)
{
	uint64_t value = 0;
	if (offset >= 0 && (size_t)offset + size <= descriptor->size)
		memcpy(&value, descriptor->bytes + offset, size);
	return value;
}

/* All of *ret_type but its descriptor_size. */
struct error *type_read_descriptor(const struct binary *binary, uint64_t address,
				   struct type_descriptor *ret, struct type *ret_type) must_use;

/* What follows the kind's struct; false: nothing does. */
bool type_read_uncommon(const struct binary *binary, const struct type_descriptor *descriptor,
			const struct type *type, struct type_descriptor *ret);

/* Of a field, method or parameter. */
size_t type_part_size(const struct layout *layout, enum type_kind kind);

/*
 * The name of a type that reflection has made while the program ran, out of those of its parts;
 * ERROR_NOT_FOUND when it is not made of such as can be named.
 */
struct error *type_made_name(const struct binary *binary, uint64_t address, struct writer *ret)
	must_use;

/* The name that a module's descriptor has, cut to `capacity`; *ret_found false: it is no module's. */
struct error *type_own_name(const struct binary *binary, const struct type_descriptor *descriptor,
			    const struct type *type, char *ret, size_t capacity, bool *ret_found)
	must_use;

/* The tag of a field; "" where it has none. */
struct error *type_field_tag(const struct binary *binary, const struct type *type, size_t index,
			     char *ret, size_t capacity) must_use;

#endif
