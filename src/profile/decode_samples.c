/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/decode_private.h"

/* The third pass: stacks, values and labels. Ids of locations become indices. */

static inline void add_frame(const struct decoding *decoding, struct cursor *cursor, uint64_t id)
{
	struct profile *profile = decoding->profile;
	uint32_t location = ids_find(&decoding->location_ids, id);
	if (location == PROFILE_NONE)
		cursor_fail(cursor, "a location that is not there");
	profile->frames[profile->stack_begins[profile->sample_count + 1]++] = location;
}

static void decode_frames(const struct decoding *decoding, struct cursor *cursor,
			  const struct wire_field *field)
{
	struct cursor packed = field->bytes;
	if (field->type != WIRE_BYTES) {
		add_frame(decoding, cursor, wire_number(cursor, field));
		return;
	}
	while (packed.position < packed.end && !packed.failure)
		add_frame(decoding, &packed, wire_varint(&packed));
	wire_join(cursor, &packed);
}

static void add_value(const struct decoding *decoding, struct cursor *cursor, uint64_t value,
		      uint32_t *count)
{
	struct profile *profile = decoding->profile;
	if (*count < profile->type_count)
		profile->values[(size_t)profile->sample_count * profile->type_count + *count] =
			(int64_t)value;
	else
		cursor_fail(cursor, "more values than there are types");
	++*count;
}

static void decode_values(const struct decoding *decoding, struct cursor *cursor,
			  const struct wire_field *field, uint32_t *count)
{
	struct cursor packed = field->bytes;
	if (field->type != WIRE_BYTES) {
		add_value(decoding, cursor, wire_number(cursor, field), count);
		return;
	}
	while (packed.position < packed.end && !packed.failure)
		add_value(decoding, &packed, wire_varint(&packed), count);
	wire_join(cursor, &packed);
}

static void decode_label(const struct decoding *decoding, struct cursor *cursor,
			 struct cursor message)
{
	struct profile *profile = decoding->profile;
	struct profile_label label = { 0 };
	struct wire_field field;
	while (wire_next(&message, &field)) {
		if (field.number == LABEL_KEY)
			label.key = decode_text(decoding, &message, &field);
		else if (field.number == LABEL_TEXT)
			label.text = decode_text(decoding, &message, &field);
		else if (field.number == LABEL_UNIT)
			label.unit = decode_text(decoding, &message, &field);
		else if (field.number == LABEL_NUMBER)
			label.number = (int64_t)wire_number(&message, &field);
	}
	wire_join(cursor, &message);
	/* One that says nothing is none. */
	if (label.text)
		label.unit = 0, label.number = 0;
	if (label.text || label.number || label.unit)
		profile->labels[profile->label_begins[profile->sample_count + 1]++] = label;
}

static void decode_sample(const struct decoding *decoding, struct cursor *cursor,
			  struct cursor message)
{
	struct profile *profile = decoding->profile;
	uint32_t values = 0, number = profile->sample_count;
	struct wire_field field;
	profile->stack_begins[number + 1] = profile->stack_begins[number];
	profile->label_begins[number + 1] = profile->label_begins[number];
	while (wire_next(&message, &field)) {
		if (field.number == SAMPLE_LOCATION)
			decode_frames(decoding, &message, &field);
		else if (field.number == SAMPLE_VALUE)
			decode_values(decoding, &message, &field, &values);
		else if (field.number == SAMPLE_LABEL)
			decode_label(decoding, &message, field.bytes);
	}
	if (values < profile->type_count)
		cursor_fail(&message, "a sample with fewer values than there are types");
	wire_join(cursor, &message);
	profile->sample_count++;
}

struct error *decode_samples(struct decoding *decoding)
{
	struct cursor cursor = decoding->cursor;
	struct wire_field field;
	while (wire_next(&cursor, &field)) {
		if (field.number == PROFILE_SAMPLE)
			decode_sample(decoding, &cursor, field.bytes);
	}
	return cursor_check(&cursor);
}
