/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as a profile: what is read has indices that lead somewhere, it can be added to itself and
 * subtracted from itself, which leaves nothing, and judged.
 */
#include <assert.h>
#include <stdlib.h>

#include "leak/profile/look.h"
#include "profile/merge.h"
#include "profile/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct profile *profile)
{
	uint32_t samples = profile->sample_count;
	for (uint32_t i = 0; i < samples; i++) {
		assert(profile->stack_begins[i] <= profile->stack_begins[i + 1]);
		assert(profile->label_begins[i] <= profile->label_begins[i + 1]);
	}
	for (uint32_t i = 0; samples && i < profile->stack_begins[samples]; i++)
		assert(profile->frames[i] < profile->location_count);
	for (uint32_t i = 0; i < profile->location_count; i++) {
		const struct profile_location *location = &profile->locations[i];
		assert(location->first_line + location->line_count <= profile->line_count);
		assert(location->mapping == PROFILE_NONE ||
		       location->mapping < profile->mapping_count);
	}
	for (uint32_t i = 0; i < profile->line_count; i++)
		assert(profile->lines[i].function == PROFILE_NONE ||
		       profile->lines[i].function < profile->function_count);
	for (uint32_t i = 0; i < profile->function_count; i++)
		assert(profile->functions[i].name < profile->text_count);
}

static void judge(struct profile *now, struct profile *before)
{
	struct profile_look look = { 0 };
	if (error_ignore(profile_look(now, before, &look))) {
		for (size_t i = 0; i < look.findings.list.count; i++)
			assert(look.findings.list.items[i].certainty < CERTAINTY_PROVED);
	}
	profile_look_deinit(&look);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(profile_cleanup) struct profile *profile = NULL;
	_cleanup_(profile_cleanup) struct profile *sum = NULL;
	_cleanup_(profile_cleanup) struct profile *difference = NULL;
	if (!error_ignore(profile_read_bytes(data, size, "input", &profile)))
		return 0;
	check(profile);
	struct profile *twice[] = { profile, profile };
	if (error_ignore(profile_merge(twice, 2, "sum", &sum)))
		check(sum);
	if (error_ignore(profile_subtract(profile, profile, false, "difference", &difference)))
		assert(!difference->sample_count);
	judge(profile, NULL);
	if (sum)
		judge(sum, profile);
	return 0;
}
