/* SPDX-License-Identifier: Apache-2.0 */

/*
 * hostile PID flips SEED COUNT, or hostile PID claim|repeat|cycle: record a Go process, change what
 * dowse reads of it, and look at the goroutines. What dowse makes of it may be nonsense, but it has
 * to be made in time, within bounds, and without a step beside the bytes. Prints how many looks
 * ended with goroutines, how many with an error, the longest in ms, and what was recorded and the
 * most memory that was used, in KiB.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "binary/module.h"
#include "recorded.h"
#include "runtime/runtime.h"

#define LOOK_SECONDS_MAX 10
#define REOPEN_EVERY     16

struct run {
	struct recorded *recorded;
	struct runtime *runtime;
	uint64_t random;
	size_t looked, refused, goroutines;
	double longest_ms;
};

static uint64_t next_random(struct run *run)
{
	run->random ^= run->random << 13;
	run->random ^= run->random >> 7;
	run->random ^= run->random << 17;
	return run->random;
}

static double milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static uint64_t touch(const char *text)
{
	return text ? strlen(text) : 0;
}

/* Read all that was handed out, for the sanitizers to see. */
static uint64_t touch_goroutine(const struct goroutine *goroutine)
{
	uint64_t sum = touch(goroutine->state_text) + touch(goroutine->labels) +
		       touch(goroutine->creator.function) + touch(goroutine->creator.file);
	for (uint32_t i = 0; i < goroutine->stack->count; i++)
		sum += touch(goroutine->stack->frames[i].function) +
		       touch(goroutine->stack->frames[i].file);
	for (uint32_t i = 0; i < goroutine->wait.channel_count; i++)
		sum += touch(goroutine->wait.channels[i].element);
	for (uint32_t i = 0; i < goroutine->deferred_count; i++)
		sum += touch(goroutine->deferred[i].function);
	return sum;
}

static void look(struct run *run, bool reopen)
{
	const struct runtime_goroutines_options options = { .with_waits = true };
	_cleanup_(runtime_cleanup) struct runtime *opened = NULL;
	_cleanup_(runtime_goroutines_cleanup) struct goroutines *goroutines = NULL;
	volatile uint64_t sum = 0;
	double began = milliseconds();
	alarm(LOOK_SECONDS_MAX); /* ends the program */
	bool good = !reopen || error_ignore(runtime_open(&run->recorded->target, &opened));
	good = good && error_ignore(runtime_goroutines(reopen ? opened : run->runtime, &options,
						       &goroutines));
	for (size_t i = 0; good && i < goroutines->list.count; i++)
		sum += touch_goroutine(&goroutines->list.items[i]);
	alarm(0);
	run->goroutines = good ? goroutines->list.count : 0;
	run->looked += good;
	run->refused += !good;
	run->longest_ms = MAX(run->longest_ms, milliseconds() - began);
}

/* A word out of all that the first look has read: the sudog is as likely as the stack beside it. */
static uint8_t *any_word(struct run *run)
{
	for (;;) {
		const struct extent_vector *reads = &run->recorded->reads;
		const struct target_extent *extent = &reads->items[next_random(run) % reads->count];
		uint64_t words = (extent->end - extent->start + 7) / 8;
		uint64_t address = extent->start + next_random(run) % words * 8;
		uint8_t *word = recorded_word(run->recorded, address & ~(uint64_t)7);
		if (word)
			return word;
	}
}

static uint64_t changed(struct run *run, uint64_t word)
{
	static const uint64_t odd[] = { 0, 1, 8, 255, 65536, UINT32_MAX, INT64_MAX, UINT64_MAX };
	uint64_t other;
	switch (next_random(run) % 4) {
	case 0:
		return odd[next_random(run) % ARRAY_SIZE(odd)];
	case 1:
		memcpy(&other, any_word(run), sizeof(other)); /* lists that cross */
		return other;
	default:
		return word ^ (uint64_t)1 << next_random(run) % 64;
	}
}

