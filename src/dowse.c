/* SPDX-License-Identifier: Apache-2.0 */
#include "dowse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fix/fix.h"
#include "leak/live/look.h"
#include "target/core.h"
#include "target/process.h"
#include "target/snapshot.h"

/* The public face of the library: errors become text, findings a struct that only grows. */
struct dowse {
	struct target *target;
	struct target *fork; /* that is being read; NULL: none */
	struct runtime *runtime;
	struct live_places places;
	struct heap *heap; /* NULL: goroutines alone */
	struct live_look look;
};

static struct error *read_heap(struct dowse *dowse)
{
	TRY(heap_read(dowse->runtime, &dowse->heap));
	TRY(heap_search(dowse->heap));
	return live_look_at_heap(dowse->heap, &dowse->places, &dowse->look);
}

/* A process goes on while its fork is read. */
static struct error *look_at_heap(struct dowse *dowse)
{
	const struct process_fork_options options = { .register_sets = true };
	struct target_pause pause = { 0 };
	bool runs = target_pid(dowse->target) != 0;
	if (runs) {
		TRY(process_fork(dowse->target, &options, &dowse->fork, &pause));
		runtime_look_at(dowse->runtime, dowse->fork);
	}
	struct error *error = read_heap(dowse);
	if (runs) {
		runtime_look_at(dowse->runtime, dowse->target);
		target_destroy(TAKE_PTR(dowse->fork));
	}
	TRY(error);
	TRY(heap_dominate(dowse->heap));
	dowse->heap->roots.goroutines->pause_ns = pause.nanoseconds;
	return live_look_weigh(&dowse->look);
}

/* With the heap, where that can be read. */
static struct error *take_look(unsigned flags, struct dowse *dowse)
{
	bool no_stop = flags & DOWSE_NO_STOP;
	struct error *error = no_stop ? error_new(ERROR_LIMIT, "no stop") : look_at_heap(dowse);
	if (!error || (error->code != ERROR_LIMIT && error->code != ERROR_UNSUPPORTED &&
		       error->code != ERROR_PERMISSION))
		return error;
	error_destroy(error);
	live_look_deinit(&dowse->look);
	heap_destroy(TAKE_PTR(dowse->heap));
	return live_look_at_goroutines(dowse->runtime, &dowse->places, no_stop, 0, &dowse->look);
}

static struct error *fill(unsigned flags, struct dowse *dowse)
{
	TRY(runtime_open(dowse->target, &dowse->runtime));
	TRY(live_places_make(&runtime_binary(dowse->runtime)->build_info, &dowse->places));
	TRY(take_look(flags, dowse));
	TRY(live_look_judge(&dowse->look, &(struct live_beside){ 0 }));
	return fix_findings(&dowse->look.findings);
}

static struct error *fill_from_process(pid_t pid, unsigned flags, struct dowse *dowse)
{
	TRY(process_open(pid, &dowse->target));
	return fill(flags, dowse);
}

static struct error *open_file(const char *path, const char *executable, struct target **ret)
{
	struct stat status;
	uint8_t head[64];
	struct core_options options = { .executable = executable };
	_cleanup_(close_descriptor) int file = open(path,
						    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file < 0 || fstat(file, &status) < 0)
		return error_os(errno, "%s", path);
	if (!S_ISREG(status.st_mode))
		return error_new(ERROR_UNSUPPORTED, "%s is no file", path);
	ssize_t size = pread(file, head, sizeof(head), 0);
	if (size > 0 && snapshot_is(head, (size_t)size))
		return snapshot_open(file, path, ret);
	return core_open_packed(file, path, &options, ret);
}

static struct error *fill_from_file(const char *path, const char *executable, struct dowse *dowse)
{
	TRY(open_file(path, executable, &dowse->target));
	return fill(0, dowse);
}

/* Hands the look out, or its error. */
static bool finish(struct dowse *dowse, struct error *error, char message[DOWSE_MESSAGE_SIZE],
		   struct dowse **ret)
{
	if (!error) {
		*ret = dowse;
		return true;
	}
	snprintf(message, DOWSE_MESSAGE_SIZE, "%s", error->message);
	error_destroy(error);
	dowse_destroy(dowse);
	return false;
}

bool dowse_look(int pid, unsigned flags, char message[DOWSE_MESSAGE_SIZE], struct dowse **ret)
{
	struct dowse *dowse = calloc(1, sizeof(*dowse));
	return finish(dowse, dowse ? fill_from_process(pid, flags, dowse) : error_no_memory(),
		      message, ret);
}

bool dowse_look_file(const char *path, const char *executable, char message[DOWSE_MESSAGE_SIZE],
		     struct dowse **ret)
{
	struct dowse *dowse = calloc(1, sizeof(*dowse));
	return finish(dowse, dowse ? fill_from_file(path, executable, dowse) : error_no_memory(),
		      message, ret);
}

void dowse_destroy(struct dowse *dowse)
{
	if (!dowse)
		return;
	live_look_deinit(&dowse->look);
	heap_destroy(dowse->heap);
	live_places_deinit(&dowse->places);
	runtime_destroy(dowse->runtime);
	target_destroy(dowse->target);
	free(dowse);
}

uint64_t dowse_goroutine_count(const struct dowse *dowse)
{
	return goroutines_count(dowse->look.evidence.goroutines, false);
}

uint64_t dowse_pause_ns(const struct dowse *dowse)
{
	return dowse->look.evidence.goroutines->pause_ns;
}

size_t dowse_finding_count(const struct dowse *dowse)
{
	return dowse->look.findings.list.count;
}

static struct dowse_place dowse_place_of(const struct place *place)
{
	bool known = place->file && strcmp(place->file, "?") != 0;
	return (struct dowse_place){
		.function = place->function,
		.file = known ? place->file : NULL,
		.line = place->line,
	};
}

bool dowse_finding(const struct dowse *dowse, size_t index, struct dowse_finding *ret)
{
	static const enum dowse_certainty certainties[] = {
		[CERTAINTY_SUSPECT] = DOWSE_SUSPECT,
		[CERTAINTY_LIKELY] = DOWSE_LIKELY,
		[CERTAINTY_PROVED] = DOWSE_PROVED,
	};
	if (index >= dowse->look.findings.list.count)
		return false;
	const struct finding *finding = &dowse->look.findings.list.items[index];
	const struct rule *rule = rules_get(finding->rule);
	*ret = (struct dowse_finding){
		.code = rule->code,
		.rule = rule->name,
		.certainty = certainties[finding->certainty],
		.count = finding->count,
		.bytes = finding->bytes,
		.place = dowse_place_of(&finding->place),
		.created_by = dowse_place_of(&finding->created_by),
		.state = finding->state,
		.waits_seconds = finding->wait_max_ns < 0 ? -1 : (double)finding->wait_max_ns / 1e9,
		.title = finding->title,
		.why = finding->why,
		.settle = finding->settle,
		.fix = finding->fix,
	};
	return true;
}

const char *dowse_version(void)
{
	return DOWSE_VERSION;
}
