/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_BUILDER_H
#define DOWSE_PROFILE_BUILDER_H

#include "base/map.h"
#include "base/vector.h"
#include "profile/intern.h"
#include "profile/profile.h"

DEFINE_VECTOR(u32_vector, uint32_t);
DEFINE_VECTOR(value_vector, int64_t);
DEFINE_VECTOR(profile_text_vector, struct profile_text);
DEFINE_VECTOR(profile_mapping_vector, struct profile_mapping);
DEFINE_VECTOR(profile_function_vector, struct profile_function);
DEFINE_VECTOR(profile_location_vector, struct profile_location);
DEFINE_VECTOR(profile_line_vector, struct profile_line);
DEFINE_VECTOR(profile_label_vector, struct profile_label);

/*
 * Makes a profile piece by piece, each thing once: what is the same by its content has one index.
 * Samples of one stack and the same labels become one, whose values are the sums.
 */
struct builder {
	struct profile *profile;
	struct map comments_seen; /* texts */
	struct intern texts_seen, mappings_seen, functions_seen, locations_seen, samples_seen;
	struct profile_text_vector texts;
	struct profile_mapping_vector mappings;
	struct profile_function_vector functions;
	struct profile_location_vector locations;
	struct profile_line_vector lines;
	struct u32_vector stack_begins, frames, label_begins;
	struct value_vector values;
	struct profile_label_vector labels;
};

/* A sample to be added, in the builder's own indices. */
struct builder_sample {
	const uint32_t *frames;
	uint32_t frame_count;
	const struct profile_label *labels; /* sorted by builder_sort_labels() */
	uint32_t label_count;
	const int64_t *values; /* of each type */
};

/* `profile` has its types, which count the values. */
struct error *builder_begin(struct profile *profile, struct builder *ret) must_use;

/* `copy`: the bytes do not live as long as the profile. */
struct error *builder_text(struct builder *builder, const char *bytes, size_t length, bool copy,
			   uint32_t *ret) must_use;

/* Their ids do not count. */
struct error *builder_mapping(struct builder *builder, const struct profile_mapping *like,
			      uint32_t *ret) must_use;
struct error *builder_function(struct builder *builder, const struct profile_function *like,
			       uint32_t *ret) must_use;
struct error *builder_location(struct builder *builder, const struct profile_location *like,
			       const struct profile_line *lines, uint32_t *ret) must_use;
struct error *builder_sample(struct builder *builder, const struct builder_sample *sample) must_use;

/* Text before numbers, by their keys; those of one key stay in order. */
struct error *builder_sort_labels(struct profile_label *labels, uint32_t count) must_use;

/* Hand all of it to the profile; samples of nothing but zeroes go, if so wanted. */
struct error *builder_end(struct builder *builder, bool drop_zeroes) must_use;

void builder_deinit(struct builder *builder);

#endif
