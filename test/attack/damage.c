/* SPDX-License-Identifier: Apache-2.0 */

/*
 * damage cut|flip|repair core|snapshot|executable FILE SEED FROM COUNT STEP [CORE]: damage a file in
 * COUNT ways, and look at each in a process of its own, which is measured. `cut` ends it at every
 * STEP-th page that it has, `flip` changes up to eight bits, `repair` does so in a snapshot whose
 * checksums are made good again. For an executable, CORE is what is looked at with it.
 *
 * Says what became of them: the answer of the whole file, another one that is marked as having
 * gaps, another one that is not, an error, or what must not be: a signal, a look of more than ten
 * seconds, more memory than 64 MiB and sixteen times the bytes that are there, an error of
 * no line or several. Of these it prints a line each.
 */
#include "damage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "leak/live/look.h"
#include "target/core.h"
#include "target/snapshot.h"

#define NAME         "damaged.file"
#define LOOK_SECONDS 10
#define PAGE         ((off_t)4096)
#define KIB          1024
#define ROOM         ((uint64_t)64 << 20)
#define FACTOR       16

/* What a child found, in memory that is shared with it. */
struct result {
	bool answered;
	bool marked;
	uint64_t answer;
	char message[512];
};

struct run {
	struct damage damage;
	const char *how;
	const char *kind;
	const char *core;
	struct result *result;
	uint64_t whole; /* the answer of the undamaged file */
	uint64_t factor_bytes;
	size_t same, marked, different, errors, bad;
	double longest_ms;
	int64_t most_over; /* KiB of memory beyond 16 times the bytes */
};

static double milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Everything of a goroutine that the time of the look does not change. */
static void digest_goroutine(const struct goroutine *goroutine, struct result *result)
{
	uint64_t *hash = &result->answer;
	*hash = hash_more(*hash, goroutine->id);
	*hash = hash_more(*hash, goroutine->wait.kind);
	*hash = hash_more(*hash, goroutine->wait.channel_count);
	*hash = hash_more_text(*hash, goroutine->state_text);
	*hash = hash_more_text(*hash, goroutine->labels);
	*hash = hash_more_text(*hash, goroutine->creator.function);
	for (uint32_t i = 0; i < goroutine->stack->count; i++) {
		const struct frame *frame = &goroutine->stack->frames[i];
		*hash = hash_more_text(*hash, frame->function);
		*hash = hash_more_text(*hash, frame->file);
		*hash = hash_more(*hash, (uint64_t)frame->line);
	}
	for (uint32_t i = 0; i < goroutine->deferred_count; i++)
		*hash = hash_more_text(*hash, goroutine->deferred[i].function);
	result->marked |= goroutine->problem != NULL;
}

/* Told with every answer, and before every error. */
static bool has_gap(const struct target *target)
{
	const struct core_facts *core = core_facts(target);
	return (core && core->warning_count) ||
	       (snapshot_is_target(target) && snapshot_gap(target));
}

static void digest(const struct target *target, const struct runtime *runtime,
		   const struct live_look *look, struct result *result)
{
	size_t warnings = 0;
	const struct goroutines *goroutines = look->goroutines;
	runtime_warnings(runtime, &warnings);
	result->marked = warnings > 0 || !goroutines->complete || has_gap(target);
	for (size_t i = 0; i < goroutines->list.count; i++)
		digest_goroutine(&goroutines->list.items[i], result);
	result->answer = hash_more(result->answer, look->findings.list.count);
	result->answered = true;
}

static struct error *look_at(struct target *target, struct result *result)
{
	_cleanup_(runtime_cleanup) struct runtime *runtime = NULL;
	struct live_places places = { 0 };
	struct live_look look = { 0 };
	TRY(runtime_open(target, &runtime));
	TRY(live_places_make(&runtime_binary(runtime)->build_info, &places));
	struct error *error = live_look_at_goroutines(runtime, &places, false, 0, &look);
	if (!error)
		error = live_look_judge(&look, &(struct live_beside){ 0 });
	if (!error)
		digest(target, runtime, &look, result);
	live_look_deinit(&look);
	live_places_deinit(&places);
	return error;
}

static struct error *open_damaged(const struct run *run, struct target **ret)
{
	char path[64];
	struct core_options options = { 0 };
	if (strcmp(run->kind, "snapshot") == 0)
		return snapshot_open(run->damage.file, NAME, ret);
	if (strcmp(run->kind, "core") == 0) {
		options.executable = run->core;
		return core_open_packed(run->damage.file, NAME, &options, ret);
	}
	_cleanup_(close_descriptor) int core = open(run->core, O_RDONLY | O_CLOEXEC);
	if (core < 0)
		return error_os(errno, "%s", run->core);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", run->damage.file);
	options.executable = path;
	return core_open_packed(core, NAME, &options, ret);
}

static struct error *look_in_child(const struct run *run)
{
	_cleanup_(target_cleanup) struct target *target = NULL;
	TRY(open_damaged(run, &target));
	struct error *error = look_at(target, run->result);
	if (error)
		run->result->marked = has_gap(target);
	return error;
}

