/* SPDX-License-Identifier: Apache-2.0 */
#include "target/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "target/delegate.h"
#include "target/permission.h"
#include "target/process_private.h"
#include "target/procfs.h"
#include "target/reap.h"
#include "target/traced.h"

#define PAGE             ((uint64_t)4096)
#define PAGE_IS_PRESENT  ((uint64_t)3 << 62) /* in memory or swapped out */
#define PAGEMAP_UNKNOWN  (-2)
#define REAP_PATIENCE_NS 2000000000u

struct error *process_check(const struct process_facts *facts, const char *name)
{
	if (facts->thread_group != facts->pid)
		return error_new(ERROR_NOT_FOUND,
				 "%d is a thread of the process %d: look at that one", facts->pid,
				 facts->thread_group);
	if (facts->kernel_thread)
		return error_new(ERROR_NOT_GO, "%s is a kernel thread, not a program", name);
	if (facts->zombie)
		return error_new(
			ERROR_GONE,
			"%s is a zombie: it has ended already and waits for its parent (pid %d) to take notice",
			name, facts->parent);
	return NULL;
}

/* A thread that lives: the main one may have ended before the others, and shows nothing then. */
static struct error *living_thread(const struct process *process, const struct process_facts *facts,
				   pid_t *ret)
{
	_cleanup_(free_pointer) pid_t *ids = NULL;
	size_t count;

	*ret = facts->pid;
	if (!facts->main_thread_ended)
		return NULL;
	TRY(procfs_list_at(process->directory, "task", &ids, &count));
	for (size_t i = 0; i < count; i++) {
		char state;
		uint64_t flags;
		if (procfs_thread_state(process->directory, ids[i], &state, &flags) &&
		    state != 'Z' && state != 'X') {
			*ret = ids[i];
			return NULL;
		}
	}
	return error_new(ERROR_GONE, "process %d has ended", facts->pid);
}

static int open_at_thread(const struct process *process, const char *what, int flags)
{
	return procfs_open_at_thread(process->directory, process->memory.id, what, flags);
}

struct error *process_init(struct process *process, pid_t pid)
{
	struct process_facts facts;

	process->pid = pid;
	process->directory = -1;
	process->memory.descriptor = -1;
	process->pagemap = PAGEMAP_UNKNOWN;
	TRY(procfs_open(pid, &process->directory));
	TRY(process_facts_read_at(process->directory, pid, &facts));
	if (asprintf(&process->target.name, "%s (pid %d)", facts.name, pid) < 0) {
		process->target.name = NULL;
		return error_no_memory();
	}
	TRY(process_check(&facts, process->target.name));
	TRY(living_thread(process, &facts, &process->memory.id));
	process->memory.descriptor = open_at_thread(process, "mem", O_RDONLY);
	if (process->memory.descriptor < 0)
		return permission_error(pid, process->target.name, errno);
	if (memory_is_gone(&process->memory))
		return error_new(ERROR_GONE, "%s has just ended", process->target.name);
	process->namespaced = facts.inner_pid != pid;
	process->clock_offset = procfs_clock_offset(process->directory);
	return NULL;
}

void process_deinit(struct process *process)
{
	maps_deinit(&process->maps);
	memory_deinit(&process->memory);
	close_descriptor(&process->pagemap);
	close_descriptor(&process->directory);
	free(process->target.name);
}

struct error *process_read_ranges(struct target *target, struct target_range *ranges, size_t count)
{
	return memory_read_ranges(&process_of(target)->memory, target->name, ranges, count);
}

struct error *process_mappings(struct target *target, const struct target_mapping **ret,
			       size_t *ret_count)
{
	struct process *process = process_of(target);
	_cleanup_(close_descriptor) int file = open_at_thread(process, "maps", O_RDONLY);
	if (file < 0 && errno == ENOENT)
		return error_new(ERROR_GONE, "%s has ended", target->name);
	if (file < 0)
		return permission_error(process->pid, target->name, errno);

	struct maps maps;
	TRY(maps_read(file, &maps));
	maps_deinit(&process->maps);
	process->maps = maps;
	if (!maps.mappings.count && memory_is_gone(&process->memory))
		return error_new(ERROR_GONE, "%s has ended, or started another program",
				 target->name);
	*ret = maps.mappings.items;
	*ret_count = maps.mappings.count;
	return NULL;
}

