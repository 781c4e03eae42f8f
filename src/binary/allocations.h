/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_ALLOCATIONS_H
#define DOWSE_BINARY_ALLOCATIONS_H

#include "base/vector.h"
#include "binary/module.h"

/*
 * Where the program's own code allocates, and of which type: calls of the runtime that are handed a
 * type descriptor. Not what reflection makes, nor what refers to types through tables, as code for
 * plugins does.
 */
enum allocation_kind {
	ALLOCATION_VALUE, /* one value */
	ALLOCATION_ARRAY, /* what a slice has: the type is the element's */
	ALLOCATION_MAP,
	ALLOCATION_CHANNEL,
	ALLOCATION_MAP_STORAGE, /* room for one more entry: the type is the map's */
};

struct allocation {
	uint64_t type; /* its descriptor */
	uint64_t pc;   /* behind the call */
	enum allocation_kind kind;
};

DEFINE_VECTOR(allocation_vector, struct allocation);

/* One pass over all code, by rising pc within a module. No code is no error. */
struct error *allocations_find(const struct binary *binary, struct allocation_vector *ret) must_use;

/* The same, and where entries are added to maps, too, which allocates every now and then. */
struct error *allocations_find_all(const struct binary *binary, struct allocation_vector *ret)
	must_use;

#endif
