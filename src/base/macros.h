/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_MACROS_H
#define DOWSE_BASE_MACROS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define must_use                         __attribute__((warn_unused_result))
#define maybe_unused                     __attribute__((unused)) /* of what a macro defines */
#define printf_like(format_index, first) __attribute__((format(printf, format_index, first)))

/*
 * For functions that only prefetch: gcc 12 takes them for functions that do nothing, and drops calls
 * to them, unless they are part of their callers from the start.
 */
#define force_inline inline __attribute__((always_inline))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define MIN(a, b)         ((a) < (b) ? (a) : (b))
#define MAX(a, b)         ((a) > (b) ? (a) : (b))

/*
 * Scope-bound cleanup: `_cleanup_(free_pointer) char *name = NULL;`. A function either cleans up
 * this way or with goto, never both. The variable must be initialised where it is declared.
 */
#define _cleanup_(function) __attribute__((cleanup(function)))

/* Hand a pointer on to its next owner and leave NULL behind, so that _cleanup_ lets it be. */
#define TAKE_PTR(pointer)                                                                          \
	({                                                                                         \
		__typeof__(pointer) taken_ = (pointer);                                            \
		(pointer) = NULL;                                                                  \
		taken_;                                                                            \
	})

/* The same for a file descriptor. */
#define TAKE_FD(descriptor)                                                                        \
	({                                                                                         \
		int taken_ = (descriptor);                                                         \
		(descriptor) = -1;                                                                 \
		taken_;                                                                            \
	})

static inline void free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

static inline void close_descriptor(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
}

#endif
