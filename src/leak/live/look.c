/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/look.h"

struct error *live_places_make(const struct build_info *info, struct live_places *ret)
{
	const char **modules = calloc(info->module_count + 1, sizeof(*modules));
	if (!modules)
		return error_no_memory();
	size_t count = 0;
	if (info->main.path)
		modules[count++] = info->main.path;
	for (size_t i = 0; i < info->module_count; i++) {
		if (info->modules[i].path)
			modules[count++] = info->modules[i].path;
	}
	*ret = (struct live_places){
		.modules = modules,
		.rule = { .modules = modules, .module_count = count },
	};
	return NULL;
}

void live_places_deinit(struct live_places *places)
{
	free(places->modules);
	*places = (struct live_places){ 0 };
}

static struct error *look_fill(struct runtime *runtime, const struct live_places *places,
			       bool no_stop, uint64_t max_pause_ns, struct live_look *look)
{
	const struct runtime_goroutines_options options = {
		.no_stop = no_stop,
		.max_pause_ns = max_pause_ns,
		.with_waits = true,
	};
	const struct goroutine_filter users = { .min_wait_ns = -1 };
	TRY(runtime_goroutines(runtime, &options, &look->goroutines));
	TRY(goroutines_group(look->goroutines, &users, &look->groups));
	const struct live_evidence evidence = {
		.goroutines = look->goroutines,
		.groups = &look->groups,
		.places = places->rule,
		.guessed = runtime_binary(runtime)->layout_source == LAYOUT_FROM_NEAREST,
	};
	return live_find(&evidence, &look->findings);
}

struct error *live_look_take(struct runtime *runtime, const struct live_places *places,
			     bool no_stop, uint64_t max_pause_ns, struct live_look *ret)
{
	struct live_look look = { 0 };
	struct error *error = look_fill(runtime, places, no_stop, max_pause_ns, &look);
	if (error) {
		live_look_deinit(&look);
		return error;
	}
	*ret = look;
	return NULL;
}

void live_look_deinit(struct live_look *look)
{
	findings_deinit(&look->findings);
	goroutine_group_vector_deinit(&look->groups);
	runtime_goroutines_destroy(look->goroutines);
	*look = (struct live_look){ 0 };
}
