/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/closables.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "binary/type.h"
#include "heap/specials.h"
#include "leak/live/library.h"
#include "runtime/batch.h"
#include "runtime/member.h"

#define DESCRIPTOR_MAX UINT64_C(1 << 30)
#define VALUE_MAX      1024
#define NAME_MAX_BYTES UINT64_C(256)
#define STREAM_SOCKET  1

enum { TYPE_FILE, TYPE_SOCKET, TYPE_ADDRESS };

static const struct library_type types[] = {
	[TYPE_FILE] = { "os", "os.file" },
	[TYPE_SOCKET] = { "net", "net.netFD" },
	[TYPE_ADDRESS] = { "net", "net.TCPAddr" },
};

/* Where fields lie; LIBRARY_NO_FIELD. */
struct fields {
	uint64_t size;
	uint64_t number;
	uint64_t name;
	uint64_t type;
	uint64_t local, remote; /* interfaces */
};

struct reading {
	const struct heap *heap;
	struct target *target;
	struct library_objects objects;
	struct library_object_vector list; /* files and sockets, those that cannot be reached too */
	struct fields fields[2];
	uint64_t port; /* in an address */
	struct closable_vector *closables;
	struct u64_vector locals; /* of each closable: its own address; 0 */
	struct u64_vector texts;  /* its name: where it is, and how long */
};

static bool read_fields(const struct heap *heap, uint64_t descriptor, struct fields *ret)
{
	struct type type;
	if (!descriptor ||
	    !error_ignore(type_read(runtime_binary(heap->runtime), descriptor, &type)) ||
	    type.size > VALUE_MAX)
		return false;
	*ret = (struct fields){
		.size = type.size,
		.number = library_field(heap, descriptor, "pfd.Sysfd"),
		.name = library_field(heap, descriptor, "name"),
		.type = library_field(heap, descriptor, "sotype"),
		.local = library_field(heap, descriptor, "laddr"),
		.remote = library_field(heap, descriptor, "raddr"),
	};
	return ret->number != LIBRARY_NO_FIELD;
}

/* A finalizer knows the type of the pointer that it is handed. */
static struct error *take_special(void *argument, const struct heap_special *special)
{
	struct reading *reading = argument;
	const struct binary *binary = runtime_binary(reading->heap->runtime);
	const struct layout *layout = &binary->layout;
	uint32_t vertex = library_vertex(reading->heap, special->object);
	struct type pointer;
	if (special->kind != layout->special_kind_finalizer || vertex == VERTEX_NONE ||
	    heap_is_reached(reading->heap, vertex) ||
	    !error_ignore(type_read(
		    binary, member_u64(special->bytes, layout->special_finalizer_ot), &pointer)) ||
	    pointer.kind != TYPE_POINTER)
		return NULL;
	for (uint32_t type = TYPE_FILE; type <= TYPE_SOCKET; type++) {
		const struct library_object object = { vertex, type, special->object };
		if (pointer.element && pointer.element == reading->objects.descriptors[type])
			return library_object_vector_append(&reading->list, &object);
	}
	return NULL;
}

static struct error *gather(struct reading *reading)
{
	const char *problem;
	_cleanup_(address_range_vector_deinit) struct address_range_vector ranges = { 0 };
	TRY(library_objects_find(reading->heap, types, ARRAY_SIZE(types), &reading->objects));
	for (size_t i = 0; i < reading->objects.list.count; i++) {
		if (reading->objects.list.items[i].type != TYPE_ADDRESS)
			TRY(library_object_vector_append(&reading->list,
							 &reading->objects.list.items[i]));
	}
	TRY(heap_ranges_read(reading->heap->runtime, &ranges));
	return heap_specials_walk(reading->heap->runtime, &ranges, take_special, reading, &problem);
}

static struct error *take_value(struct reading *reading, const struct library_object *object,
				const uint8_t *bytes)
{
	const struct fields *fields = &reading->fields[object->type];
	bool socket = object->type == TYPE_SOCKET;
	uint64_t remote = 1, kind = STREAM_SOCKET, local = 0, text[2] = { 0 };
	struct closable closable = {
		.kind = socket ? CLOSABLE_SOCKET : CLOSABLE_FILE,
		.vertex = object->vertex,
		.reached = heap_is_reached(reading->heap, object->vertex),
		.number = library_word(bytes, fields->size, fields->number),
	};
	/* -1 once it was closed. */
	if (closable.number > DESCRIPTOR_MAX)
		return NULL;
	if (socket && fields->remote != LIBRARY_NO_FIELD && fields->type != LIBRARY_NO_FIELD) {
		remote = library_word(bytes, fields->size, fields->remote);
		kind = library_word(bytes, fields->size, fields->type) & UINT32_MAX;
		local = library_word(bytes, fields->size, fields->local + 8);
	}
	closable.listens = !remote && kind == STREAM_SOCKET;
	if (!socket && fields->name != LIBRARY_NO_FIELD) {
		text[0] = library_word(bytes, fields->size, fields->name);
		text[1] = library_word(bytes, fields->size, fields->name + 8);
	}
	TRY(u64_vector_append(&reading->locals, &local));
	TRY(u64_vector_append(&reading->texts, &text[0]));
	TRY(u64_vector_append(&reading->texts, &text[1]));
	return closable_vector_append(reading->closables, &closable);
}