/* A page of a file that nobody has touched is not zero, nor is one of the kernel's own ([vdso]). */
static bool is_anonymous(const struct process *process, uint64_t address)
{
	const struct target_mapping *mapping = maps_find(&process->maps, address);
	return mapping && !mapping->inode && !mapping->shared &&
	       (mapping->writable || mapping->path[0] != '[');
}

struct error *process_present(struct target *target, uint64_t page, size_t count, bool *ret)
{
	struct process *process = process_of(target);
	uint64_t words[512];
	if (process->pagemap == PAGEMAP_UNKNOWN)
		process->pagemap = open_at_thread(process, "pagemap", O_RDONLY);
	for (size_t i = 0, some; i < count; i += some) {
		some = MIN(count - i, ARRAY_SIZE(words));
		ssize_t size = (ssize_t)(some * sizeof(words[0]));
		bool known = process->pagemap >= 0 &&
			     pread(process->pagemap, words, (size_t)size,
				   (off_t)((page / PAGE + i) * sizeof(words[0]))) == size;
		for (size_t j = 0; j < some; j++)
			ret[i + j] = !known || (words[j] & PAGE_IS_PRESENT) ||
				     !is_anonymous(process, page + (i + j) * PAGE);
	}
	return NULL;
}

static bool is_inode(int file, uint64_t inode)
{
	/* Not the device: overlayfs shows another one in maps than in stat. */
	struct stat status;
	return file >= 0 && fstat(file, &status) == 0 && status.st_ino == inode;
}

