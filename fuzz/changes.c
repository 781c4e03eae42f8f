/* SPDX-License-Identifier: Apache-2.0 */
#include "changes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "runtime/layout_check.h"

struct change {
	uint16_t read;
	uint16_t word;
	uint8_t how;
	uint8_t small;
	uint16_t with;
};

void must_succeed(struct error *error)
{
	if (!error)
		return;
	fprintf(stderr, "%s\n", error->message);
	error_destroy(error);
	abort();
}

/* The mapping that the types of the first module lie in. */
static const struct target_mapping *mapping_of(const struct subject *subject, uint64_t address)
{
	const struct recorded *recorded = subject->recorded;
	for (size_t i = 0; i < recorded->count; i++) {
		if (address >= recorded->mappings[i].start && address < recorded->mappings[i].end)
			return &recorded->mappings[i];
	}
	abort();
}

static int copy_file(const char *path)
{
	struct stat status;
	off_t done = 0;
	int from = open(path, O_RDONLY | O_CLOEXEC), to = memfd_create("executable", MFD_CLOEXEC);
	if (from < 0 || to < 0 || fstat(from, &status) < 0)
		abort();
	while (done < status.st_size) {
		if (sendfile(to, from, &done, (size_t)(status.st_size - done)) <= 0)
			abort();
	}
	close(from);
	return to;
}

/*
 * What is written to the copy shows at once where it is mapped, by pages that are the file's own.
 * Inputs that change it have to open it anew all the same: there may be notes of what was read.
 */
static void open_copy(struct subject *subject)
{
	const struct module *module = &runtime_binary(subject->runtime)->modules[0];
	const struct target_mapping *mapping = mapping_of(subject, module->types);
	_cleanup_(free_pointer) char *path = strdup(mapping->path);
	subject->types = mapping->offset + (module->types - mapping->start);
	subject->types_end = subject->types + (module->types_end - module->types);
	subject->executable = copy_file(path);
	for (size_t i = 0; i < subject->recorded->count; i++) {
		struct target_mapping *one = &subject->recorded->mappings[i];
		char *name;
		if (strcmp(one->path, path) != 0)
			continue;
		if (asprintf(&name, "/proc/self/fd/%d", subject->executable) < 0)
			abort();
		free((void *)(uintptr_t)one->path);
		one->path = name;
	}
	runtime_destroy(subject->runtime);
	must_succeed(runtime_open(&subject->recorded->target, &subject->runtime));
}

void subject_open(struct subject *subject, bool executable)
{
	const char *pid = getenv("DOWSE_FUZZ_PID");
	if (!pid) {
		fprintf(stderr, "DOWSE_FUZZ_PID is not set: use fuzz/with_program\n");
		abort();
	}
	*subject = (struct subject){ .executable = -1 };
	must_succeed(recorded_open((pid_t)strtol(pid, NULL, 10), &subject->recorded));
	must_succeed(runtime_open(&subject->recorded->target, &subject->runtime));
	if (executable)
		open_copy(subject);
}

static uint8_t *word_of(const struct subject *subject, uint16_t read, uint16_t word)
{
	const struct recorded *recorded = subject->recorded;
	const struct target_extent *extent = &recorded->reads.items[read % recorded->reads.count];
	uint64_t words = (extent->end - extent->start + 7) / 8;
	return recorded_word(recorded, (extent->start + word % MAX(words, 1) * 8) & ~(uint64_t)7);
}

static uint64_t changed(const struct subject *subject, const struct change *change, uint64_t was)
{
	static const uint64_t odd[] = { 0, 1, 8, 255, 65536, UINT32_MAX, INT64_MAX, UINT64_MAX };
	const uint8_t *other = word_of(subject, change->with, change->small);
	uint64_t word = was;
	switch (change->how % 5) {
	case 0:
		return odd[change->small % ARRAY_SIZE(odd)];
	case 1:
		return was ^ (uint64_t)1 << change->small % 64;
	case 2:
		if (other)
			memcpy(&word, other, sizeof(word));
		return word;
	case 3:
		return was + (uint64_t)(int64_t)(int16_t)change->with;
	default:
		return change->with;
	}
}

/* The layout may come with a file: what runtime_open() lets pass has to be survived. */
static void change_layout(const struct change *change, struct layout *layout)
{
	int32_t *value = &layout->values[change->word % LAYOUT_FIELDS];
	switch (change->small % 4) {
	case 0:
		*value = LAYOUT_ABSENT;
		break;
	case 1:
		*value = (int32_t)((uint32_t)change->with << 16 | 0xffff) & INT32_MAX;
		break;
	default:
		*value = change->with;
		break;
	}
}

static void change_memory(struct subject *subject, const struct change *change)
{
	struct undo undo = { .at = word_of(subject, change->read, change->word) };
	if (!undo.at)
		return;
	memcpy(&undo.was, undo.at, sizeof(undo.was));
	uint64_t word = changed(subject, change, undo.was);
	memcpy(undo.at, &word, sizeof(word));
	subject->undo[subject->count++] = undo;
}

/* Words at multiples of four: members of types are no wider apart. */
static void change_types(struct subject *subject, const struct change *change)
{
	uint64_t places = (subject->types_end - subject->types - 8) / 4;
	uint64_t place = ((uint64_t)change->read << 16 | change->word) % places;
	struct undo undo = { .position = subject->types + place * 4 };
	if (pread(subject->executable, &undo.was, 8, (off_t)undo.position) != 8)
		abort();
	uint64_t word = changed(subject, change, undo.was);
	if (pwrite(subject->executable, &word, 8, (off_t)undo.position) != 8)
		abort();
	subject->undo[subject->count++] = undo;
}

static struct layout *layout_of(const struct subject *subject)
{
	return (struct layout *)(uintptr_t)&runtime_binary(subject->runtime)->layout;
}

bool subject_change(struct subject *subject, const uint8_t *data, size_t size)
{
	subject->was = *layout_of(subject);
	for (size_t i = 0;
	     i + sizeof(struct change) <= size && i < CHANGES_MAX * sizeof(struct change);
	     i += sizeof(struct change)) {
		struct change change;
		memcpy(&change, data + i, sizeof(change));
		if (change.how % 8 == 7)
			change_layout(&change, layout_of(subject));
		else if (change.how % 8 == 6 && subject->executable >= 0)
			change_types(subject, &change);
		else
			change_memory(subject, &change);
	}
	return error_ignore(layout_check(layout_of(subject)));
}

void subject_restore(struct subject *subject)
{
	*layout_of(subject) = subject->was;
	while (subject->count > 0) {
		const struct undo *undo = &subject->undo[--subject->count];
		if (undo->at)
			memcpy(undo->at, &undo->was, sizeof(undo->was));
		else if (pwrite(subject->executable, &undo->was, 8, (off_t)undo->position) != 8)
			abort();
	}
}
