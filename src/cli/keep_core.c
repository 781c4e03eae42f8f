/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/keep_core.h"

#include <string.h>
#include <unistd.h>

#include "runtime/scrub.h"
#include "target/process.h"

#define OWN_MEMORY ((uint64_t)16 << 20)
#define BYTES_A_MS ((uint64_t)800 << 10) /* read and written, on a slow machine */
#define KERNEL     ((uint64_t)1 << 63)
/* More behind a library's own data is somebody's memory, not the library's. */
#define LIBRARY_DATA_MAX ((uint64_t)256 << 10)
#define THREAD_DATA      ((uint64_t)4096) /* on either side of the thread pointer */

/* One act of keeping: what its steps share. */
struct keeping {
	struct evidence *evidence;
	const struct keep_core_options *options;
	struct target *fork; /* NULL: the process itself is read */
	struct kept_core kept;
};

static struct error *check(void *argument)
{
	struct keeping *keeping = argument;
	if (keeping->options->check)
		TRY(keeping->options->check(keeping->options->argument));
	return keeping->fork ? process_fork_check(keeping->fork) : NULL;
}

/* What is larger is addresses and no memory: the shadow that a race detector keeps, of terabytes. */
static uint64_t memory_of_machine(void)
{
	long pages = sysconf(_SC_PHYS_PAGES);
	return pages > 0 ? (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE) : UINT64_MAX;
}

/*
 * What other debuggers look at besides: the dynamic linker's list of files, and where each thread
 * keeps what is its own. With all data it is whatever the program may have written to.
 */
static bool is_for_debuggers(const struct target_mapping *mapping,
			     const struct target_mapping *before, bool with_data)
{
	if (!mapping->readable || mapping->shared || mapping->end >= KERNEL ||
	    mapping->end - mapping->start > memory_of_machine())
		return false;
	if (!mapping->writable) /* the kernel's own library among them: it is in no file */
		return !mapping->inode && (with_data || mapping->executable);
	bool is_behind_file = before && before->end == mapping->start && before->inode;
	return with_data || mapping->inode ||
	       (is_behind_file && mapping->end - mapping->start <= LIBRARY_DATA_MAX);
}

static struct error *select_for_debuggers(struct keeping *keeping, struct target *target,
					  struct target_extent_vector *ret)
{
	const struct target_mapping *mappings;
	size_t count;
	TRY(target_mappings(target, &mappings, &count));
	for (size_t i = 0; i < count; i++) {
		struct target_extent extent = { mappings[i].start, mappings[i].end };
		if (is_for_debuggers(&mappings[i], i ? &mappings[i - 1] : NULL,
				     keeping->options->with_data))
			TRY(target_extent_vector_append(ret, &extent));
	}
	const struct target_thread *threads = target_threads(target, &count);
	for (size_t i = 0; i < count; i++) {
		uint64_t pointer = threads[i].registers.thread_pointer;
		struct target_extent extent = { pointer - THREAD_DATA, pointer + THREAD_DATA };
		if (threads[i].stopped && pointer > THREAD_DATA && pointer < KERNEL)
			TRY(target_extent_vector_append(ret, &extent));
	}
	return NULL;
}

static struct error *write_core(struct keeping *keeping, struct target *target)
{
	_cleanup_(target_extent_vector_deinit) struct target_extent_vector extents = { 0 };
	_cleanup_(target_extent_vector_deinit) struct target_extent_vector claimed = { 0 };
	const struct selection_options wanted = { .with_data = keeping->options->with_data };
	TRY(selection_collect(keeping->evidence->runtime, &wanted, &extents,
			      &keeping->kept.selection));
	TRY(check(keeping));
	for (size_t i = 0; i < extents.count; i++)
		TRY(target_extent_vector_append(&claimed, &extents.items[i]));
	target_extents_merge(&claimed);
	TRY(select_for_debuggers(keeping, target, &extents));
	target_extents_merge(&extents);
	TRY(target_extents_keep_present(&extents, target));
	/* What was freed is nobody's data, unless all bytes are wanted. */
	_cleanup_(target_cleanup) struct target *scrubbed = NULL;
	if (!keeping->options->with_data)
		TRY(scrub_create(keeping->evidence->runtime, &scrubbed));
	const struct core_source source = {
		.target = scrubbed ? scrubbed : target,
		.pid = keeping->evidence->subject.pid,
		.extents = extents.items,
		.extent_count = extents.count,
		.claimed = claimed.items,
		.claimed_count = claimed.count,
		.check = check,
		.argument = keeping,
	};
	return core_write(&source, &keeping->options->sink, &keeping->kept.written);
}

static struct error *by_fork(struct keeping *keeping)
{
	struct process_facts facts;
	struct evidence *evidence = keeping->evidence;
	TRY(process_facts_read(evidence->subject.pid, &facts));
	const struct process_fork_options options = {
		.max_pause_ns = keeping->options->max_pause_ns,
		.own_memory = OWN_MEMORY,
		.reading_ns = facts.resident / BYTES_A_MS * 1000000,
		.register_sets = true,
	};
	TRY(error_wrap(
		process_fork(evidence->target, &options, &keeping->fork, &keeping->kept.pause),
		"no fork (--freeze keeps it stopped while it is read)"));
	runtime_look_at(evidence->runtime, keeping->fork);
	struct error *error = write_core(keeping, keeping->fork);
	runtime_look_at(evidence->runtime, evidence->target);
	target_destroy(TAKE_PTR(keeping->fork));
	return error;
}

static struct error *by_freeze(struct keeping *keeping)
{
	struct target *target = keeping->evidence->target;
	process_want_register_sets(target);
	TRY(target_stop(target));
	struct error *error = write_core(keeping, target);
	target_release(target, &keeping->kept.pause);
	return error;
}

struct error *keep_core(struct evidence *evidence, const struct keep_core_options *options,
			struct kept_core *ret)
{
	struct keeping keeping = { .evidence = evidence, .options = options };
	if (!target_pid(evidence->target))
		return error_new(ERROR_USAGE, "--elf-core is for processes: %s is a file already",
				 target_name(evidence->target));
	TRY(options->freeze ? by_freeze(&keeping) : by_fork(&keeping));
	*ret = keeping.kept;
	return NULL;
}