static void flips(struct run *run, size_t count)
{
	enum { AT_ONCE = 4 };
	for (size_t i = 0; i < count; i++) {
		uint8_t *at[AT_ONCE];
		uint64_t was[AT_ONCE];
		size_t some = 1 + next_random(run) % AT_ONCE;
		for (size_t j = 0; j < some; j++) {
			at[j] = any_word(run);
			memcpy(&was[j], at[j], sizeof(was[j]));
			uint64_t word = changed(run, was[j]);
			memcpy(at[j], &word, sizeof(word));
		}
		look(run, i % REOPEN_EVERY == 0);
		while (some--)
			memcpy(at[some], &was[some], sizeof(was[some]));
	}
}

static uint64_t get(const struct run *run, uint64_t address)
{
	uint64_t word = 0;
	const uint8_t *at = recorded_word(run->recorded, address);
	if (at)
		memcpy(&word, at, sizeof(word));
	return word;
}

static void set(const struct run *run, uint64_t address, uint64_t word)
{
	uint8_t *at = recorded_word(run->recorded, address);
	if (at)
		memcpy(at, &word, sizeof(word));
}

/* As many goroutines as no memory holds. */
static void claim(struct run *run)
{
	set(run, runtime_global(run->runtime, GLOBAL_ALLGLEN), (uint64_t)33000000);
	look(run, false);
}

/* One goroutine in all places of the list. */
static void repeat(struct run *run)
{
	uint64_t count = get(run, runtime_global(run->runtime, GLOBAL_ALLGLEN));
	uint64_t list = get(run, runtime_global(run->runtime, GLOBAL_ALLGPTR));
	for (uint64_t i = 1; i < count; i++)
		set(run, list + i * 8, get(run, list));
	look(run, false);
}

/* Every list of sudogs leads back to where it begins, and so do deferred calls. */
static void cycle(struct run *run)
{
	const struct layout *layout = &runtime_binary(run->runtime)->layout;
	uint64_t count = get(run, runtime_global(run->runtime, GLOBAL_ALLGLEN));
	uint64_t list = get(run, runtime_global(run->runtime, GLOBAL_ALLGPTR));
	for (uint64_t i = 0; i < count; i++) {
		uint64_t g = get(run, list + i * 8);
		uint64_t sudog = get(run, g + (uint64_t)layout->g_waiting);
		uint64_t deferred = get(run, g + (uint64_t)layout->g_defer);
		if (sudog) {
			uint8_t *select = recorded_word(run->recorded,
							sudog + (uint64_t)layout->sudog_is_select);
			if (select)
				*select = 1;
			set(run, sudog + (uint64_t)layout->sudog_waitlink, sudog);
			set(run, sudog + (uint64_t)layout->sudog_next, sudog);
			set(run, sudog + (uint64_t)layout->sudog_prev, sudog);
		}
		if (deferred)
			set(run, deferred + (uint64_t)layout->defer_link, deferred);
	}
	look(run, false);
}

static struct error *run_all(int count, char **words)
{
	_cleanup_(recorded_cleanup) struct recorded *recorded = NULL;
	_cleanup_(runtime_cleanup) struct runtime *runtime = NULL;
	struct run run = { .random = 88172645463325252u };
	struct rusage usage;
	TRY(recorded_open((pid_t)strtol(words[1], NULL, 10), &recorded));
	TRY(runtime_open(&recorded->target, &runtime));
	run.recorded = recorded;
	run.runtime = runtime;
	recorded->noting = true;
	look(&run, false);
	recorded->noting = false;
	if (!run.goroutines)
		return error_new(ERROR_CORRUPT, "nothing is to be seen even without changes");

	if (strcmp(words[2], "flips") == 0 && count == 5) {
		run.random ^= strtoull(words[3], NULL, 10) << 20;
		flips(&run, strtoull(words[4], NULL, 10));
	} else if (strcmp(words[2], "claim") == 0) {
		claim(&run);
	} else if (strcmp(words[2], "repeat") == 0) {
		repeat(&run);
	} else if (strcmp(words[2], "cycle") == 0) {
		cycle(&run);
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("%zu %zu %zu %.0f %" PRIu64 " %ld\n", run.looked, run.refused, run.goroutines,
	       run.longest_ms, recorded->size >> 10, usage.ru_maxrss);
	return NULL;
}

int main(int count, char **words)
{
	if (count < 3)
		return 2;
	struct error *error = run_all(count, words);
	if (error)
		fprintf(stderr, "%s\n", error->message);
	error_destroy(error);
	return error != NULL;
}
