/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/sites.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "profile/intern.h"
#include "profile/library.h"

static const char *const texts[] = {
#define WAIT(id, text) text,
	PROFILE_WAITS(WAIT)
#undef WAIT
};

const char *profile_wait_text(enum profile_wait wait)
{
	return texts[wait];
}

/* A site before it has strings. */
struct site_key {
	uint32_t name, file, location; /* location: where there is no function */
	int32_t line;
	uint8_t wait;
	bool users, main;
};

struct gathering {
	const struct profile *profile;
	struct intern seen;
	struct site_key *keys;
	uint32_t room;
	uint8_t *function_users; /* by function: is it outside of the library? */
	uint8_t *function_waits;
	/* By location: the first line in it that is outside, or NONE; what its functions wait for. */
	uint32_t *users_line;
	uint8_t *waits;
	int64_t *values;
};

struct asked {
	const struct gathering *gathering;
	struct site_key key;
};

static bool same_key(const void *context, uint32_t item)
{
	const struct asked *asked = context;
	const struct site_key *key = &asked->gathering->keys[item];
	return key->name == asked->key.name && key->file == asked->key.file &&
	       key->line == asked->key.line && key->wait == asked->key.wait &&
	       key->location == asked->key.location;
}

static void gathering_deinit(struct gathering *gathering)
{
	intern_deinit(&gathering->seen);
	free(gathering->keys);
	free(gathering->function_users);
	free(gathering->function_waits);
	free(gathering->users_line);
	free(gathering->waits);
	free(gathering->values);
}

static void look_at_functions(struct gathering *gathering, bool waits)
{
	const struct profile *profile = gathering->profile;
	for (uint32_t i = 0; i < profile->function_count; i++) {
		struct profile_text name = profile_text(profile, profile->functions[i].name);
		gathering->function_users[i] = name.length && !library_has(name.bytes, name.length);
		if (waits && !gathering->function_users[i])
			gathering->function_waits[i] = library_wait(name.bytes, name.length);
	}
	for (uint32_t i = 0; i < profile->location_count; i++) {
		const struct profile_location *location = &profile->locations[i];
		gathering->users_line[i] = PROFILE_NONE;
		for (uint32_t at = location->first_line;
		     at < location->first_line + location->line_count; at++) {
			uint32_t function = profile->lines[at].function;
			if (function == PROFILE_NONE)
				continue;
			if (!gathering->waits[i])
				gathering->waits[i] = gathering->function_waits[function];
			if (gathering->function_users[function]) {
				gathering->users_line[i] = at;
				break;
			}
		}
	}
}

static struct site_key key_of_line(const struct profile *profile, uint32_t line, bool users)
{
	const struct profile_line *at = &profile->lines[line];
	if (at->function == PROFILE_NONE)
		return (struct site_key){ .line = (int32_t)at->line, .location = PROFILE_NONE };
	const struct profile_function *function = &profile->functions[at->function];
	return (struct site_key){
		.name = function->name,
		.file = function->file,
		.line = (int32_t)at->line,
		.location = PROFILE_NONE,
		.users = users,
	};
}

static struct site_key key_of(const struct gathering *gathering, uint32_t sample)
{
	const struct profile *profile = gathering->profile;
	uint32_t begin = profile->stack_begins[sample], end = profile->stack_begins[sample + 1];
	uint8_t wait = 0;
	struct site_key key = { .location = PROFILE_NONE };
	for (uint32_t i = begin; i < end; i++) {
		uint32_t location = profile->frames[i], line = gathering->users_line[location];
		if (!wait)
			wait = gathering->waits[location];
		if (line != PROFILE_NONE) {
			key = key_of_line(profile, line, true);
			key.wait = wait;
			return key;
		}
	}
	if (begin < end) {
		const struct profile_location *leaf = &profile->locations[profile->frames[begin]];
		if (leaf->line_count)
			key = key_of_line(profile, leaf->first_line, false);
		else
			key.location = profile->frames[begin];
	}
	key.wait = wait;
	return key;
}

static struct error *grow(struct gathering *gathering)
{
	uint32_t types = gathering->profile->type_count;
	uint32_t room = gathering->room ? gathering->room * 2 : 256;
	struct site_key *keys = realloc(gathering->keys, room * sizeof(*keys));
	if (!keys)
		return error_no_memory();
	gathering->keys = keys;
	int64_t *values = realloc(gathering->values, (size_t)room * (types + 1) * sizeof(*values));
	if (!values)
		return error_no_memory();
	gathering->values = values;
	gathering->room = room;
	return NULL;
}

/* Its outermost function is the one that calls main.main. */
static bool is_main(const struct profile *profile, uint32_t sample)
{
	uint32_t begin = profile->stack_begins[sample], end = profile->stack_begins[sample + 1];
	if (begin == end)
		return false;
	const struct profile_location *outermost = &profile->locations[profile->frames[end - 1]];
	if (!outermost->line_count)
		return false;
	uint32_t last = outermost->first_line + outermost->line_count - 1;
	uint32_t function = profile->lines[last].function;
	return function != PROFILE_NONE &&
	       profile_text_is(profile, profile->functions[function].name, "runtime.main");
}

