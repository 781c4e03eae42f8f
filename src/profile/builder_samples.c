/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/builder.h"

#include <string.h>

#include "base/hash.h"

struct asked {
	const struct builder *builder;
	const struct builder_sample *sample;
};

static bool same_label(const struct profile_label *left, const struct profile_label *right)
{
	return left->key == right->key && left->text == right->text && left->unit == right->unit &&
	       left->number == right->number;
}

static bool same_sample(const void *context, uint32_t item)
{
	const struct asked *asked = context;
	const struct builder *builder = asked->builder;
	const struct builder_sample *sample = asked->sample;
	uint32_t frame = builder->stack_begins.items[item];
	uint32_t label = builder->label_begins.items[item];
	if (builder->stack_begins.items[item + 1] - frame != sample->frame_count ||
	    builder->label_begins.items[item + 1] - label != sample->label_count)
		return false;
	if (sample->frame_count && memcmp(&builder->frames.items[frame], sample->frames,
					  sample->frame_count * sizeof(*sample->frames)) != 0)
		return false;
	for (uint32_t i = 0; i < sample->label_count; i++) {
		if (!same_label(&builder->labels.items[label + i], &sample->labels[i]))
			return false;
	}
	return true;
}

static uint64_t hash_sample(const struct builder_sample *sample)
{
	uint64_t hash = hash_bytes(sample->frames, sample->frame_count * sizeof(*sample->frames));
	for (uint32_t i = 0; i < sample->label_count; i++) {
		const struct profile_label *label = &sample->labels[i];
		hash = hash_more(hash, (uint64_t)label->key << 32 | label->text);
		hash = hash_more(hash, (uint64_t)label->number ^ (uint64_t)label->unit << 40);
	}
	return hash;
}

static struct error *append(struct builder *builder, const struct builder_sample *sample)
{
	uint32_t types = builder->profile->type_count;
	size_t frames = builder->frames.count + sample->frame_count;
	if (frames > builder->frames.capacity)
		TRY(u32_vector_reserve(&builder->frames,
				       MAX(frames, builder->frames.count * 3 / 2)));
	if (frames >= UINT32_MAX)
		return error_no_memory();
	if (sample->frame_count)
		memcpy(builder->frames.items + builder->frames.count, sample->frames,
		       sample->frame_count * sizeof(*sample->frames));
	builder->frames.count = frames;
	for (uint32_t i = 0; i < sample->label_count; i++)
		TRY(profile_label_vector_append(&builder->labels, &sample->labels[i]));
	for (uint32_t i = 0; i < types; i++)
		TRY(value_vector_append(&builder->values, &sample->values[i]));
	uint32_t frame_end = (uint32_t)frames, label_end = (uint32_t)builder->labels.count;
	TRY(u32_vector_append(&builder->stack_begins, &frame_end));
	return u32_vector_append(&builder->label_begins, &label_end);
}

struct error *builder_sample(struct builder *builder, const struct builder_sample *sample)
{
	static const uint32_t none[1];
	struct builder_sample like = *sample;
	if (!like.frames)
		like.frames = none;
	struct asked asked = { builder, &like };
	uint32_t types = builder->profile->type_count, item;
	bool fresh;
	TRY(intern_find(&builder->samples_seen, hash_sample(&like), same_sample, &asked, &item,
			&fresh));
	if (fresh)
		return append(builder, &like);
	int64_t *values = &builder->values.items[(size_t)item * types];
	for (uint32_t i = 0; i < types; i++)
		values[i] = (int64_t)((uint64_t)values[i] + (uint64_t)like.values[i]);
	return NULL;
}

/* Text labels before numbers, by their keys; those of one key stay in order. */
static bool label_is_after(const struct profile_label *left, const struct profile_label *right)
{
	if (!left->text != !right->text)
		return !left->text;
	return left->key > right->key;
}

