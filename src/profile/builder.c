/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/builder.h"

#include <string.h>

#include "base/hash.h"

/* Sizes of mappings differ by what the kernel rounds. */
#define MAPPING_ROUNDING 0x1000u

struct asked {
	const struct builder *builder;
	const void *item;
	const struct profile_line *lines;
};

struct error *builder_begin(struct profile *profile, struct builder *ret)
{
	uint32_t zero = 0;
	*ret = (struct builder){ .profile = profile };
	TRY(u32_vector_append(&ret->stack_begins, &zero));
	TRY(u32_vector_append(&ret->label_begins, &zero));
	return builder_text(ret, "", 0, false, &zero);
}

static bool same_text(const void *context, uint32_t item)
{
	const struct asked *asked = context;
	const struct profile_text *text = asked->item, *other = &asked->builder->texts.items[item];
	return text->length == other->length &&
	       memcmp(text->bytes, other->bytes, text->length) == 0;
}

struct error *builder_text(struct builder *builder, const char *bytes, size_t length, bool copy,
			   uint32_t *ret)
{
	struct profile_text text = { bytes, (uint32_t)length };
	struct asked asked = { .builder = builder, .item = &text };
	bool fresh;
	TRY(intern_find(&builder->texts_seen, hash_bytes(bytes, length), same_text, &asked, ret,
			&fresh));
	if (!fresh)
		return NULL;
	if (copy && !(text.bytes = arena_copy_string(&builder->profile->arena, bytes, length)))
		return error_no_memory();
	return profile_text_vector_append(&builder->texts, &text);
}

static uint64_t mapping_size(const struct profile_mapping *mapping)
{
	uint64_t size = mapping->limit - mapping->start + MAPPING_ROUNDING - 1;
	return size - size % MAPPING_ROUNDING;
}

static uint32_t mapping_name(const struct profile_mapping *mapping)
{
	return mapping->build_id ? mapping->build_id : mapping->file;
}

/* Wherever it was loaded: what it is of is its build, or else its file. */
static bool same_mapping(const void *context, uint32_t item)
{
	const struct asked *asked = context;
	const struct profile_mapping *mapping = asked->item,
				     *other = &asked->builder->mappings.items[item];
	return mapping_name(mapping) == mapping_name(other) && mapping->offset == other->offset &&
	       mapping_size(mapping) == mapping_size(other);
}

struct error *builder_mapping(struct builder *builder, const struct profile_mapping *like,
			      uint32_t *ret)
{
	struct asked asked = { .builder = builder, .item = like };
	bool fresh;
	uint64_t hash = hash_more(hash_more(mapping_name(like), like->offset), mapping_size(like));
	TRY(intern_find(&builder->mappings_seen, hash, same_mapping, &asked, ret, &fresh));
	if (!fresh)
		return NULL;
	struct profile_mapping mapping = *like;
	mapping.id = *ret + 1;
	return profile_mapping_vector_append(&builder->mappings, &mapping);
}

static bool same_function(const void *context, uint32_t item)
{
	const struct asked *asked = context;
	const struct profile_function *function = asked->item,
				      *other = &asked->builder->functions.items[item];
	return function->name == other->name && function->system_name == other->system_name &&
	       function->file == other->file && function->start_line == other->start_line;
}

struct error *builder_function(struct builder *builder, const struct profile_function *like,
			       uint32_t *ret)
{
	struct asked asked = { .builder = builder, .item = like };
	bool fresh;
	uint64_t hash = hash_more((uint64_t)like->name << 32 | like->system_name,
				  (uint64_t)like->file << 32 | (uint32_t)like->start_line);
	TRY(intern_find(&builder->functions_seen, hash, same_function, &asked, ret, &fresh));
	if (!fresh)
		return NULL;
	struct profile_function function = *like;
	function.id = *ret + 1;
	return profile_function_vector_append(&builder->functions, &function);
}

static bool same_location(const void *context, uint32_t item)
{
	const struct asked *asked = context;
	const struct profile_location *location = asked->item,
				      *other = &asked->builder->locations.items[item];
	if (location->address != other->address || location->mapping != other->mapping ||
	    location->folded != other->folded || location->line_count != other->line_count)
		return false;
	for (uint32_t i = 0; i < location->line_count; i++) {
		const struct profile_line *line = &asked->lines[i],
					  *there = &asked->builder->lines
							    .items[other->first_line + i];
		if (line->function != there->function || line->line != there->line ||
		    line->column != there->column)
			return false;
	}
	return true;
}

struct error *builder_location(struct builder *builder, const struct profile_location *like,
			       const struct profile_line *lines, uint32_t *ret)
{
	struct asked asked = { .builder = builder, .item = like, .lines = lines };
	bool fresh;
	uint64_t hash = hash_more(like->address, (uint64_t)like->mapping << 1 | like->folded);
	for (uint32_t i = 0; i < like->line_count; i++)
		hash = hash_more(hash, (uint64_t)lines[i].function << 32 | (uint32_t)lines[i].line);
	TRY(intern_find(&builder->locations_seen, hash, same_location, &asked, ret, &fresh));
	if (!fresh)
		return NULL;
	struct profile_location location = *like;
	location.id = *ret + 1;
	location.first_line = (uint32_t)builder->lines.count;
	for (uint32_t i = 0; i < like->line_count; i++)
		TRY(profile_line_vector_append(&builder->lines, &lines[i]));
	return profile_location_vector_append(&builder->locations, &location);
}

void builder_deinit(struct builder *builder)
{
	map_deinit(&builder->comments_seen);
	intern_deinit(&builder->texts_seen);
	intern_deinit(&builder->mappings_seen);
	intern_deinit(&builder->functions_seen);
	intern_deinit(&builder->locations_seen);
	intern_deinit(&builder->samples_seen);
	profile_text_vector_deinit(&builder->texts);
	profile_mapping_vector_deinit(&builder->mappings);
	profile_function_vector_deinit(&builder->functions);
	profile_location_vector_deinit(&builder->locations);
	profile_line_vector_deinit(&builder->lines);
	u32_vector_deinit(&builder->stack_begins);
	u32_vector_deinit(&builder->frames);
	u32_vector_deinit(&builder->label_begins);
	value_vector_deinit(&builder->values);
	profile_label_vector_deinit(&builder->labels);
}