static struct error *add_sample(struct gathering *gathering, uint32_t sample, int64_t *totals)
{
	const struct profile *profile = gathering->profile;
	struct asked asked = { gathering, key_of(gathering, sample) };
	uint32_t site, types = profile->type_count;
	bool fresh;
	uint64_t hash = hash_more((uint64_t)asked.key.name << 32 | (uint32_t)asked.key.line,
				  (uint64_t)asked.key.file << 8 | asked.key.wait);
	hash = hash_more(hash, asked.key.location);
	TRY(intern_find(&gathering->seen, hash, same_key, &asked, &site, &fresh));
	if (site == gathering->room)
		TRY(grow(gathering));
	int64_t *values = gathering->values + (size_t)site * types;
	if (fresh) {
		gathering->keys[site] = asked.key;
		memset(values, 0, types * sizeof(*values));
	}
	if (!gathering->keys[site].main && is_main(profile, sample))
		gathering->keys[site].main = true;
	for (uint32_t i = 0; i < types; i++) {
		int64_t value = profile->values[(size_t)sample * types + i];
		values[i] = (int64_t)((uint64_t)values[i] + (uint64_t)value);
		totals[i] = (int64_t)((uint64_t)totals[i] + (uint64_t)value);
	}
	return NULL;
}

static struct error *name_site(const struct profile *profile, const struct site_key *key,
			       struct arena *arena, struct profile_site *ret)
{
	char address[32];
	struct profile_text name = profile_text(profile, key->name),
			    file = profile_text(profile, key->file);
	if (key->location != PROFILE_NONE) {
		snprintf(address, sizeof(address), "0x%llx",
			 (unsigned long long)profile->locations[key->location].address);
		name = (struct profile_text){ address, (uint32_t)strlen(address) };
	}
	*ret = (struct profile_site){
		.place.function = arena_copy_string(arena, name.bytes, name.length),
		.place.file = file.length ? arena_copy_string(arena, file.bytes, file.length)
					  : NULL,
		.place.line = key->line,
		.wait = (enum profile_wait)key->wait,
		.users = key->users,
		.main = key->main,
	};
	return ret->place.function && (!file.length || ret->place.file) ? NULL : error_no_memory();
}

static struct error *gather(struct gathering *gathering, bool waits, struct profile_sites *ret)
{
	const struct profile *profile = gathering->profile;
	gathering->function_users = calloc(profile->function_count + 1u, 1);
	gathering->function_waits = calloc(profile->function_count + 1u, 1);
	gathering->users_line = calloc(profile->location_count + 1u, sizeof(uint32_t));
	gathering->waits = calloc(profile->location_count + 1u, 1);
	ret->totals = calloc(profile->type_count + 1u, sizeof(int64_t));
	if (!gathering->function_users || !gathering->function_waits || !gathering->users_line ||
	    !gathering->waits || !ret->totals)
		return error_no_memory();
	look_at_functions(gathering, waits);
	for (uint32_t i = 0; i < profile->sample_count; i++)
		TRY(add_sample(gathering, i, ret->totals));
	ret->count = gathering->seen.count;
	if (!(ret->list = calloc(ret->count + 1u, sizeof(*ret->list))))
		return error_no_memory();
	for (uint32_t i = 0; i < ret->count; i++)
		TRY(name_site(profile, &gathering->keys[i], &ret->arena, &ret->list[i]));
	ret->type_count = profile->type_count;
	ret->values = TAKE_PTR(gathering->values);
	return NULL;
}

struct error *profile_sites_make(const struct profile *profile, bool waits,
				 struct profile_sites *ret)
{
	_cleanup_(gathering_deinit) struct gathering gathering = { .profile = profile };
	*ret = (struct profile_sites){ 0 };
	return gather(&gathering, waits, ret);
}

void profile_sites_deinit(struct profile_sites *sites)
{
	arena_deinit(&sites->arena);
	free(sites->list);
	free(sites->values);
	free(sites->totals);
	*sites = (struct profile_sites){ 0 };
}

static uint64_t hash_site(const struct profile_site *site)
{
	uint64_t hash = hash_more_text(site->wait, site->place.function);
	return hash_more(hash_more_text(hash, site->place.file), (uint32_t)site->place.line) >> 1;
}

struct error *profile_sites_index(const struct profile_sites *sites, struct map *ret)
{
	struct map_slot *slot;
	for (uint32_t i = 0; i < sites->count; i++)
		TRY(map_insert(ret, hash_site(&sites->list[i]), i, &slot));
	return NULL;
}

int64_t profile_sites_find(const struct profile_sites *sites, const struct map *index,
			   const struct profile_site *like)
{
	const struct map_slot *slot = map_find(index, hash_site(like));
	if (!slot)
		return -1;
	const struct profile_site *site = &sites->list[slot->value];
	bool same = text_equal(site->place.function, like->place.function) &&
		    site->place.line == like->place.line;
	return same ? (int64_t)slot->value : -1;
}