static struct error *read_values(struct reading *reading)
{
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	_cleanup_(batch_deinit) struct batch batch = { .target = reading->target, .arena = &arena };
	for (size_t i = 0; i < reading->list.count; i++)
		TRY(batch_add(&batch, reading->list.items[i].address,
			      MAX(reading->fields[reading->list.items[i].type].size, UINT64_C(1))));
	TRY(batch_run(&batch));
	for (size_t i = 0; i < reading->list.count; i++) {
		const uint8_t *bytes = batch_bytes(&batch, i);
		if (bytes && reading->fields[reading->list.items[i].type].size)
			TRY(take_value(reading, &reading->list.items[i], bytes));
	}
	return NULL;
}

/* What a file is called: its bytes, or where they are if these are not there. */
static struct error *read_names(struct reading *reading)
{
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	_cleanup_(batch_deinit) struct batch batch = { .target = reading->target, .arena = &arena };
	const uint64_t *texts = reading->texts.items;
	for (size_t i = 0; i < reading->closables->count; i++)
		TRY(batch_add(&batch, texts[2 * i],
			      (size_t)MIN(MAX(texts[2 * i + 1], UINT64_C(1)), NAME_MAX_BYTES)));
	TRY(batch_run(&batch));
	for (size_t i = 0; i < reading->closables->count; i++) {
		uint64_t length = MIN(texts[2 * i + 1], NAME_MAX_BYTES);
		const uint8_t *bytes = batch_bytes(&batch, i);
		if (!texts[2 * i] || !length)
			continue;
		reading->closables->items[i].name = bytes ? hash_bytes(bytes, length)
							  : hash_more(hash_word(texts[2 * i]),
								      length);
	}
	return NULL;
}

/* The ports of TCP sockets, and whether somebody listens at them. */
static struct error *read_ports(struct reading *reading)
{
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	_cleanup_(batch_deinit) struct batch batch = { .target = reading->target, .arena = &arena };
	_cleanup_(map_deinit) struct map ports = { 0 };
	struct closable_vector *closables = reading->closables;
	struct map_slot *slot;
	if (reading->port == LIBRARY_NO_FIELD)
		return NULL;
	for (size_t i = 0; i < closables->count; i++)
		TRY(batch_add(&batch, reading->locals.items[i] + reading->port, 8));
	TRY(batch_run(&batch));
	for (size_t i = 0; i < closables->count; i++) {
		const uint8_t *bytes = batch_bytes(&batch, i);
		if (bytes && reading->locals.items[i] && closables->items[i].listens)
			TRY(map_insert(&ports, member_u64(bytes, 0) & UINT16_MAX, 0, &slot));
	}
	for (size_t i = 0; i < closables->count; i++) {
		const uint8_t *bytes = batch_bytes(&batch, i);
		struct closable *closable = &closables->items[i];
		closable->accepted = bytes && reading->locals.items[i] && !closable->listens &&
				     closable->kind == CLOSABLE_SOCKET &&
				     map_find(&ports, member_u64(bytes, 0) & UINT16_MAX);
	}
	return NULL;
}

static struct error *read_all(struct reading *reading)
{
	TRY(gather(reading));
	for (uint32_t type = TYPE_FILE; type <= TYPE_SOCKET; type++) {
		if (!read_fields(reading->heap, reading->objects.descriptors[type],
				 &reading->fields[type]))
			reading->fields[type] = (struct fields){ 0 };
	}
	reading->port = library_field(reading->heap, reading->objects.descriptors[TYPE_ADDRESS],
				      "Port");
	TRY(read_values(reading));
	TRY(read_names(reading));
	return read_ports(reading);
}

struct error *closables_read(const struct heap *heap, struct closable_vector *ret)
{
	struct reading reading = {
		.heap = heap,
		.target = runtime_target(heap->runtime),
		.closables = ret,
	};
	struct error *error = read_all(&reading);
	library_objects_deinit(&reading.objects);
	library_object_vector_deinit(&reading.list);
	u64_vector_deinit(&reading.locals);
	u64_vector_deinit(&reading.texts);
	return error;
}

int64_t closables_limit(const struct heap *heap)
{
	pid_t pid = target_pid(runtime_target(heap->runtime));
	struct file_bytes file = { 0 };
	char path[64];
	int64_t limit = -1;
	snprintf(path, sizeof(path), "/proc/%d/limits", (int)pid);
	if (!pid || !error_ignore(file_read(path, 65536, &file)))
		return -1;
	const char *line = strstr((const char *)file.bytes, "Max open files");
	if (line)
		limit = strtoll(line + strlen("Max open files"), NULL, 10);
	file_bytes_deinit(&file);
	return limit > 0 ? limit : -1;
}
