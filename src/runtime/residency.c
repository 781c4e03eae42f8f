/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/residency.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"

#define SMAPS_MAX (256u << 20)
#define PAGE      4096u

struct mapping {
	uint64_t start;
	uint64_t end;
	bool executable;
	bool shared;
	char device[16]; /* "fd:01" */
	uint64_t inode;  /* 0: no file */
	const char *path;
	int64_t resident;
	int64_t swapped;
	enum residency_class class;
};

DEFINE_VECTOR(mapping_vector, struct mapping);

/* "559d03-559d24 r-xp 00000000 fd:01 1234    /usr/bin/x"; false for the lines of numbers. */
static bool parse_mapping(char *line, struct mapping *ret)
{
	struct mapping mapping = { .class = RESIDENCY_ANONYMOUS };
	char permissions[8];
	unsigned long long start, end, offset, inode;
	int path_at = 0;
	if (sscanf(line, "%llx-%llx %7s %llx %15s %llu %n", &start, &end, permissions, &offset,
		   mapping.device, &inode, &path_at) < 6)
		return false;
	mapping.start = start;
	mapping.end = end;
	mapping.inode = inode;
	mapping.executable = strchr(permissions, 'x') != NULL;
	mapping.shared = strchr(permissions, 's') != NULL;
	mapping.path = path_at ? line + path_at : "";
	*ret = mapping;
	return true;
}

/* "Rss:   652 kB" */
static bool parse_kilobytes(const char *line, const char *key, int64_t *ret)
{
	size_t length = strlen(key);
	if (strncmp(line, key, length) != 0 || line[length] != ':')
		return false;
	*ret = strtoll(line + length + 1, NULL, 10) * 1024;
	return true;
}

/* `text` is cut into lines in place; the paths of the mappings stay in it. */
static struct error *parse_smaps(char *text, struct mapping_vector *ret)
{
	char *next;
	for (char *line = text; line && *line; line = next) {
		struct mapping mapping;
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		struct mapping *last = ret->count ? &ret->items[ret->count - 1] : NULL;
		if (last && (parse_kilobytes(line, "Rss", &last->resident) ||
			     parse_kilobytes(line, "Swap", &last->swapped)))
			continue;
		/* Names of numbers begin with a capital letter, addresses never do. */
		if ((*line < 'A' || *line > 'Z') && parse_mapping(line, &mapping))
			TRY(mapping_vector_append(ret, &mapping));
	}
	return NULL;
}

static bool same_file(const struct mapping *left, const struct mapping *right)
{
	return left->inode && left->inode == right->inode && !strcmp(left->device, right->device);
}

/* Where the executable's segments lie, its zeroed data included. */
static struct address_range image_of(const struct module *module)
{
	size_t count;
	const struct elf_segment *segments = elf_segments(module->elf, &count);
	struct address_range image = { .start = UINT64_MAX, .end = 0 };
	for (size_t i = 0; i < count; i++) {
		const uint32_t load = 1;
		if (segments[i].type != load)
			continue;
		uint64_t start = segments[i].address + module->bias;
		uint64_t end = start + segments[i].memory_size;
		image.start = MIN(image.start, start / PAGE * PAGE);
		image.end = MAX(image.end, (end + PAGE - 1) / PAGE * PAGE);
	}
	return image;
}

static const struct mapping *mapping_at(const struct mapping_vector *mappings, uint64_t address)
{
	for (size_t i = 0; i < mappings->count; i++) {
		if (mappings->items[i].start <= address && address < mappings->items[i].end)
			return &mappings->items[i];
	}
	return NULL;
}

struct classifier {
	struct address_range_vector heap;
	struct u64_vector structures; /* in rising order */
	struct mapping_vector code;   /* the executable mappings of files */
	struct address_range image;
	const struct mapping *text; /* of the executable; NULL unknown */
};

static void classifier_deinit(struct classifier *classifier)
{
	address_range_vector_deinit(&classifier->heap);
	u64_vector_deinit(&classifier->structures);
	mapping_vector_deinit(&classifier->code);
}

static bool has_structure(const struct classifier *classifier, const struct mapping *mapping)
{
	size_t low = 0, high = classifier->structures.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (classifier->structures.items[middle] < mapping->start)
			low = middle + 1;
		else
			high = middle;
	}
	return low < classifier->structures.count &&
	       classifier->structures.items[low] < mapping->end;
}

