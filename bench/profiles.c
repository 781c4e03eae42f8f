/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-profiles SEED STACKS FUNCTIONS [GROWN]: writes a heap profile as a large program's would be,
 * to standard output, packed by gzip. The same arguments make the same bytes. GROWN is how many in a
 * hundred of the stacks hold twice as much: a second profile of the same program, later.
 */
#include <libdeflate.h>
#include <stdio.h>
#include <string.h>

#include "base/protobuf.h"

enum {
	LOCATIONS_EACH = 2, /* of a function */
	DEPTH_LEAST = 16,
	DEPTH_MORE = 64,
	SHARED_MOST = 42, /* frames that a stack has in common with the one before */
	LEVEL = 6,
};

struct making {
	uint64_t state;
	uint32_t functions;
	struct writer profile, message, inner;
};

static uint64_t draw(struct making *making)
{
	making->state ^= making->state << 13;
	making->state ^= making->state >> 7;
	making->state ^= making->state << 17;
	return making->state * 0x2545f4914f6cdd1du >> 16;
}

static void write_types(struct making *making)
{
	for (unsigned i = 0; i < 4; i++) {
		protobuf_number(&making->message, 1, 1 + i);
		protobuf_number(&making->message, 2, i % 2 ? 6 : 5);
		protobuf_message(&making->profile, 1, &making->message);
	}
	protobuf_number(&making->message, 1, 7);
	protobuf_number(&making->message, 2, 6);
	protobuf_message(&making->profile, 11, &making->message);
	protobuf_number(&making->profile, 12, 524288);
}

static void write_texts(struct making *making)
{
	static const char *const fixed[] = {
		"",      "alloc_objects", "alloc_space", "inuse_objects", "inuse_space",
		"count", "bytes",         "space"
	};
	char text[160];
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		protobuf_bytes(&making->profile, 6, fixed[i], strlen(fixed[i]));
	for (uint32_t i = 0; i < making->functions; i++) {
		int size = snprintf(text, sizeof(text),
				    "example.com/shop/internal/part%u/handlers.(*Type%u).Method%u",
				    i % 997, i % 7919, i);
		protobuf_bytes(&making->profile, 6, text, (size_t)size);
	}
	for (uint32_t i = 0; i < 997; i++) {
		int size = snprintf(text, sizeof(text), "/src/shop/internal/part%u/handlers.go", i);
		protobuf_bytes(&making->profile, 6, text, (size_t)size);
	}
}

static void write_tables(struct making *making)
{
	for (uint32_t i = 0; i < making->functions; i++) {
		protobuf_number(&making->message, 1, i + 1);
		protobuf_number(&making->message, 2, 8 + i);
		protobuf_number(&making->message, 3, 8 + i);
		protobuf_number(&making->message, 4, 8 + making->functions + i % 997);
		protobuf_message(&making->profile, 5, &making->message);
	}
	for (uint32_t i = 0; i < making->functions * LOCATIONS_EACH; i++) {
		uint32_t function = i / LOCATIONS_EACH;
		protobuf_number(&making->message, 1, i + 1);
		protobuf_number(&making->message, 2, 1);
		protobuf_number(&making->message, 3, 0x400000 + (uint64_t)i * 48);
		for (uint32_t line = 0; line < 1u + (i % 5 == 0); line++) {
			protobuf_number(&making->inner, 1,
					(function + line * 31) % making->functions + 1);
			protobuf_number(&making->inner, 2, 10 + i % 400);
			protobuf_message(&making->message, 4, &making->inner);
		}
		protobuf_message(&making->profile, 4, &making->message);
	}
	protobuf_number(&making->message, 1, 1);
	protobuf_number(&making->message, 2, 0x400000);
	protobuf_number(&making->message, 3, 0x4000000);
	protobuf_number(&making->message, 7, 1);
	protobuf_message(&making->profile, 3, &making->message);
}

static void write_samples(struct making *making, uint32_t stacks, uint32_t grown)
{
	uint32_t stack[DEPTH_LEAST + DEPTH_MORE] = { 0 };
	uint32_t locations = making->functions * LOCATIONS_EACH;
	for (uint32_t i = 0; i < stacks; i++) {
		uint32_t depth = DEPTH_LEAST + (uint32_t)(draw(making) % DEPTH_MORE);
		uint32_t shared = (uint32_t)(draw(making) % SHARED_MOST);
		for (uint32_t at = MIN(shared, depth - 1); at < depth; at++)
			stack[at] = 1 + (uint32_t)(draw(making) % locations);
		for (uint32_t at = depth; at-- > 0;)
			protobuf_varint(&making->inner, stack[at] ? stack[at] : 1);
		protobuf_message(&making->message, 1, &making->inner);
		uint64_t size = 16u << draw(making) % 10, count = 1 + draw(making) % 40;
		uint64_t twice = draw(making) % 100 < grown ? 2 : 1;
		uint64_t values[] = { count * 9, count * 9 * size, count * twice,
				      count * size * twice };
		for (size_t v = 0; v < ARRAY_SIZE(values); v++)
			protobuf_varint(&making->inner, values[v]);
		protobuf_message(&making->message, 2, &making->inner);
		protobuf_number(&making->inner, 1, 6);
		protobuf_number(&making->inner, 3, size);
		protobuf_message(&making->message, 3, &making->inner);
		protobuf_message(&making->profile, 2, &making->message);
	}
}

static struct error *pack(const struct writer *profile)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL);
	size_t room = libdeflate_gzip_compress_bound(compressor, profile->length);
	_cleanup_(free_pointer) void *bytes = malloc(room);
	if (!compressor || !bytes)
		return error_no_memory();
	size_t size = libdeflate_gzip_compress(compressor, profile->bytes, profile->length, bytes,
					       room);
	libdeflate_free_compressor(compressor);
	return fwrite(bytes, 1, size, stdout) == size ? NULL
						      : error_new(ERROR_OTHER, "cannot write");
}

int main(int argc, char **argv)
{
	struct making making = {
		.profile = WRITER_TO_MEMORY,
		.message = WRITER_TO_MEMORY,
		.inner = WRITER_TO_MEMORY,
	};
	if (argc < 4)
		return 2;
	making.state = strtoull(argv[1], NULL, 10) * 2 + 1;
	uint32_t stacks = (uint32_t)strtoul(argv[2], NULL, 10);
	making.functions = (uint32_t)strtoul(argv[3], NULL, 10);
	write_types(&making);
	write_samples(&making, stacks, argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 0);
	write_tables(&making);
	write_texts(&making);
	protobuf_number(&making.profile, 9, 1700000000000000000u + (argc > 4) * 3600000000000u);
	struct error *error = pack(&making.profile);
	int status = error != NULL;
	if (error)
		fprintf(stderr, "%s\n", error->message);
	error_destroy(error);
	writer_deinit(&making.profile);
	writer_deinit(&making.message);
	writer_deinit(&making.inner);
	return status;
}
