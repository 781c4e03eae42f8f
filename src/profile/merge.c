/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/merge.h"

#include <string.h>

#include "profile/builder.h"

#define BASE_KEY   "pprof::base"
#define BASE_VALUE "true"

/* One of the profiles on its way into the sum: what its indices have become there. */
struct source {
	const struct profile *profile;
	struct builder *builder;
	uint32_t *texts, *mappings, *functions, *locations; /* 1 + index; 0: not there yet */
	int64_t factor;
	struct profile_label base; /* key 0: none */
	struct u32_vector frames;
	struct profile_label_vector labels;
	struct profile_line_vector lines;
	struct value_vector values;
};

static void source_deinit(struct source *source)
{
	free(source->texts);
	free(source->mappings);
	free(source->functions);
	free(source->locations);
	u32_vector_deinit(&source->frames);
	profile_label_vector_deinit(&source->labels);
	profile_line_vector_deinit(&source->lines);
	value_vector_deinit(&source->values);
}

static struct error *source_begin(struct source *source)
{
	const struct profile *profile = source->profile;
	source->texts = calloc(profile->text_count + 1u, sizeof(uint32_t));
	source->mappings = calloc(profile->mapping_count + 1u, sizeof(uint32_t));
	source->functions = calloc(profile->function_count + 1u, sizeof(uint32_t));
	source->locations = calloc(profile->location_count + 1u, sizeof(uint32_t));
	if (!source->texts || !source->mappings || !source->functions || !source->locations)
		return error_no_memory();
	return value_vector_reserve(&source->values, profile->type_count);
}

static struct error *map_text(struct source *source, uint32_t text, uint32_t *ret)
{
	uint32_t *known = &source->texts[text];
	if (!*known) {
		struct profile_text bytes = profile_text(source->profile, text);
		TRY(builder_text(source->builder, bytes.bytes, bytes.length, true, ret));
		*known = *ret + 1;
	}
	*ret = *known - 1;
	return NULL;
}

static struct error *map_mapping(struct source *source, uint32_t mapping, uint32_t *ret)
{
	uint32_t *known = &source->mappings[mapping];
	if (!*known) {
		struct profile_mapping like = source->profile->mappings[mapping];
		TRY(map_text(source, like.file, &like.file));
		TRY(map_text(source, like.build_id, &like.build_id));
		TRY(builder_mapping(source->builder, &like, ret));
		*known = *ret + 1;
	}
	*ret = *known - 1;
	return NULL;
}

static struct error *map_function(struct source *source, uint32_t function, uint32_t *ret)
{
	if (function == PROFILE_NONE) {
		*ret = PROFILE_NONE;
		return NULL;
	}
	uint32_t *known = &source->functions[function];
	if (!*known) {
		struct profile_function like = source->profile->functions[function];
		TRY(map_text(source, like.name, &like.name));
		TRY(map_text(source, like.system_name, &like.system_name));
		TRY(map_text(source, like.file, &like.file));
		TRY(builder_function(source->builder, &like, ret));
		*known = *ret + 1;
	}
	*ret = *known - 1;
	return NULL;
}

/* Where a mapping was loaded to does not count: addresses move with it. */
static struct error *map_location(struct source *source, uint32_t location, uint32_t *ret)
{
	const struct profile *profile = source->profile;
	struct profile_location like = profile->locations[location];
	if (like.mapping != PROFILE_NONE) {
		uint64_t start = profile->mappings[like.mapping].start;
		TRY(map_mapping(source, like.mapping, &like.mapping));
		like.address += source->builder->mappings.items[like.mapping].start - start;
	}
	source->lines.count = 0;
	for (uint32_t i = 0; i < like.line_count; i++) {
		struct profile_line line = profile->lines[like.first_line + i];
		TRY(map_function(source, line.function, &line.function));
		TRY(profile_line_vector_append(&source->lines, &line));
	}
	TRY(builder_location(source->builder, &like, source->lines.items, ret));
	source->locations[location] = *ret + 1;
	return NULL;
}

