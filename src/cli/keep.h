/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_KEEP_H
#define DOWSE_CLI_KEEP_H

#include "cli/cli.h"
#include "cli/evidence.h"
#include "runtime/saving.h"

/*
 * Keep the evidence that was opened as a snapshot: of a process by a fork, where that is refused
 * by a copy while it is stopped, or (`freeze`) read while it is stopped; of a file as it is.
 */
struct keep_options {
	bool with_data;
	bool freeze;
	uint64_t max_pause_ns; /* 0: no limit */
	uint64_t max_memory;   /* bytes of a copy; 0: what there is */
	struct error *(*write)(void *argument, const void *bytes, size_t size)must_use;
	/* Asked while memory is read: ERROR_LIMIT ends that, other errors all. NULL: nobody. */
	struct error *(*check)(void *argument)must_use;
	void *argument; /* of both */
};

/* How the memory was had: WAY(id, its name in JSON, what it is) */
#define KEEP_WAYS(WAY)                                                                             \
	WAY(FORK, "fork", "read from a fork")                                                      \
	WAY(COPY, "copy", "copied while it was stopped")                                           \
	WAY(FREEZE, "freeze", "read while it was stopped")                                         \
	WAY(FILE, "file", "read from a file")

enum keep_way {
#define WAY(id, name, meaning) KEEP_##id,
	KEEP_WAYS(WAY)
#undef WAY
};

const char *keep_way_name(enum keep_way way);
const char *keep_way_meaning(enum keep_way way);

struct kept {
	enum keep_way way;
	char *refused; /* why there was no fork; NULL: there was, or none was wanted */
	struct target_pause pause;
	uint64_t reading_ns; /* how long the fork lived, or the reading took */
	struct saving_result result;
	char *incomplete; /* why; NULL: nothing is missing */
};

/* A guess before anything is stopped: the bytes to be read, at most, and how long that takes. */
struct keep_estimate {
	uint64_t bytes;
	uint64_t pause_ns;
	uint64_t ns;
};

void keep_guess(const struct evidence *evidence, struct keep_estimate *ret);

struct error *keep_evidence(struct evidence *evidence, const struct keep_options *options,
			    struct kept *ret) must_use;
void kept_deinit(struct kept *kept);

/*
 * Fork the process, save the fork, and leave it for the analysis: from then on evidence->runtime
 * looks at it.
 */
struct error *keep_fork(struct evidence *evidence, const struct keep_options *options,
			struct kept *ret) must_use;

/*
 * The same without saving anything; where no fork may be had, a copy that was made while the process
 * was stopped takes its place: then *ret_copied.
 */
struct error *keep_still(struct evidence *evidence, const struct keep_options *options,
			 bool *ret_copied) must_use;

/*
 * What --save asks for, if anything: to be called before the process is looked at in any other way.
 * The report's next step then names the file.
 */
struct error *keep_moment(struct invocation *invocation, struct evidence *evidence) must_use;

#endif
