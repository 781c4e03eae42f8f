/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/keep.h"

#include <string.h>

#include "cli/keep_facts.h"
#include "target/copy.h"
#include "target/process.h"
#include "target/snapshot.h"
#include "target/traced.h"

/* What saving takes of memory itself: buffers, a compressor for each of two threads, the index. */
#define OWN_MEMORY ((uint64_t)32 << 20)
#define BYTES_A_MS ((uint64_t)400 << 10) /* read, compressed and written, on a slow machine */

static const char *const way_names[] = {
#define WAY(id, name, meaning) name,
	KEEP_WAYS(WAY)
#undef WAY
};

static const char *const way_meanings[] = {
#define WAY(id, name, meaning) meaning,
	KEEP_WAYS(WAY)
#undef WAY
};

const char *keep_way_name(enum keep_way way)
{
	return way_names[way];
}

const char *keep_way_meaning(enum keep_way way)
{
	return way_meanings[way];
}

void keep_guess(const struct evidence *evidence, struct keep_estimate *ret)
{
	struct process_facts facts;
	*ret = (struct keep_estimate){ 0 };
	if (!target_pid(evidence->target) ||
	    !error_ignore(process_facts_read(evidence->subject.pid, &facts)))
		return;
	ret->bytes = facts.resident;
	ret->ns = ret->bytes / BYTES_A_MS * 1000000;
	ret->pause_ns = process_fork_estimate(facts.resident_anonymous, facts.threads);
}

/* One act of keeping: what its steps share. */
struct keeping {
	struct evidence *evidence;
	const struct keep_options *options;
	struct keep_facts facts;
	struct kept kept;
	struct target *fork; /* that is being read, to be asked; NULL: none */
};

static struct error *check(void *argument)
{
	struct keeping *keeping = argument;
	if (keeping->options->check)
		TRY(keeping->options->check(keeping->options->argument));
	return keeping->fork ? process_fork_check(keeping->fork) : NULL;
}

/* What the result says beyond the life of the saving that said it. */
static struct error *take_result(struct keeping *keeping, const struct saving_result *result)
{
	keeping->kept.result = *result;
	keeping->kept.result.incomplete = NULL;
	if (!result->incomplete)
		return NULL;
	keeping->kept.incomplete = strdup(result->incomplete);
	return keeping->kept.incomplete ? NULL : error_no_memory();
}

/*
 * Save what the runtime looks at. As soon as memory is read, `done` lets it go: compressing and
 * writing the rest need it no more.
 */
static struct error *save(struct keeping *keeping, void (*done)(struct keeping *keeping))
{
	_cleanup_(saving_cleanup) struct saving *saving = NULL;
	struct saving_options options = {
		.selection = { .with_data = keeping->options->with_data },
		.writer = {
			.write = keeping->options->write,
			.argument = keeping->options->argument,
			.flags = keeping->options->with_data ? SNAPSHOT_WITH_DATA : 0,
		},
		.check = check,
		.argument = keeping,
	};
	struct saving_result result;
	uint64_t began = traced_now_ns();
	if (keeping->kept.way != KEEP_FILE) {
		TRY(keep_facts_number(&keeping->facts, "pause_ns",
				      (int64_t)keeping->kept.pause.nanoseconds));
		TRY(keep_facts_number(&keeping->facts, "unstopped",
				      (int64_t)keeping->kept.pause.unstopped));
	}
	TRY(keep_facts_add(&keeping->facts, "way", way_names[keeping->kept.way]));
	options.facts = keeping->facts.list.items;
	options.fact_count = keeping->facts.list.count;
	struct error *error = saving_begin(keeping->evidence->runtime, &options, &saving);
	if (!error)
		error = saving_memory(saving);
	keeping->kept.reading_ns = traced_now_ns() - began;
	if (done)
		done(keeping);
	TRY(error);
	TRY(saving_finish(saving, &result));
	return take_result(keeping, &result);
}

static void drop_fork(struct keeping *keeping)
{
	runtime_look_at(keeping->evidence->runtime, keeping->evidence->target);
	target_destroy(TAKE_PTR(keeping->fork));
}

static struct error *make_fork(struct keeping *keeping)
{
	struct keep_estimate estimate;
	keep_guess(keeping->evidence, &estimate);
	const struct process_fork_options options = {
		.max_pause_ns = keeping->options->max_pause_ns,
		.own_memory = OWN_MEMORY,
		.reading_ns = estimate.ns,
		.register_sets = true,
	};
	TRY(process_fork(keeping->evidence->target, &options, &keeping->fork,
			 &keeping->kept.pause));
	keeping->kept.way = KEEP_FORK;
	runtime_look_at(keeping->evidence->runtime, keeping->fork);
	return NULL;
}

static struct error *by_fork(struct keeping *keeping)
{
	TRY(make_fork(keeping));
	return save(keeping, drop_fork);
}

static void let_go(struct keeping *keeping)
{
	target_release(keeping->evidence->target, &keeping->kept.pause);
}

/* Everything is read, compressed and written while the process stands still. */
static struct error *by_freeze(struct keeping *keeping)
{
	keeping->kept.way = KEEP_FREEZE;
	TRY(target_stop(keeping->evidence->target));
	return save(keeping, let_go);
}

static struct error *select_memory(struct keeping *keeping, struct target_extent_vector *ret)
{
	const struct selection_options options = { .with_data = keeping->options->with_data };
	ret->count = 0;
	return selection_collect(keeping->evidence->runtime, &options, ret, NULL);
}

