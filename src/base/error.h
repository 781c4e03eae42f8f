/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_ERROR_H
#define DOWSE_BASE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

/*
 * Errors are values. A function that can fail returns NULL for success or a `struct error` that
 * the caller owns: it is handed up, wrapped with what was being done, or destroyed. The message
 * is one line without a final period, written for the person who must act on it; it names the
 * file and offset, or the address, that it is about.
 */
enum error_code {
	ERROR_OTHER,
	ERROR_NO_MEMORY,
	ERROR_OS,          /* a system call failed: os_error says how */
	ERROR_NOT_FOUND,   /* no such process, file, function, ... */
	ERROR_PERMISSION,  /* the kernel refuses */
	ERROR_BUSY,        /* somebody else is tracing the process */
	ERROR_GONE,        /* the process ended meanwhile */
	ERROR_NOT_GO,      /* not a Go program */
	ERROR_UNSUPPORTED, /* a Go release or a feature that dowse does not know */
	ERROR_CORRUPT,     /* bytes that contradict themselves, or end too early */
	ERROR_FAULT,       /* an address that cannot be read */
	ERROR_LIMIT,       /* a limit of ours, or one that the user set */
	ERROR_USAGE,       /* wrong use of the command line */
};

struct error {
	enum error_code code;
	int os_error; /* errno, or 0 */
	char message[];
};

struct error *error_new(enum error_code code, const char *format, ...) printf_like(2, 3) must_use;

/* "<format>: <strerror(os_error)>"; the code follows from os_error (EPERM, ESRCH, ENOMEM, ...). */
struct error *error_os(int os_error, const char *format, ...) printf_like(2, 3) must_use;

/* "<format>: <the message of error>", with its code; takes error over. NULL stays NULL. */
struct error *error_wrap(struct error *error, const char *format, ...) printf_like(2, 3) must_use;

/* The one error that needs no memory; destroying it is harmless. */
struct error *error_no_memory(void) must_use;

/* NULL and the static error are accepted. */
void error_destroy(struct error *error);

static inline void error_cleanup(struct error **error)
{
	error_destroy(*error);
}

/* Return the error of `expression` to the caller, if there is one. */
#define TRY(expression)                                                                            \
	do {                                                                                       \
		struct error *try_error_ = (expression);                                           \
		if (try_error_)                                                                    \
			return try_error_;                                                         \
	} while (0)

/* For what is worth trying but not worth failing for: true when it worked. */
static inline bool error_ignore(struct error *error)
{
	if (!error)
		return true;
	error_destroy(error);
	return false;
}

#endif
