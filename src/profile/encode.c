/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/encode.h"

#include <libdeflate.h>

#include "base/protobuf.h"
#include "profile/proto.h"

#define COMPRESSION_LEVEL 6

struct encoding {
	const struct profile *profile;
	struct writer out, message, inner;
};

/* What is zero is not written: that is what a reader takes a missing field for. */
static void number(struct writer *writer, unsigned field, uint64_t value)
{
	if (value)
		protobuf_number(writer, field, value);
}

static void encode_type(struct encoding *encoding, unsigned field, const struct profile_type *type)
{
	number(&encoding->message, TYPE_TYPE, type->type);
	number(&encoding->message, TYPE_UNIT, type->unit);
	protobuf_message(&encoding->out, field, &encoding->message);
}

static void encode_labels(struct encoding *encoding, uint32_t sample)
{
	const struct profile *profile = encoding->profile;
	for (uint32_t i = profile->label_begins[sample]; i < profile->label_begins[sample + 1];
	     i++) {
		const struct profile_label *label = &profile->labels[i];
		number(&encoding->inner, LABEL_KEY, label->key);
		number(&encoding->inner, LABEL_TEXT, label->text);
		number(&encoding->inner, LABEL_NUMBER, (uint64_t)label->number);
		number(&encoding->inner, LABEL_UNIT, label->unit);
		protobuf_message(&encoding->message, SAMPLE_LABEL, &encoding->inner);
	}
}

static void encode_sample(struct encoding *encoding, uint32_t sample)
{
	const struct profile *profile = encoding->profile;
	uint32_t begin = profile->stack_begins[sample], end = profile->stack_begins[sample + 1];
	for (uint32_t i = begin; i < end; i++)
		protobuf_varint(&encoding->inner, profile->frames[i] + UINT64_C(1));
	if (begin < end)
		protobuf_message(&encoding->message, SAMPLE_LOCATION, &encoding->inner);
	for (uint32_t i = 0; i < profile->type_count; i++)
		protobuf_varint(
			&encoding->inner,
			(uint64_t)profile->values[(size_t)sample * profile->type_count + i]);
	protobuf_message(&encoding->message, SAMPLE_VALUE, &encoding->inner);
	encode_labels(encoding, sample);
	protobuf_message(&encoding->out, PROFILE_SAMPLE, &encoding->message);
}

static void encode_mapping(struct encoding *encoding, uint32_t index)
{
	const struct profile_mapping *mapping = &encoding->profile->mappings[index];
	struct writer *message = &encoding->message;
	protobuf_number(message, MAPPING_ID, index + UINT64_C(1));
	number(message, MAPPING_START, mapping->start);
	number(message, MAPPING_LIMIT, mapping->limit);
	number(message, MAPPING_OFFSET, mapping->offset);
	number(message, MAPPING_FILE, mapping->file);
	number(message, MAPPING_BUILD_ID, mapping->build_id);
	number(message, MAPPING_HAS_FUNCTIONS, mapping->has_functions);
	number(message, MAPPING_HAS_FILES, mapping->has_files);
	number(message, MAPPING_HAS_LINES, mapping->has_lines);
	number(message, MAPPING_HAS_INLINED, mapping->has_inlined);
	protobuf_message(&encoding->out, PROFILE_MAPPING, message);
}

static void encode_location(struct encoding *encoding, uint32_t index)
{
	const struct profile *profile = encoding->profile;
	const struct profile_location *location = &profile->locations[index];
	struct writer *message = &encoding->message;
	protobuf_number(message, LOCATION_ID, index + UINT64_C(1));
	if (location->mapping != PROFILE_NONE)
		protobuf_number(message, LOCATION_MAPPING, location->mapping + UINT64_C(1));
	number(message, LOCATION_ADDRESS, location->address);
	for (uint32_t i = 0; i < location->line_count; i++) {
		const struct profile_line *line = &profile->lines[location->first_line + i];
		if (line->function != PROFILE_NONE)
			protobuf_number(&encoding->inner, LINE_FUNCTION,
					line->function + UINT64_C(1));
		number(&encoding->inner, LINE_LINE, (uint64_t)line->line);
		number(&encoding->inner, LINE_COLUMN, (uint64_t)line->column);
		protobuf_message(message, LOCATION_LINE, &encoding->inner);
	}
	number(message, LOCATION_FOLDED, location->folded);
	protobuf_message(&encoding->out, PROFILE_LOCATION, message);
}

