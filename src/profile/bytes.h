/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_BYTES_H
#define DOWSE_PROFILE_BYTES_H

#include "base/error.h"

/*
 * The bytes of a profile, unpacked. What they and all that is made of them may take grows with the
 * file that is really there: a few bytes cannot ask for gigabytes.
 */
struct profile_bytes {
	uint8_t *bytes; /* ends with a NUL behind `size` bytes */
	size_t size;
	size_t room;   /* taken from the system */
	uint64_t left; /* bytes that may still be taken for what is made of them */
};

/* Of a file that is open, from its beginning. */
struct error *profile_bytes_read(int descriptor, const char *name, struct profile_bytes *ret)
	must_use;

/* Of `size` bytes in memory, packed or not. */
struct error *profile_bytes_unpack(const void *packed, size_t size, const char *name,
				   struct profile_bytes *ret) must_use;

/* Take so much of what is left; ERROR_LIMIT when it is more. */
struct error *profile_bytes_charge(struct profile_bytes *bytes, const char *name, uint64_t size)
	must_use;

void profile_bytes_deinit(struct profile_bytes *bytes);

#endif
