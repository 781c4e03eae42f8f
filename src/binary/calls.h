/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_CALLS_H
#define DOWSE_BINARY_CALLS_H

#include "base/vector.h"
#include "binary/module.h"

/*
 * Where the program's code calls certain functions: who made an object of a library's, when nobody
 * noted it. Only direct calls; what goes through an interface or a function's value is not seen.
 * One file a machine: calls_amd64.c.
 */
struct call {
	size_t callee; /* which of the functions */
	uint64_t pc;   /* behind the call */
};

DEFINE_VECTOR(call_vector, struct call);

/* One pass over all code, by rising pc within a module. `entries` are of functions; 0: of none. */
struct error *calls_find(const struct binary *binary, const uint64_t *entries, size_t count,
			 struct call_vector *ret) must_use;

/* Is a number written in the instructions shortly before a call? */
bool call_has_number(const struct binary *binary, uint64_t pc, uint64_t number);

/*
 * The addresses that are taken shortly before a call, the last one first; at most `capacity`. What is
 * taken from elsewhere (a generic function's types) is not among them.
 */
size_t call_addresses(const struct binary *binary, uint64_t pc, uint64_t *ret, size_t capacity);

#endif