/* What has no file: by its address, then by the name that the kernel gives it. */
static enum residency_class classify_anonymous(const struct classifier *classifier,
					       const struct mapping *mapping)
{
	if (heap_ranges_has(&classifier->heap, mapping->start))
		return RESIDENCY_HEAP;
	if (mapping->start >= classifier->image.start && mapping->end <= classifier->image.end)
		return RESIDENCY_BINARY;
	if (mapping->shared)
		return RESIDENCY_FILE;
	/* Go 1.25 and later name what they map, where the kernel lets them. */
	if (!strncmp(mapping->path, "[anon: Go:", strlen("[anon: Go:")) ||
	    has_structure(classifier, mapping))
		return RESIDENCY_RUNTIME;
	if (!strcmp(mapping->path, "[vdso]") || !strncmp(mapping->path, "[vvar", strlen("[vvar")) ||
	    !strcmp(mapping->path, "[vsyscall]"))
		return RESIDENCY_LIBRARY;
	return mapping->path[0] ? RESIDENCY_NATIVE : RESIDENCY_ANONYMOUS;
}

/* A file that some of its mappings are code of is a library; all else is data. */
static bool is_code_file(const struct classifier *classifier, const struct mapping *file)
{
	for (size_t i = 0; i < classifier->code.count; i++) {
		if (same_file(&classifier->code.items[i], file))
			return true;
	}
	return false;
}

/* The mappings of files that can be run: few, however many files are mapped. */
static struct error *note_code(struct classifier *classifier, const struct mapping_vector *mappings)
{
	for (size_t i = 0; i < mappings->count; i++) {
		if (mappings->items[i].executable && mappings->items[i].inode)
			TRY(mapping_vector_append(&classifier->code, &mappings->items[i]));
	}
	return NULL;
}

static void classify(const struct classifier *classifier, struct mapping_vector *mappings)
{
	struct mapping *before = NULL;
	for (size_t i = 0; i < mappings->count; i++) {
		struct mapping *mapping = &mappings->items[i];
		if (!mapping->inode) {
			mapping->class = classify_anonymous(classifier, mapping);
			/* A library's zeroed data follows its last file-backed piece. */
			if (mapping->class == RESIDENCY_ANONYMOUS && before && before->inode &&
			    before->class == RESIDENCY_LIBRARY && before->end == mapping->start)
				mapping->class = RESIDENCY_LIBRARY;
		} else if (classifier->text && same_file(mapping, classifier->text)) {
			mapping->class = RESIDENCY_BINARY;
		} else if (before && same_file(mapping, before)) {
			mapping->class = before->class;
		} else {
			mapping->class = is_code_file(classifier, mapping) ? RESIDENCY_LIBRARY
									   : RESIDENCY_FILE;
		}
		before = mapping;
	}
}

static void sum_up(const struct mapping_vector *mappings, struct residency *ret)
{
	struct residency sums = { 0 };
	for (size_t i = 0; i < mappings->count; i++) {
		const struct mapping *mapping = &mappings->items[i];
		sums.resident[mapping->class] += mapping->resident;
		sums.swapped[mapping->class] += mapping->swapped;
		sums.has_libraries = sums.has_libraries ||
				     (mapping->class == RESIDENCY_LIBRARY && mapping->inode);
	}
	*ret = sums;
}

struct error *residency_read(struct runtime *runtime, struct residency *ret)
{
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	_cleanup_(mapping_vector_deinit) struct mapping_vector mappings = { 0 };
	_cleanup_(classifier_deinit) struct classifier classifier = { 0 };
	const struct module *module = &runtime_binary(runtime)->modules[0];
	char path[64];
	if (!target_pid(runtime_target(runtime)))
		return error_new(ERROR_UNSUPPORTED, "%s: only a process has memory of its own",
				 target_name(runtime_target(runtime)));
	TRY(heap_ranges_read(runtime, &classifier.heap));
	TRY(heap_structures_read(runtime, &classifier.structures));
	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)target_pid(runtime_target(runtime)));
	TRY(file_read(path, SMAPS_MAX, &file));
	/* file_read() gives bytes of our own with an end behind them. */
	TRY(parse_smaps((char *)(uintptr_t)file.bytes, &mappings));
	classifier.text = mapping_at(&mappings, module->text);
	classifier.image = image_of(module);
	TRY(note_code(&classifier, &mappings));
	classify(&classifier, &mappings);
	sum_up(&mappings, ret);
	ret->has_pages = error_ignore(heap_residency_read(
		runtime, &classifier.heap, ret->resident[RESIDENCY_HEAP], &ret->pages));
	return NULL;
}