static struct error *map_frames(struct source *source, uint32_t sample)
{
	const struct profile *profile = source->profile;
	uint32_t begin = profile->stack_begins[sample], end = profile->stack_begins[sample + 1];
	source->frames.count = 0;
	TRY(u32_vector_reserve(&source->frames, end - begin));
	for (uint32_t i = begin; i < end; i++) {
		uint32_t location = profile->frames[i], mapped = source->locations[location];
		if (!mapped) {
			TRY(map_location(source, location, &mapped));
			mapped++;
		}
		source->frames.items[source->frames.count++] = mapped - 1;
	}
	return NULL;
}

static struct error *map_labels(struct source *source, uint32_t sample)
{
	const struct profile *profile = source->profile;
	source->labels.count = 0;
	for (uint32_t i = profile->label_begins[sample]; i < profile->label_begins[sample + 1];
	     i++) {
		struct profile_label label = profile->labels[i];
		TRY(map_text(source, label.key, &label.key));
		TRY(map_text(source, label.text, &label.text));
		TRY(map_text(source, label.unit, &label.unit));
		/* The new one is in its stead. */
		if (source->base.key && label.text && label.key == source->base.key)
			continue;
		TRY(profile_label_vector_append(&source->labels, &label));
	}
	if (source->base.key)
		TRY(profile_label_vector_append(&source->labels, &source->base));
	return builder_sort_labels(source->labels.items, (uint32_t)source->labels.count);
}

static struct error *map_sample(struct source *source, uint32_t sample)
{
	uint32_t types = source->profile->type_count;
	const int64_t *values = &source->profile->values[(size_t)sample * types];
	bool some = false;
	for (uint32_t i = 0; i < types; i++) {
		some |= values[i] != 0;
		source->values.items[i] = (int64_t)((uint64_t)values[i] * (uint64_t)source->factor);
	}
	if (!some)
		return NULL;
	TRY(map_frames(source, sample));
	TRY(map_labels(source, sample));
	const struct builder_sample like = {
		.frames = source->frames.items,
		.frame_count = (uint32_t)source->frames.count,
		.labels = source->labels.items,
		.label_count = (uint32_t)source->labels.count,
		.values = source->values.items,
	};
	return builder_sample(source->builder, &like);
}

static struct error *add_source(struct builder *builder, const struct profile *profile,
				int64_t factor, bool labelled)
{
	_cleanup_(source_deinit) struct source source = {
		.profile = profile,
		.builder = builder,
		.factor = factor,
	};
	uint32_t first;
	TRY(source_begin(&source));
	if (labelled) {
		TRY(builder_text(builder, BASE_KEY, strlen(BASE_KEY), true, &source.base.key));
		TRY(builder_text(builder, BASE_VALUE, strlen(BASE_VALUE), true, &source.base.text));
	}
	/* The first mapping stands for the program, whatever is sampled first. */
	if (!builder->mappings.count && profile->mapping_count)
		TRY(map_mapping(&source, 0, &first));
	for (uint32_t i = 0; i < profile->sample_count; i++)
		TRY(map_sample(&source, i));
	return NULL;
}

