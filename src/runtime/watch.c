/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/watch.h"

#include <string.h>

#include "binary/type.h"
#include "runtime/watch_private.h"

#define BYTES_LEAST 64 /* of a function, that are looked at */

enum watched {
	WATCHED_TEST,
	WATCHED_BENCHMARK,
	WATCHED_FUZZ,
	WATCHED_EXAMPLE,
	WATCHED_EXIT,
	WATCHED_RACE_EXIT,
	WATCHED_COUNT,
};

static const struct {
	const char *name;
	enum watch_kind kind;
} watched[WATCHED_COUNT] = {
	[WATCHED_TEST] = { "testing.tRunner", WATCH_TEST },
	[WATCHED_BENCHMARK] = { "testing.(*B).runN", WATCH_BENCHMARK },
	[WATCHED_FUZZ] = { "testing.fRunner", WATCH_FUZZ },
	[WATCHED_EXAMPLE] = { "testing.runExample", WATCH_EXAMPLE },
	[WATCHED_EXIT] = { "runtime.exit", 0 },
	[WATCHED_RACE_EXIT] = { "runtime.racefini", 0 },
};

struct planning {
	const struct binary *binary;
	struct watch_code code;
	struct watch_plan *plan;
	int32_t name; /* where testing.common has the name; LAYOUT_ABSENT */
};

static bool is_named(const struct function *function, enum watched which)
{
	return strcmp(function->name, watched[which].name) == 0;
}

static bool read_function(const struct binary *binary, const struct function *function,
			  struct watched_function *ret)
{
	*ret = (struct watched_function){
		.entry = function->entry,
		.end = function->end,
		.bytes = binary_bytes_at(binary, function->entry, BYTES_LEAST),
	};
	return ret->bytes && ret->end > ret->entry;
}

static struct watch_patch *next_patch(struct watch_plan *plan)
{
	return &plan->patches[plan->patch_count];
}

/* The field of the struct that is called so, at whatever depth of embedding; false: none. */
static bool find_field(const struct binary *binary, uint64_t address, const char *name,
		       uint64_t *ret_offset, uint64_t *ret_type)
{
	struct type type;
	struct type_field field;
	if (!error_ignore(type_read(binary, address, &type)) || type.kind != TYPE_STRUCT)
		return false;
	for (size_t i = 0; i < type.count; i++) {
		if (error_ignore(type_field(binary, &type, i, &field)) &&
		    strcmp(field.name, name) == 0) {
			*ret_offset = field.offset;
			*ret_type = field.type;
			return true;
		}
	}
	return false;
}

/*
 * testing.T, B and F begin with what they have in common, and that has the name: their descriptors
 * stand in every binary that has tests.
 */
static struct error *find_name(const struct binary *binary, int32_t *ret)
{
	_cleanup_(u64_vector_deinit) struct u64_vector types = { 0 };
	TRY(type_list(binary, &binary->modules[0], &types));
	for (size_t i = 0; i < types.count; i++) {
		struct type type;
		char name[32];
		uint64_t common, offset, field, string;
		if (!error_ignore(type_read(binary, types.items[i], &type)) ||
		    type.kind != TYPE_STRUCT || !type.named ||
		    !error_ignore(type_name(binary, types.items[i], name, sizeof(name))) ||
		    strcmp(name, "testing.T") != 0 ||
		    !find_field(binary, types.items[i], "common", &offset, &common) || offset ||
		    !find_field(binary, common, "name", &field, &string))
			continue;
		if (error_ignore(type_read(binary, string, &type)) && type.kind == TYPE_STRING &&
		    field < INT32_MAX)
			*ret = (int32_t)field;
		return NULL;
	}
	return NULL;
}

static bool plan_note(struct planning *planning, const struct function *function,
		      enum watched which)
{
	const struct layout *layout = &planning->binary->layout;
	struct watched_function code;
	const struct watch_note note = {
		.kind = watched[which].kind,
		.labels = layout->g_labels,
		.goid = layout->g_goid,
		.name = planning->name,
		.name_is_given = which == WATCHED_EXAMPLE,
		.begins_rounds = which == WATCHED_TEST && planning->plan->exit,
	};
	if (planning->name < 0 || note.labels < 0 || note.goid < 0 ||
	    !read_function(planning->binary, function, &code) ||
	    !watch_machine_note(&planning->code, &code, &note, next_patch(planning->plan)))
		return false;
	planning->plan->patch_count++;
	return true;
}

static void plan_exit(struct planning *planning, const struct function *function)
{
	struct watch_plan *plan = planning->plan;
	struct watched_function code;
	/* By the same name there is a wrapper, which leads to it. */
	if (plan->exit || !read_function(planning->binary, function, &code) ||
	    !watch_machine_exit(&planning->code, &code, planning->binary->layout.g_goid,
				next_patch(plan), next_patch(plan) + 1))
		return;
	plan->patch_count += 2;
	plan->exit = true;
}

/* Functions by their names, in one pass; of runtime.exit there may be two. */
struct found {
	struct function functions[WATCHED_COUNT][2];
	size_t count[WATCHED_COUNT];
};

static void find_functions(const struct binary *binary, struct found *ret)
{
	const struct pclntab *table = binary->modules[0].functions;
	size_t count = pclntab_function_count(table);
	for (size_t i = 0; i < count; i++) {
		struct function function;
		if (!pclntab_function_at(table, i, &function))
			continue;
		for (int which = 0; which < WATCHED_COUNT; which++) {
			if (is_named(&function, (enum watched)which) &&
			    ret->count[which] < ARRAY_SIZE(ret->functions[which]))
				ret->functions[which][ret->count[which]++] = function;
		}
	}
}

struct error *watch_plan_make(const struct binary *binary, uint64_t area, uint8_t *code,
			      struct watch_plan *ret)
{
	struct planning planning = {
		.binary = binary,
		.code = { .bytes = code, .area = area },
		.plan = ret,
		.name = LAYOUT_ABSENT,
	};
	struct found found = { 0 };
	struct watched_function race;
	*ret = (struct watch_plan){ 0 };
	find_functions(binary, &found);
	for (size_t i = 0; i < found.count[WATCHED_EXIT]; i++)
		plan_exit(&planning, &found.functions[WATCHED_EXIT][i]);
	if (found.count[WATCHED_RACE_EXIT] &&
	    read_function(binary, &found.functions[WATCHED_RACE_EXIT][0], &race) &&
	    watch_machine_race_exit(&planning.code, &race, next_patch(ret)))
		ret->patch_count++;
	ret->tests = found.count[WATCHED_TEST] > 0;
	if (ret->tests)
		TRY(find_name(binary, &planning.name));
	for (int which = WATCHED_TEST; which <= WATCHED_EXAMPLE; which++) {
		bool noted = found.count[which] &&
			     plan_note(&planning, &found.functions[which][0], (enum watched)which);
		if (which == WATCHED_TEST) {
			ret->labels = noted;
			ret->rounds = noted && ret->exit;
		}
	}
	return NULL;
}