static void encode_function(struct encoding *encoding, uint32_t index)
{
	const struct profile_function *function = &encoding->profile->functions[index];
	struct writer *message = &encoding->message;
	protobuf_number(message, FUNCTION_ID, index + UINT64_C(1));
	number(message, FUNCTION_NAME, function->name);
	number(message, FUNCTION_SYSTEM_NAME, function->system_name);
	number(message, FUNCTION_FILE, function->file);
	number(message, FUNCTION_START_LINE, (uint64_t)function->start_line);
	protobuf_message(&encoding->out, PROFILE_FUNCTION, message);
}

static void encode_header(struct encoding *encoding)
{
	const struct profile *profile = encoding->profile;
	struct writer *out = &encoding->out;
	number(out, PROFILE_DROP_FRAMES, profile->drop_frames);
	number(out, PROFILE_KEEP_FRAMES, profile->keep_frames);
	number(out, PROFILE_TIME, (uint64_t)profile->time_ns);
	number(out, PROFILE_DURATION, (uint64_t)profile->duration_ns);
	encode_type(encoding, PROFILE_PERIOD_TYPE, &profile->period_type);
	number(out, PROFILE_PERIOD, (uint64_t)profile->period);
	for (uint32_t i = 0; i < profile->comment_count; i++)
		protobuf_varint(&encoding->inner, profile->comments[i]);
	if (profile->comment_count)
		protobuf_message(out, PROFILE_COMMENT, &encoding->inner);
	number(out, PROFILE_DEFAULT_TYPE, profile->default_type);
	number(out, PROFILE_DOC_URL, profile->doc_url);
}

static struct error *encode_all(struct encoding *encoding)
{
	const struct profile *profile = encoding->profile;
	for (uint32_t i = 0; i < profile->type_count; i++)
		encode_type(encoding, PROFILE_SAMPLE_TYPE, &profile->types[i]);
	for (uint32_t i = 0; i < profile->sample_count; i++)
		encode_sample(encoding, i);
	for (uint32_t i = 0; i < profile->mapping_count; i++)
		encode_mapping(encoding, i);
	for (uint32_t i = 0; i < profile->location_count; i++)
		encode_location(encoding, i);
	for (uint32_t i = 0; i < profile->function_count; i++)
		encode_function(encoding, i);
	for (uint32_t i = 0; i < profile->text_count; i++)
		protobuf_bytes(&encoding->out, PROFILE_STRING, profile->texts[i].bytes,
			       profile->texts[i].length);
	encode_header(encoding);
	return writer_finish(&encoding->out);
}

static struct error *pack(const struct writer *from, struct writer *into)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(COMPRESSION_LEVEL);
	size_t room = compressor ? libdeflate_gzip_compress_bound(compressor, from->length) : 0;
	_cleanup_(free_pointer) void *bytes = room ? malloc(room) : NULL;
	size_t size = bytes ? libdeflate_gzip_compress(compressor, from->bytes, from->length, bytes,
						       room)
			    : 0;
	if (compressor)
		libdeflate_free_compressor(compressor);
	if (!size)
		return error_no_memory();
	writer_bytes(into, bytes, size);
	return NULL;
}

struct error *profile_encode(const struct profile *profile, struct writer *writer)
{
	struct encoding encoding = {
		.profile = profile,
		.out = WRITER_TO_MEMORY,
		.message = WRITER_TO_MEMORY,
		.inner = WRITER_TO_MEMORY,
	};
	struct error *error = encode_all(&encoding);
	if (!error)
		error = pack(&encoding.out, writer);
	writer_deinit(&encoding.out);
	writer_deinit(&encoding.message);
	writer_deinit(&encoding.inner);
	return error;
}
