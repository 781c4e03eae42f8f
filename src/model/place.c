/* SPDX-License-Identifier: Apache-2.0 */
#include "model/place.h"

#include <string.h>

/* The length of the package's path at the head of a function's name; 0 when there is none. */
static size_t package_length(const char *function)
{
	const char *bracket = strchr(function, '[');
	const char *parenthesis = strchr(function, '(');
	size_t end = strlen(function);
	if (bracket)
		end = MIN(end, (size_t)(bracket - function));
	if (parenthesis)
		end = MIN(end, (size_t)(parenthesis - function));
	/* Dots of the last element are written as %2e; the first one after it ends the path. */
	const char *slash = memrchr(function, '/', end);
	const char *from = slash ? slash : function;
	const char *dot = memchr(from, '.', end - (size_t)(from - function));
	return dot ? (size_t)(dot - function) : 0;
}

static bool has_domain(const char *package, size_t length)
{
	const char *slash = memchr(package, '/', length);
	size_t first = slash ? (size_t)(slash - package) : length;
	return memchr(package, '.', first) || memmem(package, first, "%2e", 3);
}

static bool package_is_in(const char *package, size_t length, const char *module)
{
	size_t module_length = strlen(module);
	return module_length && module_length <= length &&
	       memcmp(package, module, module_length) == 0 &&
	       (module_length == length || package[module_length] == '/');
}

bool place_is_users(const struct place_rule *rule, const char *function)
{
	size_t length = package_length(function);
	/* A slash in the rest of the name is none of a path's. */
	if (strncmp(function, "main.", strlen("main.")) == 0)
		return true;
	if (!length)
		return false;
	if (has_domain(function, length) || package_is_in(function, length, "main"))
		return true;
	for (size_t i = 0; i < rule->module_count; i++) {
		/* Programs of the Go tree itself are module "cmd"; nothing of it is in "std". */
		if (strcmp(rule->modules[i], "std") != 0 &&
		    package_is_in(function, length, rule->modules[i]))
			return true;
	}
	return false;
}

const struct frame *stack_place(const struct stack *stack, const struct place_rule *rule)
{
	for (uint32_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		if (!frame->hidden && place_is_users(rule, frame->function))
			return frame;
	}
	return NULL;
}

static struct place frame_position(const struct frame *frame)
{
	return (struct place){ frame->function, frame->file, frame->line };
}

struct place goroutine_creation(const struct goroutine *goroutine)
{
	const struct goroutine_creator *creator = &goroutine->creator;
	return (struct place){ creator->function, creator->file, creator->line };
}

struct place goroutine_place(const struct goroutine *goroutine, const struct place_rule *rule)
{
	const struct frame *users = stack_place(goroutine->stack, rule);
	if (users)
		return frame_position(users);
	if (goroutine->creator.function)
		return goroutine_creation(goroutine);
	for (uint32_t i = 0; i < goroutine->stack->count; i++) {
		if (!goroutine->stack->frames[i].hidden)
			return frame_position(&goroutine->stack->frames[i]);
	}
	return (struct place){ 0 };
}
