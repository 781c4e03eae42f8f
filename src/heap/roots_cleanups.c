/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "binary/parameters.h"
#include "heap/roots_private.h"
#include "heap/types_private.h"
#include "runtime/member.h"

/*
 * runtime.AddCleanup is generic: its code knows what it keeps for the program's function by its shape
 * alone. But that function says what it takes. From 1.26 on the record leads to both: how the function
 * is called, the function, and a copy of its argument. Before, it leads to a closure of AddCleanup's own
 * that has captured both, the argument by reference.
 */
#define WORD        UINT64_C(8)
#define ADD_CLEANUP "runtime.AddCleanup["

static bool read_word(const struct gathering *gathering, uint64_t address, uint64_t *ret)
{
	return error_ignore(target_read_u64(runtime_target(gathering->runtime), address, ret));
}

/* The type of the one parameter that the closure's function has; 0: not known. */
static struct error *find_parameter(struct gathering *gathering, uint64_t closure, uint64_t *ret)
{
	_cleanup_(parameter_vector_deinit) struct parameter_vector parameters = { 0 };
	uint64_t entry;
	*ret = 0;
	if (!closure || !read_word(gathering, closure, &entry))
		return NULL;
	TRY(parameters_of(gathering->roots->variables, entry, &parameters));
	if (parameters.count == 1 &&
	    !variables_is_shape(gathering->roots->variables, parameters.items[0].type))
		*ret = parameters.items[0].type;
	return NULL;
}

/* What a pointer to a copy of the closure's argument leads to; *ret stays if nobody knows. */
static struct error *find_copy(struct gathering *gathering, uint64_t closure, uint64_t size,
			       uint32_t *ret)
{
	struct variable_part part;
	struct type argument;
	uint64_t type;
	TRY(find_parameter(gathering, closure, &type));
	if (!type || !variables_part(gathering->roots->variables, type, 0, &part) || part.pointer ||
	    part.offset ||
	    !error_ignore(
		    type_read(runtime_binary(gathering->runtime), part.descriptor, &argument)))
		return NULL;
	/* Something small without pointers is kept in a block of words. */
	if (!argument.pointer_bytes || (size && argument.size != size))
		return NULL;
	return heap_types_intern(gathering->types, HEAP_VALUE, part.descriptor, ret);
}

struct error *gathering_cleanup_argument(struct gathering *gathering, const uint8_t *record,
					 int32_t offset, uint32_t *ret)
{
	if (!gathering->types)
		return NULL;
	return find_copy(gathering, member_u64(record, offset + (int32_t)WORD), 0, ret);
}

static bool is_of_add_cleanup(const struct gathering *gathering, uint64_t entry)
{
	struct function function;
	return binary_function(runtime_binary(gathering->runtime), entry, &function) &&
	       function.entry == entry &&
	       strncmp(function.name, ADD_CLEANUP, strlen(ADD_CLEANUP)) == 0;
}

/* What a captured variable is. */
struct captured_variable {
	uint64_t offset; /* in the closure */
	struct type type;
	bool by_reference;
};

/* What is captured by reference could be a pointer as well: the kinds tell here. */
static bool read_captured(const struct binary *binary, const struct type *closure, size_t index,
			  struct captured_variable *ret)
{
	struct type_field field;
	if (!error_ignore(type_field(binary, closure, index, &field)) ||
	    !error_ignore(type_read(binary, field.type, &ret->type)))
		return false;
	ret->offset = field.offset;
	ret->by_reference = ret->type.kind == TYPE_POINTER;
	return !ret->by_reference || error_ignore(type_read(binary, ret->type.element, &ret->type));
}

/* The closure of the program's function, which 1.24 has captured by its value, 1.25 by reference. */
static bool find_function(const struct gathering *gathering, uint64_t closure,
			  const struct captured_variable *variable, uint64_t *ret)
{
	return variable->type.kind == TYPE_FUNC &&
	       read_word(gathering, closure + variable->offset, ret) &&
	       (!variable->by_reference || read_word(gathering, *ret, ret));
}

struct error *gathering_cleanup_captured(struct gathering *gathering, uint64_t closure)
{
	const struct binary *binary = runtime_binary(gathering->runtime);
	struct captured_variable called, argument;
	struct heap_hint hint = { .type = HEAP_TYPE_UNKNOWN };
	struct type type;
	uint64_t entry, function;
	bool good;
	if (!gathering->types || !closure || !read_word(gathering, closure, &entry) ||
	    !is_of_add_cleanup(gathering, entry))
		return NULL;
	TRY(types_closure(gathering->types, entry, &type, &good));
	if (!good || !read_captured(binary, &type, 1, &called) ||
	    !read_captured(binary, &type, 2, &argument) || !argument.by_reference ||
	    !find_function(gathering, closure, &called, &function) ||
	    !read_word(gathering, closure + argument.offset, &hint.value))
		return NULL;
	TRY(find_copy(gathering, function, argument.type.size, &hint.type));
	return hint.type == HEAP_TYPE_UNKNOWN
		       ? NULL
		       : heap_hint_vector_append(&gathering->roots->hints, &hint);
}