/* Three ways to the file of a mapping, of which each works where others do not. */
static int open_mapped(const struct process *process, const struct target_mapping *mapping)
{
	char path[64];

	/* The very file, but for the privileged only. */
	snprintf(path, sizeof(path), "map_files/%llx-%llx", (unsigned long long)mapping->start,
		 (unsigned long long)mapping->end);
	int file = openat(process->directory, path, O_RDONLY | O_CLOEXEC);
	if (file >= 0)
		return file;

	/* The executable, deleted or replaced as it may be. */
	file = open_at_thread(process, "exe", O_RDONLY);
	if (is_inode(file, mapping->inode))
		return file;
	close_descriptor(&file);

	/* By its path, in the process's own tree. */
	_cleanup_(close_descriptor) int root = openat(process->directory, "root",
						      O_PATH | O_CLOEXEC);
	if (root < 0 || mapping->path[0] != '/')
		return -1;
	file = openat(root, mapping->path + 1, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (is_inode(file, mapping->inode))
		return file;
	close_descriptor(&file);
	return -1;
}

struct error *process_open_file(struct target *target, const struct target_mapping *mapping,
				int *ret)
{
	int file = mapping->inode ? open_mapped(process_of(target), mapping) : -1;
	if (file < 0)
		return error_new(ERROR_NOT_FOUND,
				 "%s: the file behind the mapping at 0x%llx (%s) "
				 "cannot be opened",
				 target->name, (unsigned long long)mapping->start,
				 mapping->path[0] ? mapping->path : "none");
	*ret = file;
	return NULL;
}

static struct error *stop_job(void *argument)
{
	struct process *process = argument;
	return stop_begin(&process->stop);
}

static struct error *release_job(void *argument)
{
	struct process *process = argument;
	stop_end(&process->stop, 0);
	return NULL;
}

/* What a dowse left that was killed while it had a fork: nobody waits for this. */
static void reap_earlier(struct process *process)
{
	_cleanup_(maps_deinit) struct maps maps = { 0 };
	struct injection injection = {
		.pid = process->pid,
		.directory = process->directory,
		.name = process->target.name,
		.memory = &process->memory,
		.maps = &maps,
		.patience_ns = REAP_PATIENCE_NS,
	};

	if (!reap_is_needed(process->directory))
		return;
	/* Of our own: those of the target belong to whoever has asked for them. */
	_cleanup_(close_descriptor) int file = open_at_thread(process, "maps", O_RDONLY);
	if (file >= 0 && error_ignore(maps_read(file, &maps)) &&
	    error_ignore(injection_find_gadgets(&injection)))
		reap_apart(&injection);
}

static void process_release(struct target *target, struct target_pause *ret_pause)
{
	struct process *process = process_of(target);
	if (!process_is_stopped(process))
		return;
	if (process->delegated) {
		struct target_pause pause;
		delegate_get()->release(&pause);
		if (ret_pause)
			*ret_pause = pause;
	} else {
		error_destroy(tracer_run(process->tracer, release_job, process));
		/* Whoever could not be detached, asleep in the kernel, is let go by the thread's end. */
		tracer_destroy(TAKE_PTR(process->tracer));
		if (ret_pause)
			stop_pause(&process->stop, ret_pause);
		reap_earlier(process);
	}
	process->delegated = false;
	stop_deinit(&process->stop);
}

static struct error *stop_by_tracer(struct process *process)
{
	_cleanup_(tracer_cleanup) struct tracer *tracer = NULL;
	TRY(tracer_create(&tracer));
	struct error *error = tracer_run(tracer, stop_job, process);
	if (error) {
		tracer_destroy(TAKE_PTR(tracer));
		stop_deinit(&process->stop);
		return error;
	}
	process->tracer = TAKE_PTR(tracer);
	return NULL;
}

static struct error *stop_by_delegate(struct process *process, const struct delegate *delegate)
{
	struct error *error = delegate->stop(&process->stop);
	process->delegated = !error;
	if (error)
		stop_deinit(&process->stop);
	return error;
}

static struct error *process_stop(struct target *target)
{
	struct process *process = process_of(target);
	const struct delegate *delegate = delegate_get();

	if (process_is_stopped(process))
		return NULL;
	process->stop = (struct stop){
		.pid = process->pid,
		.directory = process->directory,
		.memory = process->memory.descriptor,
		.name = target->name,
		.namespaced = process->namespaced,
		.with_sets = process->register_sets,
	};
	TRY(delegate ? stop_by_delegate(process, delegate) : stop_by_tracer(process));
	if (!memory_is_gone(&process->memory))
		return NULL;
	process_release(target, NULL);
	return error_new(ERROR_GONE, "%s has ended, or started another program: look again",
			 target->name);
}

void process_want_register_sets(struct target *target)
{
	process_of(target)->register_sets = true;
}

static const struct target_thread *process_threads(const struct target *target, size_t *ret_count)
{
	const struct process *process = process_of_const(target);
	if (!process_is_stopped(process))
		return NULL;
	*ret_count = process->stop.reported.count;
	return process->stop.reported.items;
}

static pid_t process_pid(const struct target *target)
{
	return process_of_const(target)->pid;
}

static uint64_t process_now(const struct target *target)
{
	const struct process *process = process_of_const(target);
	uint64_t now = process_is_stopped(process) ? process->stop.began_ns : traced_now_ns();
	return now + (uint64_t)process->clock_offset;
}

static void process_destroy(struct target *target)
{
	struct process *process = process_of(target);
	process_release(target, NULL);
	process_deinit(process);
	free(process);
}

static const struct target_operations process_operations = {
	.read_ranges = process_read_ranges,
	.mappings = process_mappings,
	.present = process_present,
	.open_file = process_open_file,
	.stop = process_stop,
	.release = process_release,
	.threads = process_threads,
	.pid = process_pid,
	.now = process_now,
	.destroy = process_destroy,
};

struct error *process_open(pid_t pid, struct target **ret)
{
	struct process *process = calloc(1, sizeof(*process));
	if (!process)
		return error_no_memory();
	process->target.operations = &process_operations;
	struct error *error = process_init(process, pid);
	if (error) {
		process_deinit(process);
		free(process);
		return error;
	}
	*ret = &process->target;
	return NULL;
}
