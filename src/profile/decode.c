/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/decode_private.h"

#include <string.h>

/* One more than there are: an array of none is no error either. */
static struct error *take(struct decoding *decoding, uint64_t count, size_t size, void *ret)
{
	uint64_t bytes;
	if (__builtin_mul_overflow(count + 1, size, &bytes))
		bytes = UINT64_MAX;
	TRY(profile_bytes_charge(&decoding->profile->bytes, decoding->cursor.name, bytes));
	void *items = calloc(count + 1, size);
	if (!items)
		return error_no_memory();
	*(void **)ret = items;
	return NULL;
}

static struct error *take_arrays(struct decoding *decoding)
{
	const struct decode_counts *counts = &decoding->counts;
	struct profile *profile = decoding->profile;
	uint64_t values;
	TRY(take(decoding, counts->texts, sizeof(*profile->texts), &profile->texts));
	TRY(take(decoding, counts->types, sizeof(*profile->types), &profile->types));
	TRY(take(decoding, counts->mappings, sizeof(*profile->mappings), &profile->mappings));
	TRY(take(decoding, counts->functions, sizeof(*profile->functions), &profile->functions));
	TRY(take(decoding, counts->locations, sizeof(*profile->locations), &profile->locations));
	TRY(take(decoding, counts->lines, sizeof(*profile->lines), &profile->lines));
	TRY(take(decoding, counts->comments, sizeof(*profile->comments), &profile->comments));
	TRY(take(decoding, counts->samples + 1, sizeof(*profile->stack_begins),
		 &profile->stack_begins));
	TRY(take(decoding, counts->samples + 1, sizeof(*profile->label_begins),
		 &profile->label_begins));
	TRY(take(decoding, counts->frames, sizeof(*profile->frames), &profile->frames));
	TRY(take(decoding, counts->labels, sizeof(*profile->labels), &profile->labels));
	/* Tables of ids: four to sixteen bytes for each. */
	TRY(profile_bytes_charge(&profile->bytes, decoding->cursor.name,
				 (counts->mappings + counts->functions + counts->locations) * 8));
	/* Both are below 2^32, and their product may be anything. */
	values = counts->samples * counts->types;
	return take(decoding, values, sizeof(*profile->values), &profile->values);
}

static struct error *decode_all(struct decoding *decoding)
{
	TRY(decode_count(decoding));
	TRY(take_arrays(decoding));
	TRY(decode_tables(decoding));
	return decode_samples(decoding);
}

struct error *profile_decode(struct profile *profile, const uint8_t *bytes, size_t size)
{
	struct decoding decoding = {
		.profile = profile,
		.cursor = cursor_make(bytes, size, profile->name, 0),
	};
	struct error *error = decode_all(&decoding);
	ids_deinit(&decoding.mapping_ids);
	ids_deinit(&decoding.function_ids);
	ids_deinit(&decoding.location_ids);
	return error;
}

/* Which kind each field of the message is of: a letter for a number, bytes, or both. */
static bool is_known(const struct wire_field *field)
{
	static const char kinds[] = " bbbbbbnnnnbn*nn";
	if (field->number >= sizeof(kinds) - 1)
		return false;
	char kind = kinds[field->number];
	return kind == '*' || kind == (field->type == WIRE_BYTES    ? 'b'
				       : field->type == WIRE_VARINT ? 'n'
								    : '?');
}

/* A type, a sample, ...: its own fields, so far as they are there, are no nonsense either. */
static bool is_plausible(const struct wire_field *outer)
{
	static const uint8_t most[] = { 0, 2, 3, 10, 5, 5 };
	struct cursor cursor = outer->bytes;
	struct wire_field field;
	if (outer->number == PROFILE_PERIOD_TYPE)
		return true;
	if (outer->number >= ARRAY_SIZE(most))
		return true;
	while (wire_next(&cursor, &field)) {
		if (!field.number || field.number > most[outer->number])
			return false;
	}
	return !cursor.failure;
}

bool profile_is_proto(const void *bytes, size_t size, bool whole)
{
	struct cursor cursor = cursor_make(bytes, size, "", 0);
	struct wire_field field;
	unsigned fields = 0;
	/* Three that fit are no chance: what comes behind them may be damaged, and is to be told. */
	while (fields < 3 && wire_next(&cursor, &field)) {
		if (!is_known(&field) || !is_plausible(&field))
			return false;
		fields++;
	}
	/* The head may end in a field, which is known by its tag then. */
	return fields >= 2 || (fields && (whole ? !cursor.failure : cursor.failure != NULL));
}

size_t profile_decode_boundary(const uint8_t *bytes, size_t size)
{
	struct cursor cursor = cursor_make(bytes, size, "", 0);
	struct wire_field field;
	bool had_texts = false, behind_texts = false;
	uint32_t seen = 0;
	size_t repeated = 0;
	for (size_t begin = 0; wire_next(&cursor, &field); begin = cursor_offset(&cursor)) {
		bool table = field.number >= PROFILE_SAMPLE_TYPE && field.number < PROFILE_STRING;
		if (field.number == PROFILE_STRING) {
			had_texts = true;
			behind_texts = false;
			continue;
		}
		behind_texts |= had_texts;
		if (field.number > PROFILE_DOC_URL || field.number == PROFILE_COMMENT)
			continue;
		/* Said twice, it is another profile's: so is what comes behind it. */
		if (!table && behind_texts && (seen >> field.number & 1) && !repeated)
			repeated = begin;
		if (table && behind_texts)
			return repeated ? repeated : begin;
		if (!table)
			seen |= 1u << field.number;
	}
	return size;
}