static struct error *copy(struct keeping *keeping, struct target **ret)
{
	struct target *target = keeping->evidence->target;
	const struct target_copy_limits limits = {
		.max_memory = keeping->options->max_memory,
		.max_pause_ns = keeping->options->max_pause_ns,
	};
	_cleanup_(target_extent_vector_deinit) struct target_extent_vector extents = { 0 };
	/* Once while it runs, to know how much it would be. */
	TRY(select_memory(keeping, &extents));
	TRY(target_extents_keep_present(&extents, target));
	TRY(target_copy_check(target, target_extents_bytes(&extents), &limits));
	process_want_register_sets(target);
	TRY(target_stop(target));
	struct error *error = select_memory(keeping, &extents);
	if (!error)
		error = target_copy(target, extents.items, extents.count, limits.max_memory, ret);
	target_release(target, &keeping->kept.pause);
	return error;
}

static struct error *by_copy(struct keeping *keeping)
{
	struct target *copied = NULL;
	keeping->kept.way = KEEP_COPY;
	TRY(copy(keeping, &copied));
	runtime_look_at(keeping->evidence->runtime, copied);
	struct error *error = save(keeping, NULL);
	runtime_look_at(keeping->evidence->runtime, keeping->evidence->target);
	target_destroy(copied);
	return error;
}

static bool may_copy_instead(const struct error *error)
{
	return error->code == ERROR_LIMIT || error->code == ERROR_UNSUPPORTED ||
	       error->code == ERROR_PERMISSION;
}

/* Nothing was written before the fork stood, so another way may begin anew. */
static struct error *keep_process(struct keeping *keeping)
{
	TRY(keep_facts_of_process(keeping->evidence, &keeping->facts));
	if (keeping->options->freeze)
		return by_freeze(keeping);
	struct error *refused = by_fork(keeping);
	if (!refused || keeping->kept.reading_ns || !may_copy_instead(refused))
		return refused;
	struct error *error = by_copy(keeping);
	if (error && may_copy_instead(error)) {
		struct error *both = error_new(error->code,
					       "%s; and %s; --freeze keeps it stopped while it is "
					       "read",
					       refused->message, error->message);
		error_destroy(error);
		error = both;
	}
	keeping->kept.refused = strdup(refused->message);
	error_destroy(refused);
	return error;
}

struct error *keep_fork(struct evidence *evidence, const struct keep_options *options,
			struct kept *ret)
{
	struct keeping keeping = { .evidence = evidence, .options = options };
	struct error *error = keep_facts_of_process(evidence, &keeping.facts);
	if (!error)
		error = make_fork(&keeping);
	if (!error) {
		evidence->fork = keeping.fork;
		evidence->pause_ns = keeping.kept.pause.nanoseconds;
		error = save(&keeping, NULL);
	}
	keep_facts_deinit(&keeping.facts);
	if (error) {
		kept_deinit(&keeping.kept);
		return error;
	}
	*ret = keeping.kept;
	return NULL;
}

struct error *keep_still(struct evidence *evidence, const struct keep_options *options,
			 bool *ret_copied)
{
	struct keeping keeping = { .evidence = evidence, .options = options };
	struct error *error = make_fork(&keeping);
	*ret_copied = error && may_copy_instead(error);
	if (*ret_copied) {
		struct error *refused = error;
		error = copy(&keeping, &keeping.fork);
		if (error)
			error = error_wrap(error, "%s; and it cannot be copied", refused->message);
		else
			runtime_look_at_copy(evidence->runtime, keeping.fork);
		error_destroy(refused);
	}
	if (error)
		return error;
	evidence->fork = keeping.fork;
	evidence->pause_ns = keeping.kept.pause.nanoseconds;
	return NULL;
}

struct error *keep_evidence(struct evidence *evidence, const struct keep_options *options,
			    struct kept *ret)
{
	struct keeping keeping = { .evidence = evidence, .options = options };
	struct error *error = NULL;
	if (target_pid(evidence->target)) {
		error = keep_process(&keeping);
	} else {
		keeping.kept.way = KEEP_FILE;
		error = keep_facts_of_file(evidence, &keeping.facts);
		if (!error)
			error = save(&keeping, NULL);
	}
	keep_facts_deinit(&keeping.facts);
	if (error) {
		kept_deinit(&keeping.kept);
		return error;
	}
	*ret = keeping.kept;
	return NULL;
}

struct error *keep_moment(struct invocation *invocation, struct evidence *evidence)
{
	struct save_file *file = &invocation->save;
	const struct options *options = &invocation->options;
	_cleanup_(kept_deinit) struct kept kept = { 0 };
	const struct keep_options wanted = {
		.max_pause_ns = (uint64_t)options->max_pause_ns,
		.write = save_file_write,
		.check = save_file_check,
		.argument = file,
	};
	if (!file->path)
		return NULL;
	if (!target_pid(evidence->target))
		return error_new(ERROR_USAGE,
				 "--save keeps a moment of a process; %s is one already",
				 target_name(evidence->target));
	if (options->given[OPTION_NO_STOP])
		return error_new(ERROR_USAGE,
				 "--save needs a fork of the process, which stops it for "
				 "a moment: not with --no-stop");
	TRY(keep_fork(evidence, &wanted, &kept));
	if (kept.incomplete)
		return error_new(ERROR_LIMIT, "the moment could not be kept: %s", kept.incomplete);
	TRY(save_file_end(file, SAVE_WHOLE));
	evidence->subject.saved = file->path;
	return NULL;
}

void kept_deinit(struct kept *kept)
{
	free(kept->refused);
	free(kept->incomplete);
	*kept = (struct kept){ 0 };
}
