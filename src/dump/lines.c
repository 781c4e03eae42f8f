/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/lines.h"

#include <string.h>

#include "base/macros.h"

#define LINE_MAX_LENGTH ((size_t)64 << 10)

bool dump_starts(const char *bytes, size_t length, const char *with)
{
	size_t size = strlen(with);
	return length >= size && memcmp(bytes, with, size) == 0;
}

/* The parenthesis that belongs to the last one; arguments have none, names may. */
static const char *find_open(const char *bytes, size_t length)
{
	const char *open = memrchr(bytes, '(', length - 1);
	if (!open || !memchr(open, ')', (size_t)(bytes + length - 1 - open)))
		return open;
	unsigned depth = 0;
	for (size_t i = length; i-- > 0;) {
		if (bytes[i] == ')')
			depth++;
		else if (bytes[i] == '(' && --depth == 0)
			return bytes + i;
	}
	return NULL;
}

/* A function's name has no blanks but in types, and its first character is one of a name. */
static bool is_name(const char *name, size_t length)
{
	const char *blank = memchr(name, ' ', length);
	if ((unsigned char)name[0] <= '!' || name[0] == '"' || name[0] == '\'')
		return false;
	if (!blank)
		return true;
	const char *brace = memchr(name, '{',
				   (size_t)(blank - name) + 2 <= length ? (size_t)(blank - name) + 2
									: length);
	return brace || memchr(name, '[', (size_t)(blank - name));
}

bool dump_call_parse(const char *bytes, size_t length, struct dump_call *ret)
{
	if (length < 3 || length > LINE_MAX_LENGTH || bytes[length - 1] != ')')
		return false;
	const char *open = find_open(bytes, length);
	if (!open || open == bytes)
		return false;
	size_t name_length = (size_t)(open - bytes);
	if (!is_name(bytes, name_length))
		return false;
	*ret = (struct dump_call){
		.name_length = name_length,
		.inlined = length - name_length == 5 && memcmp(open, "(...)", 5) == 0,
	};
	return true;
}

/* What stands behind FILE:LINE begins with " +0x", " fp=0x" or " pc=0x". */
static size_t cut_offsets(const char *bytes, size_t length)
{
	const char *plus = memrchr(bytes, '+', length);
	if (plus && plus > bytes && plus[-1] == ' ' && (size_t)(bytes + length - plus) > 3 &&
	    plus[1] == '0' && plus[2] == 'x')
		return (size_t)(plus - 1 - bytes);
	/* Of an inlined call nothing stands behind. */
	if (!memrchr(bytes, '=', length))
		return length;
	const char *frame = length > 40 ? memmem(bytes, length, " fp=0x", 6) : NULL;
	if (!frame && length > 8)
		frame = memmem(bytes, length, " pc=0x", 6);
	return frame ? (size_t)(frame - bytes) : length;
}

size_t dump_place_end(const char *bytes, size_t length)
{
	if (length > LINE_MAX_LENGTH)
		return 0;
	size_t end = cut_offsets(bytes, length), digits = end;
	while (digits && bytes[digits - 1] >= '0' && bytes[digits - 1] <= '9')
		digits--;
	if (digits == end || digits < 2 || bytes[digits - 1] != ':')
		return 0;
	return end;
}

static bool is_runtimes(const char *function)
{
	return strncmp(function, "runtime.", 8) == 0;
}

/* What a runtime runs for its program: as the runtime counts them, by the function they begin with. */
static bool is_users_start(const char *function)
{
	static const char *const starts[] = {
		"runtime.main",          "runtime.handleAsyncEvent", "runtime.runfinq",
		"runtime.runFinalizers", "runtime.runCleanups",      "runtime.goexit",
		"runtime.corostart",
	};
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		if (strcmp(function, starts[i]) == 0)
			return true;
	}
	return false;
}

bool dump_is_systems(const struct goroutine *goroutine)
{
	const struct stack *stack = goroutine->stack;
	uint32_t count = stack->count;
	if (goroutine->id == 0)
		return true;
	if (count && strncmp(stack->frames[count - 1].function, "runtime.goexit", 14) == 0)
		count--;
	const char *start = count ? stack->frames[count - 1].function : "";
	if (is_runtimes(start) && !is_users_start(start))
		return true; /* whoever asked for it: package unique does */
	if (!count || !goroutine->creator.function || !is_runtimes(goroutine->creator.function))
		return false;
	/* The goroutine that runs finalizers and cleanups is the program's while one runs. */
	for (uint32_t i = 0; i < count; i++) {
		if (!is_runtimes(stack->frames[i].function))
			return false;
	}
	return true;
}
