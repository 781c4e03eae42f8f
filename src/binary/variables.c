/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/variables.h"

#include <string.h>

#include "binary/variables_private.h"

/*
 * Both sources are read, where there are both: debug information has types, and lacks what the
 * compiler made up; symbols have sizes.
 */

/* By address; what debug information has first, then the larger. */
static int compare(const void *left, const void *right)
{
	const struct variable *a = left;
	const struct variable *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (!a->type != !b->type)
		return a->type ? -1 : 1;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return strcmp(a->name, b->name);
}

/*
 * Sizes for what is described; 0 for what nothing is in, all of which lies at one address with
 * something else there.
 */
static void measure(struct variables *variables)
{
	struct variable_vector *list = &variables->list;

	for (size_t i = 0; i < list->count; i++) {
		struct variable *variable = &list->items[i];
		if (variable->type)
			variable->size = variables_type_size(variables, variable->type);
	}
}

/* One for each address; what the linker says of its size is right. */
static void merge(struct variables *variables)
{
	struct variable_vector *list = &variables->list;
	size_t kept = 0;

	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare);
	for (size_t i = 0; i < list->count; i++) {
		struct variable *variable = &list->items[i];
		struct variable *last = kept ? &list->items[kept - 1] : NULL;
		if (!variable->size || variable->address + variable->size < variable->address)
			continue;
		if (!last || last->address != variable->address)
			list->items[kept++] = *variable;
		else if (last->type && !variable->type && strcmp(last->name, variable->name) == 0)
			last->size = variable->size;
	}
	list->count = kept;
}

/* Of what lies within another one, nothing is to be found. */
static void drop_inner(struct variables *variables)
{
	struct variable_vector *list = &variables->list;
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct variable *last = kept ? &list->items[kept - 1] : NULL;
		if (!last || list->items[i].address - last->address >= last->size)
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

static struct error *open_module(struct variables *variables, size_t index)
{
	const struct module *module = &variables->binary->modules[index];
	struct elf *elf = module->debug ? module->debug : module->elf;

	variables->debugs[index].module = module;
	TRY(variables_add_symbols(variables, module, elf));
	return variables_add_described(variables, index, elf);
}

struct error *variables_open(const struct binary *binary, struct variables **ret)
{
	_cleanup_(variables_cleanup) struct variables *variables = calloc(1, sizeof(*variables));

	if (!variables)
		return error_no_memory();
	variables->binary = binary;
	variables->debugs = calloc(MAX(binary->module_count, 1), sizeof(*variables->debugs));
	if (!variables->debugs)
		return error_no_memory();
	for (size_t i = 0; i < binary->module_count; i++)
		TRY(open_module(variables, i));
	measure(variables);
	merge(variables);
	for (size_t i = 0; i < binary->module_count; i++) {
		TRY(variables_add_unnamed(variables, i));
		merge(variables);
		drop_inner(variables);
	}
	*ret = TAKE_PTR(variables);
	return NULL;
}

void variables_destroy(struct variables *variables)
{
	if (!variables)
		return;
	for (size_t i = 0; variables->debugs && i < variables->binary->module_count; i++)
		variables_debug_deinit(&variables->debugs[i]);
	free(variables->debugs);
	variable_vector_deinit(&variables->list);
	map_deinit(&variables->descriptors);
	free(variables);
}

const char *variables_problem(const struct variables *variables)
{
	return variables->problem;
}

size_t variables_count(const struct variables *variables)
{
	return variables->list.count;
}

const struct variable *variables_at(const struct variables *variables, size_t index)
{
	return index < variables->list.count ? &variables->list.items[index] : NULL;
}

const struct variable *variables_find(const struct variables *variables, uint64_t address)
{
	const struct variable *items = variables->list.items;
	size_t low = 0;
	size_t high = variables->list.count;

	/* The last that does not begin behind the address. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (items[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address - items[low - 1].address >= items[low - 1].size)
		return NULL;
	return &items[low - 1];
}
