/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/exec_judge.h"

/* "example.com/shop" of the test binary "example.com/shop.test". */
static void name_program(struct exec *exec, const struct evidence *evidence)
{
	const char *path = runtime_binary(evidence->runtime)->build_info.path;
	size_t length = path ? strlen(path) : 0;
	if (length > 5 && strcmp(path + length - 5, ".test") == 0)
		length -= 5;
	if (length < sizeof(exec->told->program))
		snprintf(exec->told->program, sizeof(exec->told->program), "%.*s", (int)length,
			 path ? path : "");
}

/* The package of a function "example.com/shop_test.TestX", if that is its name; its length, 0: it is not. */
static size_t package_of(const char *function, const char *test, size_t length)
{
	static const char external[] = "_test";
	size_t all = strlen(function);
	if (all < length + 2 || function[all - length - 1] != '.' ||
	    memcmp(function + all - length, test, length) != 0)
		return 0;
	const char *slash = strrchr(function, '/');
	const char *dot = strchr(slash ? slash : function, '.');
	size_t package = all - length - 1;
	if (dot != function + package)
		return 0;
	bool apart = package > strlen(external) &&
		     strncmp(dot - strlen(external), external, strlen(external)) == 0;
	return apart ? package - strlen(external) : package;
}

static struct error *name_by_test(struct exec *exec, struct evidence *evidence)
{
	const struct watch_owners owners = exec_owners(exec);
	const struct pclntab *table = runtime_binary(evidence->runtime)->modules[0].functions;
	const char *test = NULL;
	size_t length = 0;
	for (uint64_t i = 0; i < owners.count && !length; i++) {
		const struct watch_slot *slot = &owners.slots[i];
		uint64_t written = __atomic_load_n(&slot->name_length, __ATOMIC_RELAXED);
		if (!watch_slot_is_test(slot))
			continue;
		test = slot->name;
		length = strnlen(test, (size_t)MIN(written, (uint64_t)WATCH_NAME_MAX));
		const char *slash = memchr(test, '/', length);
		length = slash ? (size_t)(slash - test) : length;
	}
	for (size_t i = 0; length && i < pclntab_function_count(table); i++) {
		struct function function;
		size_t package = pclntab_function_at(table, i, &function)
					 ? package_of(function.name, test, length)
					 : 0;
		if (!package || package >= sizeof(exec->told->program))
			continue;
		snprintf(exec->told->program, sizeof(exec->told->program), "%.*s", (int)package,
			 function.name);
		return live_places_add(&evidence->places, exec->told->program);
	}
	return NULL;
}

struct error *exec_name_package(struct exec *exec, struct evidence *evidence)
{
	name_program(exec, evidence);
	if (exec->told->plan.tests && !exec->told->program[0])
		TRY(name_by_test(exec, evidence));
	return NULL;
}

/* "TestX" of "TestX/sub"; its length, 0: it is no test. */
static size_t test_at(const struct watch_owners *owners, uint64_t i, const char **ret)
{
	const struct watch_slot *slot = &owners->slots[i];
	uint64_t written = __atomic_load_n(&slot->name_length, __ATOMIC_RELAXED);
	if (!watch_slot_is_test(slot))
		return 0;
	size_t length = (size_t)MIN(written, (uint64_t)WATCH_NAME_MAX);
	const char *slash = memchr(slot->name, '/', length);
	*ret = slot->name;
	return slash ? (size_t)(slash - slot->name) : length;
}

/* Is that the function of the test, or one that is written in it? */
static bool is_in(const char *function, const char *test, size_t length)
{
	const char *slash = strrchr(function, '/');
	const char *dot = strchr(slash ? slash : function, '.');
	return dot && strncmp(dot + 1, test, length) == 0 &&
	       (!dot[1 + length] || dot[1 + length] == '.');
}

struct error *exec_test_of(const struct watch_owners *owners, const char *function,
			   struct arena *arena, const char **ret)
{
	const char *test, *only = NULL;
	size_t length, only_length = 0;
	bool several = false, found = false;
	*ret = NULL;
	for (uint64_t i = 0; i < owners->count && !found; i++) {
		length = test_at(owners, i, &test);
		if (!length)
			continue;
		found = function && is_in(function, test, length);
		several |= only && (length != only_length || memcmp(only, test, length) != 0);
		if (!only || found) {
			only = test;
			only_length = length;
		}
		if (several && !function)
			return NULL;
	}
	if (!only || (several && !found))
		return NULL;
	*ret = arena_copy_string(arena, only, only_length);
	return *ret ? NULL : error_no_memory();
}
