/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_DECODE_PRIVATE_H
#define DOWSE_PROFILE_DECODE_PRIVATE_H

#include "profile/decode.h"
#include "profile/ids.h"
#include "profile/proto.h"
#include "profile/wire.h"

/*
 * Three passes over the bytes: what there is of each kind, so that all arrays are made at once and
 * their size is known before they are; the tables; the samples, whose ids become indices on the way.
 */
struct decode_counts {
	uint64_t texts, types, mappings, functions, locations, lines, comments;
	uint64_t samples, frames, labels;
};

struct decoding {
	struct profile *profile;
	struct cursor cursor; /* at the beginning of the message */
	struct decode_counts counts;
	struct ids mapping_ids, function_ids, location_ids;
};

struct error *decode_count(struct decoding *decoding) must_use;
struct error *decode_tables(struct decoding *decoding) must_use;
struct error *decode_samples(struct decoding *decoding) must_use;

/* A field that is the number of a text; it must be there. */
uint32_t decode_text(const struct decoding *decoding, struct cursor *cursor,
		     const struct wire_field *field);

#endif
