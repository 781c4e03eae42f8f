/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct error out_of_memory = {
	.code = ERROR_NO_MEMORY,
	.os_error = ENOMEM,
	.message = "out of memory",
};

struct error *error_no_memory(void)
{
	return &out_of_memory;
}

/* "<formatted>" or, with a suffix, "<formatted>: <suffix>". */
static struct error *error_format(enum error_code code, int os_error, const char *suffix,
				  const char *format, va_list arguments)
{
	va_list again;
	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		return &out_of_memory;

	size_t suffix_length = suffix ? strlen(suffix) + 2 : 0;
	struct error *error = malloc(sizeof(*error) + (size_t)length + suffix_length + 1);
	if (!error)
		return &out_of_memory;
	error->code = code;
	error->os_error = os_error;
	vsnprintf(error->message, (size_t)length + 1, format, arguments);
	if (suffix)
		snprintf(error->message + length, suffix_length + 1, ": %s", suffix);
	return error;
}

struct error *error_new(enum error_code code, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	struct error *error = error_format(code, 0, NULL, format, arguments);
	va_end(arguments);
	return error;
}

static enum error_code code_of_errno(int os_error)
{
	switch (os_error) {
	case ENOMEM:
		return ERROR_NO_MEMORY;
	case ESRCH:
		return ERROR_GONE;
	case ENOENT:
		return ERROR_NOT_FOUND;
	case EPERM:
	case EACCES:
		return ERROR_PERMISSION;
	case EFAULT:
	case EIO:
		return ERROR_FAULT;
	default:
		return ERROR_OS;
	}
}

struct error *error_os(int os_error, const char *format, ...)
{
	char reason[128];
	const char *text = strerror_r(os_error, reason, sizeof(reason));

	va_list arguments;
	va_start(arguments, format);
	struct error *error = error_format(code_of_errno(os_error), os_error, text, format,
					   arguments);
	va_end(arguments);
	return error;
}

struct error *error_wrap(struct error *error, const char *format, ...)
{
	if (!error || error == &out_of_memory)
		return error;

	va_list arguments;
	va_start(arguments, format);
	struct error *wrapped = error_format(error->code, error->os_error, error->message, format,
					     arguments);
	va_end(arguments);
	error_destroy(error);
	return wrapped;
}

void error_destroy(struct error *error)
{
	if (error != &out_of_memory)
		free(error);
}
