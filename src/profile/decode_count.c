/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/decode_private.h"

/*
 * The first pass: how much there is, and that all of it is well formed so far as its size and its
 * kind go. Whatever is counted takes at least two bytes, so that no count is larger than the file.
 */
static void count_sample(struct cursor *cursor, struct cursor sample, struct decode_counts *counts)
{
	struct wire_field field;
	while (wire_next(&sample, &field)) {
		if (field.number == SAMPLE_LOCATION)
			counts->frames += wire_count_packed(&sample, &field);
		else if (field.number == SAMPLE_LABEL)
			counts->labels += wire_is_message(&sample, &field);
	}
	wire_join(cursor, &sample);
}

static void count_location(struct cursor *cursor, struct cursor location,
			   struct decode_counts *counts)
{
	struct wire_field field;
	while (wire_next(&location, &field)) {
		if (field.number == LOCATION_LINE)
			counts->lines += wire_is_message(&location, &field);
	}
	wire_join(cursor, &location);
}

static void count_field(struct cursor *cursor, const struct wire_field *field,
			struct decode_counts *counts)
{
	if (field->number == PROFILE_COMMENT) {
		counts->comments += wire_count_packed(cursor, field);
		return;
	}
	if (!field->number || field->number > PROFILE_STRING || !wire_is_message(cursor, field))
		return;
	switch (field->number) {
	case PROFILE_SAMPLE_TYPE:
		counts->types++;
		break;
	case PROFILE_SAMPLE:
		counts->samples++;
		count_sample(cursor, field->bytes, counts);
		break;
	case PROFILE_MAPPING:
		counts->mappings++;
		break;
	case PROFILE_LOCATION:
		counts->locations++;
		count_location(cursor, field->bytes, counts);
		break;
	case PROFILE_FUNCTION:
		counts->functions++;
		break;
	case PROFILE_STRING:
		counts->texts++;
		break;
	}
}

static struct error *check_counts(const struct decoding *decoding)
{
	const struct decode_counts *counts = &decoding->counts;
	const char *name = decoding->cursor.name;
	uint64_t most = MAX(MAX(counts->frames, counts->labels), counts->lines);
	if (cursor_left(&decoding->cursor) >= UINT32_MAX || most >= UINT32_MAX)
		return error_new(ERROR_LIMIT, "%s: it is larger than 4 GiB at offset 0x%zx", name,
				 cursor_left(&decoding->cursor));
	if (counts->samples && !counts->types)
		return error_new(ERROR_CORRUPT,
				 "%s: it has samples, and does not say of what: no type is found "
				 "up to its end at offset 0x%zx",
				 name, cursor_left(&decoding->cursor));
	if (!counts->texts)
		return error_new(ERROR_CORRUPT,
				 "%s: its text is missing: there is none up to its end at "
				 "offset 0x%zx",
				 name, cursor_left(&decoding->cursor));
	return NULL;
}

struct error *decode_count(struct decoding *decoding)
{
	struct cursor cursor = decoding->cursor;
	struct wire_field field;
	while (wire_next(&cursor, &field))
		count_field(&cursor, &field, &decoding->counts);
	TRY(cursor_check(&cursor));
	return check_counts(decoding);
}
