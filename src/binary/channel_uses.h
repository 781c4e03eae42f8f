/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_CHANNEL_USES_H
#define DOWSE_BINARY_CHANNEL_USES_H

#include "base/vector.h"
#include "binary/module.h"

/*
 * Where the program's code sends on a channel, receives from one or closes one, and what its type
 * is there. The runtime's functions are handed the channel without its type; that follows from where
 * the channel comes from: a field of what a method's receiver points to, a variable that a closure
 * has captured, what was made just now, and for a parameter from what callers hand in.
 */
enum {
	CHANNEL_SENDS = 1,
	CHANNEL_RECEIVES = 2,
	CHANNEL_CLOSES = 4,
};

/* What is known of the channel. */
enum channel_known {
	CHANNEL_OF_ANYTHING,
	CHANNEL_OF_ELEMENT, /* value: the element's type descriptor */
	CHANNEL_IN_GLOBAL,  /* value: the address of the word of data; whatever type that has */
};

struct channel_use {
	uint64_t pc;
	unsigned does;
	enum channel_known known;
	uint64_t value;
};

DEFINE_VECTOR(channel_use_vector, struct channel_use);

struct channel_uses;

/* One pass over all code for the calls. `binary` is borrowed. No code is no error. */
struct error *channel_uses_open(const struct binary *binary, struct channel_uses **ret) must_use;
void channel_uses_close(struct channel_uses *uses);

/* Calls, by rising pc within a module, a select being one of them; and what reflection can do. */
size_t channel_uses_count(const struct channel_uses *uses);

/* The name of the function that the call is in; NULL: not known. What it may do: a set. */
const char *channel_uses_function(const struct channel_uses *uses, size_t index,
				  unsigned *ret_does);

/*
 * Append what it does. Looks through its function first, and through those that it depends on, up to a
 * limit for all: behind that, nothing is known of channels.
 */
struct error *channel_uses_resolve(struct channel_uses *uses, size_t index,
				   struct channel_use_vector *ret) must_use;

static inline void channel_uses_cleanup(struct channel_uses **uses)
{
	channel_uses_close(*uses);
}

#endif
