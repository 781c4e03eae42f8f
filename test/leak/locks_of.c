/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "runtime/locks_held.h"
#include "target/process.h"

/*
 * Print what locks the goroutines of a process hold, as their frames tell, one a line:
 *
 *	<goroutine> <address> <exclusive or shared> <certain or maybe> <code, defer or both> <line>
 *
 * It is stopped meanwhile. For test_locks.py.
 */
static void print(const struct goroutines *goroutines, const struct held_lock *held)
{
	static const char *const evidence[] = { "none", "code", "defer", "both" };
	printf("%llu 0x%llx %s %s %s %d\n",
	       (unsigned long long)goroutines->list.items[held->goroutine].id,
	       (unsigned long long)held->address, held->shared ? "shared" : "exclusive",
	       held->certain ? "certain" : "maybe", evidence[held->by_code + 2 * held->deferred],
	       held->taken.line);
}

static struct error *look(struct target *target)
{
	_cleanup_(runtime_cleanup) struct runtime *runtime = NULL;
	_cleanup_(runtime_goroutines_cleanup) struct goroutines *goroutines = NULL;
	_cleanup_(locks_held_deinit) struct locks_held held = { 0 };
	const struct runtime_goroutines_options options = { .standing = true, .with_waits = true };
	TRY(runtime_open(target, &runtime));
	TRY(target_stop(target));
	struct error *error = runtime_goroutines(runtime, &options, &goroutines);
	if (!error)
		error = locks_held_find(runtime, goroutines, &held);
	target_release(target, NULL);
	TRY(error);
	for (size_t i = 0; i < held.list.count; i++)
		print(goroutines, &held.list.items[i]);
	printf("%llu frames, %llu unclear\n", (unsigned long long)held.frames,
	       (unsigned long long)held.unclear);
	return NULL;
}

int main(int argc, char **argv)
{
	_cleanup_(target_cleanup) struct target *target = NULL;
	if (argc != 2)
		return 2;
	struct error *error = process_open((pid_t)strtol(argv[1], NULL, 10), &target);
	if (!error)
		error = look(target);
	if (error) {
		fprintf(stderr, "%s\n", error->message);
		error_destroy(error);
		return 1;
	}
	return 0;
}
