/* SPDX-License-Identifier: Apache-2.0 */
#include "target/core.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "target/core_private.h"

static const struct target_operations core_operations;

struct error *core_warn(struct core *core, const char *format, ...)
{
	char line[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (core->facts.warning_count == CORE_WARNINGS_MAX)
		return NULL;
	size_t size = strlen(line) + 1;
	char *copy = arena_allocate_raw(&core->arena, size);
	if (!copy)
		return error_no_memory();
	memcpy(copy, line, size);
	core->facts.warnings[core->facts.warning_count++] = copy;
	return NULL;
}

static struct error *warn_of_cuts(struct core *core, const char *problem)
{
	const struct core_facts *facts = &core->facts;
	if (problem && *problem)
		TRY(core_warn(core, "not all of the core could be read: %s", problem));
	if (facts->cut)
		TRY(core_warn(core,
			      "the core was cut short: %" PRIu64
			      " bytes of %zu segments are missing",
			      facts->cut, facts->cut_segments));
	if (core->notes_are_cut)
		TRY(core_warn(core, "the core's notes are damaged: threads, or the names of mapped "
				    "files, may be missing"));
	return NULL;
}

/* Bytes that are not in holes. Who made more holes than we want to count has them counted as data. */
static uint64_t data_size(int descriptor, uint64_t size)
{
	enum { HOLES_MAX = 1 << 16 };
	uint64_t data = 0;
	off_t at = 0;
	for (int i = 0; i < HOLES_MAX && (uint64_t)at < size; i++) {
		off_t from = lseek(descriptor, at, SEEK_DATA);
		if (from < 0)
			return errno == ENXIO ? data : size;
		off_t to = lseek(descriptor, from, SEEK_HOLE);
		if (to <= from)
			return size;
		data += (uint64_t)(to - from);
		at = to;
	}
	return MIN(data + (size - MIN((uint64_t)at, size)), size);
}

static struct error *core_fill(struct core *core, int descriptor, const char *name,
			       const struct core_options *options)
{
	struct stat status;
	core->descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
	if (core->descriptor < 0 || fstat(core->descriptor, &status) < 0)
		return error_os(errno, "%s", name);
	core->facts.path = core->target.name = strdup(name);
	if (options && options->executable)
		core->given_executable = strdup(options->executable);
	if (!core->target.name || (options && options->executable && !core->given_executable))
		return error_no_memory();
	core->facts.file_size = (uint64_t)MAX(status.st_size, (off_t)0);
	core->facts.file_data = data_size(core->descriptor, core->facts.file_size);
	core->facts.written_unix_ns = options && options->written_unix_ns
					      ? options->written_unix_ns
					      : file_written_unix_ns(core->descriptor);
	TRY(core_headers_read(core));
	TRY(core_notes_read(core));
	TRY(core_extents_make(core));
	TRY(warn_of_cuts(core, options ? options->problem : NULL));
	return core_images_find_executable(core);
}

static void core_destroy(struct target *target)
{
	struct core *core = core_of(target);
	close_descriptor(&core->descriptor);
	core_images_close(core);
	core_segment_vector_deinit(&core->segments);
	core_region_vector_deinit(&core->notes);
	core_file_vector_deinit(&core->files);
	core_extent_vector_deinit(&core->extents);
	core_mapping_vector_deinit(&core->mappings);
	core_thread_vector_deinit(&core->threads);
	arena_deinit(&core->arena);
	free(core->given_executable);
	free(core->target.name);
	free(core);
}

struct error *core_open(int descriptor, const char *name, const struct core_options *options,
			struct target **ret)
{
	struct core *core = calloc(1, sizeof(*core));
	if (!core)
		return error_no_memory();
	core->target.operations = &core_operations;
	core->descriptor = -1;
	core->facts.program = core->facts.command = "";
	struct error *error = core_fill(core, descriptor, name, options);
	if (error) {
		core_destroy(&core->target);
		return error;
	}
	*ret = &core->target;
	return NULL;
}

static struct error *core_mappings(struct target *target, const struct target_mapping **ret,
				   size_t *ret_count)
{
	const struct core *core = core_of(target);
	*ret = core->mappings.items;
	*ret_count = core->mappings.count;
	return NULL;
}

static struct error *core_open_file(struct target *target, const struct target_mapping *mapping,
				    int *ret)
{
	struct core *core = core_of(target);
	int file = -1;
	if (mapping->inode && mapping->inode <= core->images.count)
		file = core_image_open(core, (uint32_t)(mapping->inode - 1));
	if (file >= 0)
		file = fcntl(file, F_DUPFD_CLOEXEC, 0);
	if (file < 0)
		return error_new(ERROR_NOT_FOUND,
				 "%s: the file behind the mapping at 0x%" PRIx64 " (%s) is not at "
				 "hand",
				 target->name, mapping->start,
				 mapping->path[0] ? mapping->path : "none");
	*ret = file;
	return NULL;
}

static const struct target_thread *core_threads(const struct target *target, size_t *ret_count)
{
	const struct core *core = (const struct core *)target;
	*ret_count = core->threads.count;
	return core->threads.items;
}

/* No process of this machine is meant by the id that the core has; and nobody kept the time. */
static pid_t core_pid(const struct target *target)
{
	(void)target;
	return 0;
}

static uint64_t core_now(const struct target *target)
{
	(void)target;
	return 0;
}

static const struct target_operations core_operations = {
	.read_ranges = core_read_ranges,
	.mappings = core_mappings,
	.open_file = core_open_file,
	.threads = core_threads,
	.pid = core_pid,
	.now = core_now,
	.destroy = core_destroy,
};

const struct core_facts *core_facts(const struct target *target)
{
	return target->operations == &core_operations ? &((const struct core *)target)->facts
						      : NULL;
}
