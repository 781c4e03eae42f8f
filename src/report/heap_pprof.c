/* SPDX-License-Identifier: Apache-2.0 */
#include <libdeflate.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/map.h"
#include "report/heap_tree_report.h"
#include "base/protobuf.h"

/*
 * profile.proto: a sample is a stack, leaf first, of locations, each of which is one line of one
 * function. Here a function is what a node is called. Text is a number in the table of strings.
 */
enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE = 2,
	PROFILE_LOCATION = 4,
	PROFILE_FUNCTION = 5,
	PROFILE_STRING = 6,
	PROFILE_TIME = 9,
	PROFILE_DEFAULT_SAMPLE_TYPE = 14,
	VALUE_TYPE = 1,
	VALUE_UNIT = 2,
	SAMPLE_LOCATION = 1,
	SAMPLE_VALUE = 2,
	LOCATION_ID = 1,
	LOCATION_LINE = 4,
	LINE_FUNCTION = 1,
	FUNCTION_ID = 1,
	FUNCTION_NAME = 2,
	FUNCTION_SYSTEM_NAME = 3,
};

#define COMPRESSION_LEVEL 6

struct writing {
	const struct heap_report *report;
	const struct type_tree_vector *tree;
	struct writer profile, message, inner;
	struct map strings;
	uint64_t string_count;
	struct map functions; /* number of a name → 1 + id */
	uint64_t *locations;  /* by node */
};

static struct error *intern(struct writing *writing, const char *text, size_t length, uint64_t *ret)
{
	struct map_slot *slot;
	TRY(map_insert(&writing->strings, hash_bytes(text, length) >> 1, writing->string_count,
		       &slot));
	*ret = slot->value;
	if (slot->value == writing->string_count) {
		writing->string_count++;
		protobuf_bytes(&writing->profile, PROFILE_STRING, text, length);
	}
	return NULL;
}

static struct error *write_type(struct writing *writing, const char *type, const char *unit)
{
	uint64_t type_number, unit_number;
	TRY(intern(writing, type, strlen(type), &type_number));
	TRY(intern(writing, unit, strlen(unit), &unit_number));
	protobuf_number(&writing->message, VALUE_TYPE, type_number);
	protobuf_number(&writing->message, VALUE_UNIT, unit_number);
	protobuf_message(&writing->profile, PROFILE_SAMPLE_TYPE, &writing->message);
	return NULL;
}

/* A function and the location in it have one number. */
static struct error *add_function(struct writing *writing, uint64_t name, uint64_t *ret)
{
	struct map_slot *slot;
	uint64_t fresh = writing->functions.count + 1;
	TRY(map_insert(&writing->functions, name, fresh, &slot));
	*ret = slot->value;
	if (slot->value != fresh)
		return NULL;
	protobuf_number(&writing->message, FUNCTION_ID, fresh);
	protobuf_number(&writing->message, FUNCTION_NAME, name);
	protobuf_number(&writing->message, FUNCTION_SYSTEM_NAME, name);
	protobuf_message(&writing->profile, PROFILE_FUNCTION, &writing->message);
	protobuf_number(&writing->inner, LINE_FUNCTION, fresh);
	protobuf_number(&writing->message, LOCATION_ID, fresh);
	protobuf_message(&writing->message, LOCATION_LINE, &writing->inner);
	protobuf_message(&writing->profile, PROFILE_LOCATION, &writing->message);
	return NULL;
}

static struct error *name_nodes(struct writing *writing)
{
	for (uint32_t i = 0; i < writing->tree->count; i++) {
		struct writer text = WRITER_TO_MEMORY;
		uint64_t name;
		struct error *error = heap_tree_text(writing->report, &writing->tree->items[i],
						     &text);
		if (!error)
			error = intern(writing, text.bytes, text.length, &name);
		if (!error)
			error = add_function(writing, name, &writing->locations[i]);
		writer_deinit(&text);
		TRY(error);
	}
	return NULL;
}

static void write_sample(struct writing *writing, uint32_t number)
{
	const struct type_tree_node *items = writing->tree->items;
	uint32_t at = number;
	do {
		protobuf_varint(&writing->inner, writing->locations[at]);
		at = items[at].parent;
	} while (at);
	protobuf_message(&writing->message, SAMPLE_LOCATION, &writing->inner);
	protobuf_varint(&writing->inner, items[number].group.count);
	protobuf_varint(&writing->inner, items[number].group.bytes);
	protobuf_message(&writing->message, SAMPLE_VALUE, &writing->inner);
	protobuf_message(&writing->profile, PROFILE_SAMPLE, &writing->message);
}

static struct error *write_profile(struct writing *writing)
{
	uint64_t number;
	struct timespec now;
	TRY(intern(writing, "", 0, &number));
	TRY(write_type(writing, "objects", "count"));
	TRY(write_type(writing, "space", "bytes"));
	TRY(intern(writing, "space", strlen("space"), &number));
	protobuf_number(&writing->profile, PROFILE_DEFAULT_SAMPLE_TYPE, number);
	clock_gettime(CLOCK_REALTIME, &now);
	protobuf_number(&writing->profile, PROFILE_TIME,
			(uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
	writing->locations = calloc(writing->tree->count, sizeof(*writing->locations));
	if (!writing->locations)
		return error_no_memory();
	TRY(name_nodes(writing));
	for (uint32_t i = 0; i < writing->tree->count; i++) {
		if (writing->tree->items[i].group.bytes)
			write_sample(writing, i);
	}
	return writer_finish(&writing->profile);
}

static struct error *compress(const struct writer *profile, struct writer *into)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(COMPRESSION_LEVEL);
	size_t room = compressor ? libdeflate_gzip_compress_bound(compressor, profile->length) : 0;
	_cleanup_(free_pointer) void *bytes = room ? malloc(room) : NULL;
	size_t size = bytes ? libdeflate_gzip_compress(compressor, profile->bytes, profile->length,
						       bytes, room)
			    : 0;
	if (compressor)
		libdeflate_free_compressor(compressor);
	if (!size)
		return error_no_memory();
	writer_bytes(into, bytes, size);
	return NULL;
}

struct error *heap_pprof(const struct heap_report *report, const struct type_tree_vector *tree,
			 struct writer *writer)
{
	struct writing writing = {
		.report = report,
		.tree = tree,
		.profile = WRITER_TO_MEMORY,
		.message = WRITER_TO_MEMORY,
		.inner = WRITER_TO_MEMORY,
	};
	struct error *error = write_profile(&writing);
	if (!error)
		error = compress(&writing.profile, writer);
	writer_deinit(&writing.profile);
	writer_deinit(&writing.message);
	writer_deinit(&writing.inner);
	map_deinit(&writing.strings);
	map_deinit(&writing.functions);
	free(writing.locations);
	return error;
}
