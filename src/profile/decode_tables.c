/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/decode_private.h"

/* The second pass: all but the samples. What refers to something keeps its id until all is read. */

uint32_t decode_text(const struct decoding *decoding, struct cursor *cursor,
		     const struct wire_field *field)
{
	uint64_t text = wire_number(cursor, field);
	if (text < decoding->counts.texts)
		return (uint32_t)text;
	cursor_fail(cursor, "a text that is not there");
	return 0;
}

static void decode_type(const struct decoding *decoding, struct cursor *cursor,
			struct cursor message, struct profile_type *ret)
{
	struct wire_field field;
	while (wire_next(&message, &field)) {
		if (field.number == TYPE_TYPE)
			ret->type = decode_text(decoding, &message, &field);
		else if (field.number == TYPE_UNIT)
			ret->unit = decode_text(decoding, &message, &field);
	}
	wire_join(cursor, &message);
}

static void decode_mapping(const struct decoding *decoding, struct cursor *cursor,
			   struct cursor message, struct profile_mapping *ret)
{
	struct wire_field field;
	while (wire_next(&message, &field)) {
		uint64_t *number = field.number == MAPPING_ID       ? &ret->id
				   : field.number == MAPPING_START  ? &ret->start
				   : field.number == MAPPING_LIMIT  ? &ret->limit
				   : field.number == MAPPING_OFFSET ? &ret->offset
								    : NULL;
		uint32_t *text = field.number == MAPPING_FILE       ? &ret->file
				 : field.number == MAPPING_BUILD_ID ? &ret->build_id
								    : NULL;
		bool *flag = field.number == MAPPING_HAS_FUNCTIONS ? &ret->has_functions
			     : field.number == MAPPING_HAS_FILES   ? &ret->has_files
			     : field.number == MAPPING_HAS_LINES   ? &ret->has_lines
			     : field.number == MAPPING_HAS_INLINED ? &ret->has_inlined
								   : NULL;
		if (number)
			*number = wire_number(&message, &field);
		else if (text)
			*text = decode_text(decoding, &message, &field);
		else if (flag)
			*flag = wire_number(&message, &field);
	}
	wire_join(cursor, &message);
}

static void decode_function(const struct decoding *decoding, struct cursor *cursor,
			    struct cursor message, struct profile_function *ret)
{
	struct wire_field field;
	while (wire_next(&message, &field)) {
		switch (field.number) {
		case FUNCTION_ID:
			ret->id = wire_number(&message, &field);
			break;
		case FUNCTION_NAME:
			ret->name = decode_text(decoding, &message, &field);
			break;
		case FUNCTION_SYSTEM_NAME:
			ret->system_name = decode_text(decoding, &message, &field);
			break;
		case FUNCTION_FILE:
			ret->file = decode_text(decoding, &message, &field);
			break;
		case FUNCTION_START_LINE:
			ret->start_line = (int64_t)wire_number(&message, &field);
			break;
		}
	}
	wire_join(cursor, &message);
}

/* Functions may come later: their ids are looked up when all of them are known. */
static void decode_line(struct cursor *cursor, struct cursor message, struct profile_line *ret,
			uint64_t *ret_function)
{
	struct wire_field field;
	*ret_function = 0;
	while (wire_next(&message, &field)) {
		if (field.number == LINE_FUNCTION)
			*ret_function = wire_number(&message, &field);
		else if (field.number == LINE_LINE)
			ret->line = (int64_t)wire_number(&message, &field);
		else if (field.number == LINE_COLUMN)
			ret->column = (int64_t)wire_number(&message, &field);
	}
	wire_join(cursor, &message);
}

/* An id that nobody has refers to nothing, as 0 does. */
static uint32_t decode_reference(const struct ids *ids, uint64_t id)
{
	return id ? ids_find(ids, id) : PROFILE_NONE;
}

static void decode_location(const struct decoding *decoding, struct cursor *cursor,
			    struct cursor message, struct profile_location *ret)
{
	struct profile *profile = decoding->profile;
	struct wire_field field;
	uint64_t function;
	ret->mapping = PROFILE_NONE;
	ret->first_line = profile->line_count;
	while (wire_next(&message, &field)) {
		switch (field.number) {
		case LOCATION_ID:
			ret->id = wire_number(&message, &field);
			break;
		case LOCATION_MAPPING:
			ret->mapping = decode_reference(&decoding->mapping_ids,
							wire_number(&message, &field));
			break;
		case LOCATION_ADDRESS:
			ret->address = wire_number(&message, &field);
			break;
		case LOCATION_LINE:
			decode_line(&message, field.bytes, &profile->lines[profile->line_count],
				    &function);
			profile->lines[profile->line_count++].function =
				decode_reference(&decoding->function_ids, function);
			ret->line_count++;
			break;
		case LOCATION_FOLDED:
			ret->folded = wire_number(&message, &field);
			break;
		}
	}
	wire_join(cursor, &message);
}

