/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/function_name.h"

#include <string.h>

#define RELEASE_GENERIC_METHODS  27 /* two lists of type arguments in one name */
#define RELEASE_EXPORTED_METHODS 23 /* methods of the runtime's exported types are shown */

static const char package[] = "runtime.";

static const char *between(struct arena *arena, const char *head, size_t head_length,
			   const char *tail)
{
	size_t tail_length = strlen(tail);
	static const char dots[] = "[...]";
	char *name = arena_allocate_raw(arena, head_length + sizeof(dots) + tail_length);
	if (!name)
		return NULL;
	memcpy(name, head, head_length);
	memcpy(name + head_length, dots, sizeof(dots) - 1);
	memcpy(name + head_length + sizeof(dots) - 1, tail, tail_length + 1);
	return name;
}

/*
 * In "pkg.(*T[A]).m[B]" from Go 1.27: the end of the first list and the beginning of the second.
 * False when the brackets between first and last are one list (which may nest).
 */
static bool find_inner_brackets(const char *first, const char *last, const char **ret_close,
				const char **ret_open)
{
	const char *close = NULL;
	int depth = 1;
	for (const char *at = first + 1; at < last; at++) {
		if (*at == ']' && --depth == 0) {
			close = at;
		} else if (*at == '[' && ++depth == 1 && close) {
			*ret_close = close;
			*ret_open = at;
			return true;
		}
	}
	return false;
}

const char *function_printed_name(const char *linked, int minor, struct arena *arena)
{
	if (strcmp(linked, "runtime.gopanic") == 0)
		return "panic";

	const char *first = strchr(linked, '[');
	const char *last = strrchr(linked, ']');
	if (!first || !last || last < first)
		return linked;

	const char *close, *open;
	if (minor >= RELEASE_GENERIC_METHODS && find_inner_brackets(first, last, &close, &open)) {
		const char *tail = between(arena, close + 1, (size_t)(open - close - 1), last + 1);
		return tail ? between(arena, linked, (size_t)(first - linked), tail) : NULL;
	}
	return between(arena, linked, (size_t)(first - linked), last + 1);
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* For names of package runtime: is it a part of what the package exports? */
static bool is_exported(const char *linked, int minor)
{
	const char *name = linked + sizeof(package) - 1;
	const char *dot = strrchr(name, '.');
	if (minor < RELEASE_EXPORTED_METHODS || !dot)
		return is_capital(name[0]);

	/* "(*Func).Entry": both the type and its method. */
	size_t receiver = (size_t)(dot - name);
	if (receiver >= 3 && name[0] == '(' && name[1] == '*' && name[receiver - 1] == ')')
		name += 2;
	return is_capital(dot[1]) && (receiver == 0 || is_capital(name[0]));
}

/* A wrapper that called into a panic was the last thing that ran: it stays. */
static bool is_panic(const struct layout *layout, int32_t func_id)
{
	return func_id == layout->func_id_gopanic || func_id == layout->func_id_sigpanic ||
	       func_id == layout->func_id_panicwrap;
}

static bool runs_user_code(const struct layout *layout, int32_t func_id, int minor)
{
	enum { RELEASE_SHOWS_FINALIZERS = 25 };
	return minor >= RELEASE_SHOWS_FINALIZERS && (func_id == layout->func_id_run_finalizers ||
						     func_id == layout->func_id_run_cleanups);
}

bool function_is_shown(const char *linked, int32_t func_id, int32_t callee, bool first,
		       const struct layout *layout, int minor)
{
	if (func_id == layout->func_id_wrapper && !is_panic(layout, callee))
		return false;
	if (runs_user_code(layout, func_id, minor))
		return true;
	if (strcmp(linked, "runtime.gopanic") == 0 && !first)
		return true;
	if (!strchr(linked, '.'))
		return false;
	return strncmp(linked, package, sizeof(package) - 1) != 0 || is_exported(linked, minor);
}
