/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/nodes.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"

struct asked {
	const struct profile_nodes *nodes;
	struct profile_text text;
};

void profile_nodes_deinit(struct profile_nodes *nodes)
{
	intern_deinit(&nodes->names);
	free(nodes->texts);
	free(nodes->of_function);
	free(nodes->of_location);
	free(nodes->many);
	*nodes = (struct profile_nodes){ 0 };
}

static bool same_name(const void *context, uint32_t item)
{
	const struct asked *asked = context;
	const struct profile_text *other = &asked->nodes->texts[item];
	return other->length == asked->text.length &&
	       memcmp(other->bytes, asked->text.bytes, other->length) == 0;
}

static struct error *find_node(struct profile_nodes *nodes, struct profile_text text, uint32_t *ret)
{
	struct asked asked = { nodes, text };
	bool fresh;
	TRY(intern_find(&nodes->names, hash_bytes(text.bytes, text.length), same_name, &asked, ret,
			&fresh));
	if (fresh)
		nodes->texts[*ret] = text;
	return NULL;
}

static struct error *find_address(struct profile_nodes *nodes, struct profile *profile,
				  uint32_t location)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "0x%016llx",
			      (unsigned long long)profile->locations[location].address);
	const char *copy = arena_copy_string(&profile->arena, text, (size_t)length);
	if (!copy)
		return error_no_memory();
	return find_node(nodes, (struct profile_text){ copy, (uint32_t)length },
			 &nodes->of_location[location]);
}

/* Lines without a function stand for nothing. */
static struct error *settle_location(struct profile_nodes *nodes, struct profile *profile,
				     uint32_t location, uint32_t *used)
{
	const struct profile_location *at = &profile->locations[location];
	uint32_t begin = *used, count = 0;
	if (!at->line_count)
		return find_address(nodes, profile, location);
	for (uint32_t i = 0; i < at->line_count; i++) {
		uint32_t function = profile->lines[at->first_line + i].function;
		if (function != PROFILE_NONE)
			nodes->many[begin + 1 + count++] = nodes->of_function[function];
	}
	if (count == 1) {
		nodes->of_location[location] = nodes->many[begin + 1];
		return NULL;
	}
	nodes->many[begin] = count;
	nodes->of_location[location] = begin | PROFILE_NODES_MANY;
	*used = begin + 1 + count;
	return NULL;
}

static struct error *settle(struct profile_nodes *nodes, struct profile *profile)
{
	size_t most = (size_t)profile->function_count + profile->location_count + 1;
	size_t many = (size_t)profile->line_count + profile->location_count + 1;
	uint32_t used = 0;
	/* Both are below 2^31: each of what is counted takes two bytes at least of less than 4 GiB. */
	nodes->texts = calloc(most, sizeof(*nodes->texts));
	nodes->of_function = calloc(profile->function_count + 1u, sizeof(uint32_t));
	nodes->of_location = calloc(profile->location_count + 1u, sizeof(uint32_t));
	nodes->many = calloc(many, sizeof(uint32_t));
	if (!nodes->texts || !nodes->of_function || !nodes->of_location || !nodes->many)
		return error_no_memory();
	for (uint32_t i = 0; i < profile->function_count; i++)
		TRY(find_node(nodes, profile_text(profile, profile->functions[i].name),
			      &nodes->of_function[i]));
	for (uint32_t i = 0; i < profile->location_count; i++)
		TRY(settle_location(nodes, profile, i, &used));
	nodes->count = nodes->names.count;
	return NULL;
}

struct error *profile_nodes_make(struct profile *profile, struct profile_nodes *ret)
{
	struct profile_nodes nodes = { 0 };
	struct error *error = settle(&nodes, profile);
	if (error)
		profile_nodes_deinit(&nodes);
	else
		*ret = nodes;
	return error;
}
