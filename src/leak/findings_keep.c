/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "leak/compare.h"

static const char *keep_text(const char *text, struct findings *kept)
{
	const char *copy = text ? arena_copy_string(&kept->arena, text, strlen(text)) : NULL;
	kept->no_memory |= text && !copy;
	return copy;
}

static void keep_place(struct place *place, struct findings *kept)
{
	place->function = keep_text(place->function, kept);
	place->file = keep_text(place->file, kept);
}

static void keep_path(struct finding *finding, struct findings *kept)
{
	const char **steps = arena_allocate_raw(&kept->arena,
						finding->path_count * sizeof(*steps) + 1);
	kept->no_memory |= !steps;
	for (size_t i = 0; steps && i < finding->path_count; i++)
		steps[i] = keep_text(finding->path[i], kept);
	finding->path = steps;
}

static void keep_goroutines(struct finding *finding, struct findings *kept)
{
	struct goroutine *example = NULL;
	if (finding->example && (example = arena_allocate(&kept->arena, sizeof(*example))))
		example->id = finding->example->id;
	kept->no_memory |= finding->example && !example;
	finding->example = example;
	if (!finding->members)
		return;
	size_t size = finding->member_count * sizeof(*finding->members);
	uint64_t *members = arena_allocate_raw(&kept->arena, size + 1);
	kept->no_memory |= !members;
	if (members)
		memcpy(members, finding->members, size);
	finding->members = members;
}

struct error *findings_keep(const struct findings *findings, struct findings *ret)
{
	for (size_t i = 0; i < findings->list.count; i++) {
		struct finding finding = findings->list.items[i];
		const char **const texts[] = { &finding.place_word, &finding.subject,
					       &finding.state,      &finding.title,
					       &finding.why,        &finding.settle,
					       &finding.fix,        &finding.diff,
					       &finding.test };
		for (size_t k = 0; k < ARRAY_SIZE(texts); k++)
			*texts[k] = keep_text(*texts[k], ret);
		keep_place(&finding.place, ret);
		keep_place(&finding.created_by, ret);
		keep_path(&finding, ret);
		keep_goroutines(&finding, ret);
		TRY(findings_check(ret));
		TRY(finding_vector_append(&ret->list, &finding));
	}
	return NULL;
}
