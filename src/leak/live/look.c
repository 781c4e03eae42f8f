/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/look.h"

#include "leak/live/liveness.h"

#include "leak/live/holder_private.h"

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

struct error *live_places_add(struct live_places *places, const char *module)
{
	size_t count = places->rule.module_count;
	const char **modules = realloc(places->modules, (count + 1) * sizeof(*modules));
	if (!modules)
		return error_no_memory();
	modules[count] = module;
	places->modules = modules;
	places->rule = (struct place_rule){ .modules = modules, .module_count = count + 1 };
	return NULL;
}

void live_places_deinit(struct live_places *places)
{
	free(places->modules);
	*places = (struct live_places){ 0 };
}

static struct error *look_begin(struct runtime *runtime, const struct live_places *places,
				struct goroutines *goroutines, struct live_look *look)
{
	const struct goroutine_filter users = { .min_wait_ns = -1 };
	TRY(goroutines_group(goroutines, &users, &look->groups));
	look->evidence = (struct live_evidence){
		.goroutines = goroutines,
		.groups = &look->groups,
		.places = places->rule,
		.guessed = runtime_binary(runtime)->layout_source == LAYOUT_FROM_NEAREST,
		.claimed = calloc(goroutines->list.count + 1, 1),
	};
	return look->evidence.claimed ? NULL : error_no_memory();
}

struct error *live_look_at_goroutines(struct runtime *runtime, const struct live_places *places,
				      bool no_stop, uint64_t max_pause_ns, struct live_look *ret)
{
	const struct runtime_goroutines_options options = {
		.no_stop = no_stop,
		.max_pause_ns = max_pause_ns,
		.with_waits = true,
	};
	TRY(runtime_goroutines(runtime, &options, &ret->goroutines));
	return look_begin(runtime, places, ret->goroutines, ret);
}

struct error *live_look_at_heap(struct heap *heap, const struct live_places *places,
				struct live_look *ret)
{
	TRY(look_begin(heap->runtime, places, heap->roots.goroutines, ret));
	ret->evidence.heap = heap;
	TRY(live_holders_create(heap, &ret->evidence.holders));
	TRY(heap_views_read(heap, &ret->views));
	ret->evidence.views = &ret->views;
	TRY(live_holdings_read(heap, &ret->views, &ret->holdings));
	return live_read(&ret->evidence, &ret->notes);
}

struct error *live_look_weigh(struct live_look *look)
{
	struct heap *heap = look->evidence.heap;
	TRY(dominator_tree_create(&heap->dominators, &look->tree));
	look->evidence.tree = &look->tree;
	TRY(live_holdings_weigh(heap, &look->tree, &look->holdings));
	look->evidence.holdings = &look->holdings;
	return NULL;
}

struct error *live_look_judge(struct live_look *look, const struct live_beside *beside)
{
	look->evidence.counters = beside->counters;
	look->evidence.memory = beside->memory;
	look->evidence.past = beside->past;
	look->evidence.age_ns = beside->age_ns;
	if (look->evidence.heap) {
		TRY(liveness_find(look->evidence.heap, &look->liveness));
		TRY(liveness_confirm(look->liveness));
		TRY(liveness_look_beside(look->liveness));
		look->evidence.liveness = look->liveness;
	}
	return live_find(&look->evidence, &look->notes, &look->findings);
}

void live_look_deinit(struct live_look *look)
{
	findings_deinit(&look->findings);
	live_notes_deinit(&look->notes);
	liveness_destroy(look->liveness);
	live_holders_destroy(look->evidence.holders);
	live_holdings_deinit(&look->holdings);
	heap_views_deinit(&look->views);
	dominator_tree_deinit(&look->tree);
	goroutine_group_vector_deinit(&look->groups);
	free(look->evidence.claimed);
	runtime_goroutines_destroy(look->goroutines);
	*look = (struct live_look){ 0 };
}