static bool same_text(const struct profile *left, uint32_t text, const struct profile *right,
		      uint32_t other)
{
	struct profile_text a = profile_text(left, text), b = profile_text(right, other);
	return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

static bool same_type(const struct profile *left, const struct profile_type *type,
		      const struct profile *right, const struct profile_type *other)
{
	return same_text(left, type->type, right, other->type) &&
	       same_text(left, type->unit, right, other->unit);
}

struct error *profile_check_compatible(const struct profile *left, const struct profile *right)
{
	bool same = left->type_count == right->type_count &&
		    same_type(left, &left->period_type, right, &right->period_type);
	for (uint32_t i = 0; same && i < left->type_count; i++)
		same = same_type(left, &left->types[i], right, &right->types[i]);
	return same ? NULL
		    : error_new(
			      ERROR_USAGE,
			      "%s and %s cannot be compared or added: they are of different types",
			      left->name, right->name);
}

static struct error *copy_type(struct builder *builder, const struct profile *from,
			       const struct profile_type *type, struct profile_type *ret)
{
	struct profile_text text = profile_text(from, type->type),
			    unit = profile_text(from, type->unit);
	TRY(builder_text(builder, text.bytes, text.length, true, &ret->type));
	return builder_text(builder, unit.bytes, unit.length, true, &ret->unit);
}

static struct error *copy_text(struct builder *builder, const struct profile *from, uint32_t text,
			       uint32_t *into)
{
	struct profile_text bytes = profile_text(from, text);
	return *into ? NULL : builder_text(builder, bytes.bytes, bytes.length, true, into);
}

static struct error *add_comments(struct builder *builder, const struct profile *from)
{
	struct profile *profile = builder->profile;
	uint64_t room = (uint64_t)profile->comment_count + from->comment_count;
	uint32_t *comments = realloc(profile->comments, (room + 1) * sizeof(*comments));
	if (!comments)
		return error_no_memory();
	profile->comments = comments;
	for (uint32_t i = 0; i < from->comment_count; i++) {
		struct map_slot *slot;
		uint32_t text = 0;
		size_t before = builder->comments_seen.count;
		TRY(copy_text(builder, from, from->comments[i], &text));
		TRY(map_insert(&builder->comments_seen, text, 0, &slot));
		if (builder->comments_seen.count > before)
			profile->comments[profile->comment_count++] = text;
	}
	return NULL;
}

static struct error *add_header(struct builder *builder, const struct profile *from)
{
	struct profile *profile = builder->profile;
	if (!profile->time_ns || from->time_ns < profile->time_ns)
		profile->time_ns = from->time_ns;
	profile->duration_ns =
		(int64_t)((uint64_t)profile->duration_ns + (uint64_t)from->duration_ns);
	if (!profile->period || profile->period < from->period)
		profile->period = from->period;
	TRY(copy_text(builder, from, from->default_type, &profile->default_type));
	TRY(copy_text(builder, from, from->doc_url, &profile->doc_url));
	return add_comments(builder, from);
}

static struct error *begin(struct builder *builder, const struct profile *first)
{
	struct profile *profile = builder->profile;
	TRY(builder_begin(profile, builder));
	if (!(profile->types = calloc(first->type_count + 1u, sizeof(*profile->types))))
		return error_no_memory();
	profile->type_count = first->type_count;
	for (uint32_t i = 0; i < first->type_count; i++)
		TRY(copy_type(builder, first, &first->types[i], &profile->types[i]));
	TRY(copy_type(builder, first, &first->period_type, &profile->period_type));
	TRY(copy_text(builder, first, first->drop_frames, &profile->drop_frames));
	return copy_text(builder, first, first->keep_frames, &profile->keep_frames);
}

static struct error *merge_all(struct builder *builder, struct profile *const *profiles,
			       size_t count, bool subtracts, bool labelled)
{
	TRY(begin(builder, profiles[0]));
	for (size_t i = 0; i < count; i++) {
		TRY(profile_check_compatible(profiles[0], profiles[i]));
		TRY(add_header(builder, profiles[i]));
		TRY(add_source(builder, profiles[i], i && subtracts ? -1 : 1, i && labelled));
	}
	return builder_end(builder, true);
}

static struct error *merge(struct profile *const *profiles, size_t count, bool subtracts,
			   bool labelled, const char *name, struct profile **ret)
{
	_cleanup_(profile_cleanup) struct profile *profile = profile_new(name);
	if (!profile || !count)
		return error_no_memory();
	_cleanup_(builder_deinit) struct builder builder = { .profile = profile };
	TRY(merge_all(&builder, profiles, count, subtracts, labelled));
	*ret = TAKE_PTR(profile);
	return NULL;
}

struct error *profile_merge(struct profile *const *profiles, size_t count, const char *name,
			    struct profile **ret)
{
	return merge(profiles, count, false, false, name, ret);
}

struct error *profile_subtract(struct profile *now, struct profile *before, bool labelled,
			       const char *name, struct profile **ret)
{
	struct profile *both[] = { now, before };
	return merge(both, 2, true, labelled, name, ret);
}