static void child(const struct run *run)
{
	static const struct rlimit none = { 0, 0 };
	setrlimit(RLIMIT_CORE, &none);
	alarm(LOOK_SECONDS); /* ends the program */
	struct error *error = look_in_child(run);
	if (error)
		snprintf(run->result->message, sizeof(run->result->message), "%s", error->message);
	error_destroy(error);
	_exit(0);
}

static void complain(struct run *run, uint64_t index, const char *what, int64_t number)
{
	run->bad++;
	printf("BAD %s %s %llu: %s %lld %s\n", run->how, run->kind, (unsigned long long)index, what,
	       (long long)number, run->result->message);
}

/* Fork, look, and see what that took. */
static void look(struct run *run, struct rusage *ret_usage, int *ret_status)
{
	*run->result = (struct result){ 0 };
	double began = milliseconds();
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		child(run);
	if (pid < 0 || wait4(pid, ret_status, 0, ret_usage) != pid)
		abort();
	run->longest_ms = MAX(run->longest_ms, milliseconds() - began);
}

static void judge_answer(struct run *run)
{
	const struct result *result = run->result;
	if (!result->answered)
		run->errors++;
	else if (result->answer == run->whole)
		run->same++;
	else if (result->marked)
		run->marked++;
	else
		run->different++;
}

/* One line; what file it is about, the program puts before it. */
static bool is_good_message(const char *message)
{
	return *message && !strchr(message, '\n');
}

static void judge(struct run *run, uint64_t index)
{
	struct rusage usage;
	struct stat status;
	int ended = 0;
	look(run, &usage, &ended);
	fstat(run->damage.file, &status);
	uint64_t there = (uint64_t)status.st_blocks * 512 + run->factor_bytes;
	int64_t over = usage.ru_maxrss - (int64_t)(FACTOR * there / KIB);
	run->most_over = MAX(run->most_over, over);
	if (WIFSIGNALED(ended) || WEXITSTATUS(ended)) {
		complain(run, index, "ended by a signal or status", ended);
		return;
	}
#if !defined(__SANITIZE_ADDRESS__) /* whose shadow is memory, too */
	if (over > (int64_t)(ROOM / KIB))
		complain(run, index, "used KiB", usage.ru_maxrss);
#endif
	if (!run->result->answered && !is_good_message(run->result->message))
		complain(run, index, "says", 0);
	judge_answer(run);
}

static void one(struct run *run, uint64_t index)
{
	struct damage *damage = &run->damage;
	damage_seed(damage, index);
	if (strcmp(run->how, "repair") == 0)
		damage_repair(damage);
	else
		damage_flip(damage, strcmp(run->kind, "snapshot") == 0);
	judge(run, index);
	damage_undo(damage);
}

/* From the end on: a file can only shrink. Holes are passed over. */
static void cuts(struct run *run, uint64_t step)
{
	off_t size = (off_t)run->damage.size;
	uint64_t page = 0;
	for (off_t at = (size - 1) & ~(PAGE - 1); at >= 0; at -= PAGE) {
		if (lseek(run->damage.file, at, SEEK_DATA) != at || page++ % step)
			continue;
		if (ftruncate(run->damage.file, at) < 0)
			abort();
		judge(run, (uint64_t)at);
	}
}

static struct error *go(struct run *run, int count, char **words)
{
	struct rusage usage;
	struct stat status;
	int ended = 0;
	run->how = words[1];
	run->kind = words[2];
	run->core = count > 8 ? words[8] : NULL;
	if (run->core && strcmp(run->kind, "executable") == 0 && stat(run->core, &status) == 0)
		run->factor_bytes = (uint64_t)status.st_blocks * 512;
	TRY(damage_open(words[3], strtoull(words[4], NULL, 10), &run->damage));
	look(run, &usage, &ended);
	if (ended || !run->result->answered)
		return error_new(ERROR_OTHER, "the whole file has no answer: %s",
				 run->result->message);
	if (run->result->marked)
		printf("NOTE the whole file has gaps\n");
	run->whole = run->result->answer;
	uint64_t from = strtoull(words[5], NULL, 10), tries = strtoull(words[6], NULL, 10);
	if (strcmp(run->how, "cut") == 0)
		cuts(run, MAX(strtoull(words[7], NULL, 10), 1));
	else
		for (uint64_t i = from; i < from + tries; i++)
			one(run, i);
	printf("%zu %zu %zu %zu %zu %.0f %lld\n", run->same, run->marked, run->different,
	       run->errors, run->bad, run->longest_ms, (long long)run->most_over);
	return NULL;
}

int main(int count, char **words)
{
	struct run run = { .damage = { .file = -1 } };
	run.result = mmap(NULL, sizeof(*run.result), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (count < 8 || run.result == MAP_FAILED)
		return 2;
	struct error *error = go(&run, count, words);
	if (error)
		fprintf(stderr, "%s\n", error->message);
	error_destroy(error);
	damage_close(&run.damage);
	return error != NULL;
}
