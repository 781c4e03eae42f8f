/* SPDX-License-Identifier: Apache-2.0 */

/*
 * print_roots PID [stopped] | PATH: the roots of a process, as the library finds them in a fork of
 * it (or in the process itself, stopped meanwhile, or in a snapshot), one a line:
 *
 *	root <kind>|<address>|<size>|<name>|<id of the goroutine>|<through: 0 or 1>
 *	word <value>|<where>|<frame, -1: none>|<conservative: 0 or 1>|<type>
 *
 * A root's words follow it. The last line is "end <seconds>|<problem>".
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "heap/roots.h"
#include "runtime/stack_roots.h"
#include "target/process.h"
#include "target/snapshot.h"

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct error *print_word(struct heap_types *types, const struct heap_root_pointer *word)
{
	const char *type;
	TRY(heap_types_name(types, word->type, &type));
	printf("word %#" PRIx64 "|%#" PRIx64 "|%d|%d|%s\n", word->value, word->where,
	       word->frame == HEAP_NO_FRAME ? -1 : (int)word->frame, (int)word->conservative, type);
	return NULL;
}

static struct error *print_roots(const struct heap_roots *roots, struct heap_types *types,
				 double took)
{
	for (size_t i = 0; i < roots->list.count; i++) {
		const struct heap_root *root = &roots->list.items[i];
		uint64_t id = root->goroutine == HEAP_NO_GOROUTINE
				      ? 0
				      : roots->goroutines->list.items[root->goroutine].id;
		printf("root %s|%#" PRIx64 "|%" PRIu64 "|%s|%" PRIu64 "|%d\n",
		       heap_root_kind_name(root->kind), root->address, root->size,
		       root->name ? root->name : "-", id, (int)root->through);
		for (size_t j = 0; j < root->count; j++)
			TRY(print_word(types, &roots->pointers.items[root->first + j]));
	}
	printf("end %.3f|%s\n", took, roots->problem ? roots->problem : "-");
	return NULL;
}

static struct error *look(struct runtime *runtime)
{
	_cleanup_(heap_types_cleanup) struct heap_types *types = NULL;
	_cleanup_(address_range_vector_deinit) struct address_range_vector heap = { 0 };
	_cleanup_(heap_roots_deinit) struct heap_roots roots = { 0 };
	TRY(heap_ranges_read(runtime, &heap));
	TRY(heap_types_create(runtime, &types));
	double began = seconds();
	TRY(heap_roots_find(runtime, types, &heap, &roots));
	return print_roots(&roots, types, seconds() - began);
}

static struct error *run_file(const char *path)
{
	_cleanup_(close_descriptor) int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_(target_cleanup) struct target *target = NULL;
	_cleanup_(runtime_cleanup) struct runtime *runtime = NULL;
	if (descriptor < 0)
		return error_os(errno, "%s", path);
	TRY(snapshot_open(descriptor, path, &target));
	TRY(runtime_open(target, &runtime));
	return look(runtime);
}

static struct error *run(pid_t pid, bool stopped)
{
	_cleanup_(target_cleanup) struct target *process = NULL;
	_cleanup_(target_cleanup) struct target *fork = NULL;
	_cleanup_(runtime_cleanup) struct runtime *runtime = NULL;
	const struct process_fork_options options = { .register_sets = true };
	TRY(process_open(pid, &process));
	TRY(runtime_open(process, &runtime));
	if (stopped) {
		process_want_register_sets(process);
		TRY(target_stop(process));
		struct error *error = look(runtime);
		target_release(process, NULL);
		return error;
	}
	TRY(process_fork(process, &options, &fork, NULL));
	runtime_look_at(runtime, fork);
	return look(runtime);
}

int main(int count, char **arguments)
{
	if (count < 2) {
		fprintf(stderr, "usage: print_roots PID [stopped] | PATH\n");
		return 3;
	}
	_cleanup_(error_cleanup) struct error *error =
		strchr(arguments[1], '/') ? run_file(arguments[1])
					  : run((pid_t)strtol(arguments[1], NULL, 10),
						count > 2 && !strcmp(arguments[2], "stopped"));
	if (error)
		fprintf(stderr, "print_roots: %s\n", error->message);
	return error ? 1 : 0;
}