static void decode_comments(const struct decoding *decoding, struct cursor *cursor,
			    const struct wire_field *field)
{
	struct profile *profile = decoding->profile;
	struct cursor packed = field->bytes;
	if (field->type != WIRE_BYTES) {
		profile->comments[profile->comment_count++] = decode_text(decoding, cursor, field);
		return;
	}
	while (packed.position < packed.end && !packed.failure) {
		const struct wire_field one = { .value = wire_varint(&packed) };
		profile->comments[profile->comment_count++] = decode_text(decoding, &packed, &one);
	}
	wire_join(cursor, &packed);
}

static void decode_header(const struct decoding *decoding, struct cursor *cursor,
			  const struct wire_field *field)
{
	struct profile *profile = decoding->profile;
	switch (field->number) {
	case PROFILE_DROP_FRAMES:
		profile->drop_frames = decode_text(decoding, cursor, field);
		break;
	case PROFILE_KEEP_FRAMES:
		profile->keep_frames = decode_text(decoding, cursor, field);
		break;
	case PROFILE_TIME:
		profile->time_ns = (int64_t)wire_number(cursor, field);
		break;
	case PROFILE_DURATION:
		profile->duration_ns = (int64_t)wire_number(cursor, field);
		break;
	case PROFILE_PERIOD_TYPE:
		profile->period_type = (struct profile_type){ 0 };
		if (wire_is_message(cursor, field))
			decode_type(decoding, cursor, field->bytes, &profile->period_type);
		break;
	case PROFILE_PERIOD:
		profile->period = (int64_t)wire_number(cursor, field);
		break;
	case PROFILE_COMMENT:
		decode_comments(decoding, cursor, field);
		break;
	case PROFILE_DEFAULT_TYPE:
		profile->default_type = decode_text(decoding, cursor, field);
		break;
	case PROFILE_DOC_URL:
		profile->doc_url = decode_text(decoding, cursor, field);
		break;
	}
}

/* What nothing else is needed for: texts, types, mappings, functions, and what stands alone. */
static void decode_first(struct decoding *decoding, struct cursor *cursor,
			 const struct wire_field *field)
{
	struct profile *profile = decoding->profile;
	switch (field->number) {
	case PROFILE_SAMPLE_TYPE:
		decode_type(decoding, cursor, field->bytes, &profile->types[profile->type_count++]);
		break;
	case PROFILE_MAPPING:
		decode_mapping(decoding, cursor, field->bytes,
			       &profile->mappings[profile->mapping_count++]);
		break;
	case PROFILE_FUNCTION:
		decode_function(decoding, cursor, field->bytes,
				&profile->functions[profile->function_count++]);
		break;
	case PROFILE_STRING:
		profile->texts[profile->text_count++] = (struct profile_text){
			.bytes = (const char *)field->bytes.position,
			.length = (uint32_t)cursor_left(&field->bytes),
		};
		break;
	default:
		decode_header(decoding, cursor, field);
	}
}

static struct error *add_id(const struct decoding *decoding, struct ids *ids, uint64_t id,
			    uint32_t index, const char *what)
{
	bool fresh = false;
	if (id)
		TRY(ids_add(ids, id, index, &fresh));
	if (fresh)
		return NULL;
	return error_new(ERROR_CORRUPT,
			 "%s: %s number %u has the id %llu, which %s (up to offset 0x%zx)",
			 decoding->cursor.name, what, (unsigned)index, (unsigned long long)id,
			 id ? "another one has" : "means none", cursor_left(&decoding->cursor));
}

static struct error *index_first(struct decoding *decoding)
{
	const struct profile *profile = decoding->profile;
	TRY(ids_prepare(&decoding->mapping_ids, profile->mapping_count));
	TRY(ids_prepare(&decoding->function_ids, profile->function_count));
	for (uint32_t i = 0; i < profile->mapping_count; i++)
		TRY(add_id(decoding, &decoding->mapping_ids, profile->mappings[i].id, i,
			   "mapping"));
	for (uint32_t i = 0; i < profile->function_count; i++)
		TRY(add_id(decoding, &decoding->function_ids, profile->functions[i].id, i,
			   "function"));
	if (profile->texts[0].length)
		return error_new(ERROR_CORRUPT, "%s: the first text is not empty, at offset 0x%zx",
				 decoding->cursor.name,
				 (size_t)((const uint8_t *)profile->texts[0].bytes -
					  decoding->cursor.begin));
	return NULL;
}

static struct error *decode_locations(struct decoding *decoding)
{
	struct profile *profile = decoding->profile;
	struct cursor cursor = decoding->cursor;
	struct wire_field field;
	TRY(ids_prepare(&decoding->location_ids, decoding->counts.locations));
	while (wire_next(&cursor, &field)) {
		if (field.number != PROFILE_LOCATION)
			continue;
		uint32_t index = profile->location_count++;
		decode_location(decoding, &cursor, field.bytes, &profile->locations[index]);
		TRY(cursor_check(&cursor));
		TRY(add_id(decoding, &decoding->location_ids, profile->locations[index].id, index,
			   "location"));
	}
	return cursor_check(&cursor);
}

struct error *decode_tables(struct decoding *decoding)
{
	struct cursor cursor = decoding->cursor;
	struct wire_field field;
	while (wire_next(&cursor, &field))
		decode_first(decoding, &cursor, &field);
	TRY(cursor_check(&cursor));
	TRY(index_first(decoding));
	return decode_locations(decoding);
}
