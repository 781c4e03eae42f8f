/* SPDX-License-Identifier: Apache-2.0 */
#include "target/snapshot_facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"

/*
 * Every record begins with its length in bytes (u32), so that later versions can add to its end.
 * A string is its length (u32) and its bytes; NULL has the length ~0.
 */
#define NO_STRING      UINT32_MAX
#define RECORD_MAX     ((size_t)1 << 19)
#define STRING_MAX     ((size_t)1 << 18)
#define MAPPING_FLAGS  6
#define DESCRIPTOR_MAX INT32_MAX

struct record {
	struct writer bytes;
};

static void put_u32(struct writer *writer, uint32_t value)
{
	uint8_t bytes[4];
	snapshot_put_u32(bytes, value);
	writer_bytes(writer, bytes, sizeof(bytes));
}

static void put_u64(struct writer *writer, uint64_t value)
{
	uint8_t bytes[8];
	snapshot_put_u64(bytes, value);
	writer_bytes(writer, bytes, sizeof(bytes));
}

static void put_string(struct writer *writer, const char *string)
{
	if (!string) {
		put_u32(writer, NO_STRING);
		return;
	}
	size_t length = MIN(strlen(string), (size_t)STRING_MAX);
	put_u32(writer, (uint32_t)length);
	writer_bytes(writer, string, length);
}

static struct error *section_flush(struct snapshot_section *section)
{
	TRY(writer_finish(&section->bytes));
	if (section->bytes.length)
		TRY(section->flush(section->argument, section->kind, section->bytes.bytes,
				   section->bytes.length));
	section->bytes.length = 0;
	return NULL;
}

static struct error *section_add(struct snapshot_section *section, struct writer *record)
{
	TRY(writer_finish(record));
	if (record->length > RECORD_MAX)
		return error_new(ERROR_LIMIT, "a record of %zu bytes is too long for a snapshot",
				 record->length);
	if (section->bytes.length + 4 + record->length > SNAPSHOT_RAW_MAX)
		TRY(section_flush(section));
	put_u32(&section->bytes, (uint32_t)record->length);
	writer_bytes(&section->bytes, record->bytes, record->length);
	return NULL;
}

struct error *snapshot_section_text(struct snapshot_section *section, const char *name,
				    const char *value)
{
	_cleanup_(writer_deinit) struct writer record = WRITER_TO_MEMORY;
	if (!value)
		return NULL;
	put_string(&record, name);
	put_string(&record, value);
	return section_add(section, &record);
}

struct error *snapshot_section_number(struct snapshot_section *section, const char *name,
				      int64_t value)
{
	char text[32];
	snprintf(text, sizeof(text), "%" PRId64, value);
	return snapshot_section_text(section, name, text);
}

struct error *snapshot_section_thread(struct snapshot_section *section,
				      const struct target_thread *thread)
{
	_cleanup_(writer_deinit) struct writer record = WRITER_TO_MEMORY;
	const struct registers *registers = &thread->registers;
	put_u32(&record, (uint32_t)thread->id);
	put_u32(&record, (uint32_t)thread->namespace_id);
	put_u32(&record, thread->stopped);
	put_u32(&record, registers->general_count);
	put_u64(&record, registers->pc);
	put_u64(&record, registers->sp);
	put_u64(&record, registers->fp);
	put_u64(&record, registers->g);
	put_u64(&record, registers->thread_pointer);
	for (unsigned i = 0; i < registers->general_count && i < REGISTERS_GENERAL_MAX; i++)
		put_u64(&record, registers->general[i]);
	return section_add(section, &record);
}

struct error *snapshot_section_mapping(struct snapshot_section *section,
				       const struct target_mapping *mapping)
{
	_cleanup_(writer_deinit) struct writer record = WRITER_TO_MEMORY;
	put_u64(&record, mapping->start);
	put_u64(&record, mapping->end);
	put_u64(&record, mapping->offset);
	put_u64(&record, mapping->device);
	put_u64(&record, mapping->inode);
	put_u32(&record, (uint32_t)mapping->readable | (uint32_t)mapping->writable << 1 |
				 (uint32_t)mapping->executable << 2 |
				 (uint32_t)mapping->shared << 3 | (uint32_t)mapping->deleted << 4);
	put_string(&record, mapping->path);
	return section_add(section, &record);
}

struct error *snapshot_section_descriptor(struct snapshot_section *section, int number,
					  const struct descriptor *descriptor)
{
	_cleanup_(writer_deinit) struct writer record = WRITER_TO_MEMORY;
	put_u32(&record, (uint32_t)number);
	put_u32(&record, descriptor->listens);
	put_string(&record, descriptor->kind);
	put_string(&record, descriptor->name);
	put_string(&record, descriptor->local);
	put_string(&record, descriptor->remote);
	return section_add(section, &record);
}

struct error *snapshot_section_end(struct snapshot_section *section)
{
	struct error *error = section_flush(section);
	snapshot_section_deinit(section);
	return error;
}

void snapshot_section_deinit(struct snapshot_section *section)
{
	writer_deinit(&section->bytes);
	section->bytes = WRITER_TO_MEMORY;
}

/* NULL stands for no string, and for a damaged one: the cursor knows. */
static const char *take_string(struct cursor *cursor, struct arena *arena, bool *no_memory)
{
	uint32_t length = cursor_u32(cursor);
	if (cursor->failure || length == NO_STRING)
		return NULL;
	const uint8_t *bytes = cursor_bytes(cursor, length);
	if (!bytes && length)
		return NULL;
	const char *copy = arena_copy_string(arena, (const char *)bytes, length);
	*no_memory |= !copy;
	return copy;
}

