/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "binary/closures.h"
#include "heap/types_private.h"

/* What reflection makes looks like a closure of one of two functions in assembly. */
static const struct {
	const char *function;
	const char *type;
} made_by_reflection[] = {
	{ "reflect.makeFuncStub", "reflect.makeFuncImpl" },
	{ "reflect.methodValueCall", "reflect.methodValue" },
};

static struct error *find_reflected(struct heap_types *types, uint64_t entry, uint64_t *ret)
{
	struct function function;
	if (!binary_function(types_binary(types), entry, &function))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(made_by_reflection); i++) {
		if (strcmp(function.name, made_by_reflection[i].function) == 0)
			return types_find(types, made_by_reflection[i].type, ret);
	}
	return NULL;
}

struct error *types_closure(struct heap_types *types, uint64_t function, struct type *ret,
			    bool *ret_good)
{
	uint64_t descriptor = 0;
	*ret_good = false;
	if (!types->closures_known)
		TRY(closures_find(types_binary(types), &types->closures));
	types->closures_known = true;
	const struct map_slot *slot = map_find(&types->closures, function);
	if (slot)
		descriptor = slot->value;
	else
		TRY(find_reflected(types, function, &descriptor));
	return descriptor ? types_read(types, descriptor, ret, ret_good) : NULL;
}