/* Two sorted runs, from..middle and middle..end, become one. */
static void join_runs(const struct profile_label *labels, uint32_t from, uint32_t middle,
		      uint32_t end, struct profile_label *ret)
{
	uint32_t left = from, right = middle;
	for (uint32_t at = from; at < end; at++) {
		bool takes_right = left == middle ||
				   (right < end && label_is_after(&labels[left], &labels[right]));
		ret[at] = labels[takes_right ? right++ : left++];
	}
}

struct error *builder_sort_labels(struct profile_label *labels, uint32_t count)
{
	struct profile_label few[8];
	_cleanup_(free_pointer) struct profile_label *many = NULL;
	if (count < 2)
		return NULL;
	if (count > ARRAY_SIZE(few) && !(many = malloc(count * sizeof(*many))))
		return error_no_memory();
	struct profile_label *other = many ? many : few;
	for (uint64_t width = 1; width < count; width *= 2) {
		for (uint64_t from = 0; from < count; from += 2 * width)
			join_runs(labels, (uint32_t)from, (uint32_t)MIN(from + width, count),
				  (uint32_t)MIN(from + 2 * width, count), other);
		memcpy(labels, other, count * sizeof(*labels));
	}
	return NULL;
}

/* Leave out samples of zeroes, in place. */
static void drop_zeroes(struct builder *builder)
{
	uint32_t types = builder->profile->type_count, kept = 0, frames = 0, labels = 0;
	uint32_t count = builder->samples_seen.count;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t frame = builder->stack_begins.items[i],
			 frame_end = builder->stack_begins.items[i + 1];
		uint32_t label = builder->label_begins.items[i],
			 label_end = builder->label_begins.items[i + 1];
		bool some = false;
		for (uint32_t v = 0; v < types; v++)
			some |= builder->values.items[(size_t)i * types + v] != 0;
		/* What was cut off in front is never read again. */
		builder->stack_begins.items[kept] = frames;
		builder->label_begins.items[kept] = labels;
		if (!some)
			continue;
		if (frame_end > frame)
			memmove(&builder->frames.items[frames], &builder->frames.items[frame],
				(frame_end - frame) * sizeof(*builder->frames.items));
		if (label_end > label)
			memmove(&builder->labels.items[labels], &builder->labels.items[label],
				(label_end - label) * sizeof(*builder->labels.items));
		memmove(&builder->values.items[(size_t)kept * types],
			&builder->values.items[(size_t)i * types],
			types * sizeof(*builder->values.items));
		frames += frame_end - frame;
		labels += label_end - label;
		kept++;
	}
	builder->stack_begins.items[kept] = frames;
	builder->label_begins.items[kept] = labels;
	builder->samples_seen.count = kept;
}

#define HAND(profile, builder, array, number)                                                      \
	do {                                                                                       \
		(profile)->array = (builder)->array.items;                                         \
		(profile)->number = (uint32_t)(builder)->array.count;                              \
		(builder)->array.items = NULL;                                                     \
	} while (0)

struct error *builder_end(struct builder *builder, bool dropping)
{
	struct profile *profile = builder->profile;
	/* Samples are numbered by their hashes: none must be made after this. */
	if (dropping && builder->samples_seen.count)
		drop_zeroes(builder);
	HAND(profile, builder, texts, text_count);
	HAND(profile, builder, mappings, mapping_count);
	HAND(profile, builder, functions, function_count);
	HAND(profile, builder, locations, location_count);
	HAND(profile, builder, lines, line_count);
	profile->sample_count = builder->samples_seen.count;
	profile->stack_begins = TAKE_PTR(builder->stack_begins.items);
	profile->label_begins = TAKE_PTR(builder->label_begins.items);
	profile->frames = TAKE_PTR(builder->frames.items);
	profile->labels = TAKE_PTR(builder->labels.items);
	profile->values = TAKE_PTR(builder->values.items);
	return NULL;
}
