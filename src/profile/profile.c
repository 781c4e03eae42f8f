/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/profile.h"

#include <string.h>

bool profile_text_is(const struct profile *profile, uint32_t text, const char *like)
{
	const struct profile_text *found = &profile->texts[text];
	return found->length == strlen(like) && memcmp(found->bytes, like, found->length) == 0;
}

const char *profile_text_copy(struct profile *profile, uint32_t text)
{
	const struct profile_text *found = &profile->texts[text];
	return arena_copy_string(&profile->arena, found->bytes, found->length);
}

int profile_type_find(const struct profile *profile, const char *type)
{
	for (uint32_t i = 0; i < profile->type_count; i++) {
		if (profile_text_is(profile, profile->types[i].type, type))
			return (int)i;
	}
	return -1;
}

uint32_t profile_type_shown(const struct profile *profile)
{
	for (uint32_t i = 0; profile->default_type && i < profile->type_count; i++) {
		if (profile->types[i].type == profile->default_type)
			return i;
	}
	return profile->type_count ? profile->type_count - 1 : 0;
}

struct profile *profile_new(const char *name)
{
	struct profile *profile = calloc(1, sizeof(*profile));
	if (profile)
		profile->name = name;
	return profile;
}

void profile_destroy(struct profile *profile)
{
	if (!profile)
		return;
	void *owned[] = {
		profile->texts,     profile->types,        profile->mappings, profile->functions,
		profile->locations, profile->lines,        profile->frames,   profile->values,
		profile->labels,    profile->stack_begins, profile->comments, profile->label_begins,
	};
	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		free(owned[i]);
	profile_bytes_deinit(&profile->bytes);
	arena_deinit(&profile->arena);
	free(profile);
}