static struct error *read_fact(struct snapshot_records *records, struct cursor *cursor)
{
	bool no_memory = false;
	struct snapshot_fact fact = {
		.name = take_string(cursor, &records->arena, &no_memory),
		.value = take_string(cursor, &records->arena, &no_memory),
	};
	if (no_memory)
		return error_no_memory();
	if (!fact.name || !fact.value)
		cursor_fail(cursor, "a fact without a name or a value");
	TRY(cursor_check(cursor));
	return snapshot_fact_vector_append(&records->facts, &fact);
}

static struct error *read_thread(struct snapshot_records *records, struct cursor *cursor)
{
	struct target_thread thread = {
		.id = (pid_t)cursor_u32(cursor),
		.namespace_id = (pid_t)cursor_u32(cursor),
		.stopped = cursor_u32(cursor) != 0,
	};
	struct registers *registers = &thread.registers;
	uint32_t count = cursor_u32(cursor);
	if (count > REGISTERS_GENERAL_MAX)
		cursor_fail(cursor, "a thread with too many registers");
	registers->pc = cursor_u64(cursor);
	registers->sp = cursor_u64(cursor);
	registers->fp = cursor_u64(cursor);
	registers->g = cursor_u64(cursor);
	registers->thread_pointer = cursor_u64(cursor);
	TRY(cursor_check(cursor));
	registers->general_count = count;
	for (uint32_t i = 0; i < count; i++)
		registers->general[i] = cursor_u64(cursor);
	TRY(cursor_check(cursor));
	return snapshot_thread_vector_append(&records->threads, &thread);
}

static struct error *read_mapping(struct snapshot_records *records, struct cursor *cursor)
{
	bool no_memory = false;
	struct target_mapping mapping = {
		.start = cursor_u64(cursor),
		.end = cursor_u64(cursor),
		.offset = cursor_u64(cursor),
		.device = cursor_u64(cursor),
		.inode = cursor_u64(cursor),
	};
	uint32_t flags = cursor_u32(cursor);
	mapping.readable = flags & 1;
	mapping.writable = flags & 2;
	mapping.executable = flags & 4;
	mapping.shared = flags & 8;
	mapping.deleted = flags & 16;
	mapping.path = take_string(cursor, &records->arena, &no_memory);
	if (!mapping.path)
		mapping.path = "";
	size_t count = records->mappings.count;
	if (mapping.end < mapping.start ||
	    (count && mapping.start < records->mappings.items[count - 1].end))
		cursor_fail(cursor, "mappings that are not in order");
	if (no_memory)
		return error_no_memory();
	TRY(cursor_check(cursor));
	return snapshot_mapping_vector_append(&records->mappings, &mapping);
}

static struct error *read_descriptor(struct snapshot_records *records, struct cursor *cursor)
{
	bool no_memory = false;
	struct snapshot_descriptor one = { 0 };
	uint32_t number = cursor_u32(cursor);
	one.descriptor.listens = cursor_u32(cursor) != 0;
	one.descriptor.kind = take_string(cursor, &records->arena, &no_memory);
	one.descriptor.name = take_string(cursor, &records->arena, &no_memory);
	one.descriptor.local = take_string(cursor, &records->arena, &no_memory);
	one.descriptor.remote = take_string(cursor, &records->arena, &no_memory);
	size_t count = records->descriptors.count;
	one.number = (int)MIN(number, (uint32_t)DESCRIPTOR_MAX);
	if (number > DESCRIPTOR_MAX ||
	    (count && one.number <= records->descriptors.items[count - 1].number))
		cursor_fail(cursor, "descriptors that are not in order");
	if (no_memory)
		return error_no_memory();
	TRY(cursor_check(cursor));
	return snapshot_descriptor_vector_append(&records->descriptors, &one);
}

static struct error *read_record(struct snapshot_records *records, enum snapshot_kind kind,
				 struct cursor *cursor)
{
	switch (kind) {
	case SNAPSHOT_FACTS:
		return read_fact(records, cursor);
	case SNAPSHOT_THREADS:
		return read_thread(records, cursor);
	case SNAPSHOT_MAPPINGS:
		return read_mapping(records, cursor);
	case SNAPSHOT_DESCRIPTORS:
		return read_descriptor(records, cursor);
	case SNAPSHOT_MEMORY:
	case SNAPSHOT_INDEX:
		break;
	}
	return NULL;
}

struct error *snapshot_records_read(struct snapshot_records *records, enum snapshot_kind kind,
				    const void *bytes, size_t size, const char *name,
				    uint64_t origin)
{
	struct cursor cursor = cursor_make(bytes, size, name, origin);
	while (cursor_left(&cursor)) {
		uint32_t length = cursor_u32(&cursor);
		TRY(cursor_check(&cursor));
		struct cursor record = cursor_sub(&cursor, length);
		TRY(cursor_check(&cursor));
		TRY(read_record(records, kind, &record));
	}
	return NULL;
}

void snapshot_records_deinit(struct snapshot_records *records)
{
	snapshot_fact_vector_deinit(&records->facts);
	snapshot_thread_vector_deinit(&records->threads);
	snapshot_mapping_vector_deinit(&records->mappings);
	snapshot_descriptor_vector_deinit(&records->descriptors);
	arena_deinit(&records->arena);
}
