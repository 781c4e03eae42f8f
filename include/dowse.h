/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_H
#define DOWSE_H

/*
 * libdowse: look at a Go process from outside, or at a core of one, and get what leaks in it. One look at a time a
 * thread; different threads may look at once. Nothing here prints, exits, or changes the process
 * that is looked at.
 *
 *	struct dowse *look;
 *	char message[DOWSE_MESSAGE_SIZE];
 *	if (!dowse_look(pid, 0, message, &look)) {
 *		fprintf(stderr, "%s\n", message);
 *		return;
 *	}
 *	for (size_t i = 0; i < dowse_finding_count(look); i++) {
 *		struct dowse_finding finding;
 *		dowse_finding(look, i, &finding);
 *		...
 *	}
 *	dowse_destroy(look);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DOWSE_API __attribute__((visibility("default")))

/* One look at a process: everything that it yielded. */
struct dowse;

enum dowse_certainty {
	DOWSE_SUSPECT, /* worth a look; `settle` says what would make it certain */
	DOWSE_LIKELY,
	DOWSE_PROVED, /* no execution of the program can end it */
};

/* A position in the source; members are NULL or 0 when unknown. */
struct dowse_place {
	const char *function;
	const char *file;
	int line;
};

/* Strings belong to the look and live as long; NULL is unknown, or none. */
struct dowse_finding {
	const char *code; /* "L6" */
	const char *rule; /* "nil-channel" */
	enum dowse_certainty certainty;
	uint64_t count; /* goroutines, objects, entries */
	int64_t bytes;  /* that they hold, at least; -1 unknown */
	struct dowse_place place;
	struct dowse_place created_by;
	const char *state;    /* "chan receive (nil chan)" */
	double waits_seconds; /* the longest; negative when unknown */
	const char *title;
	const char *why;
	const char *settle;
	const char *fix;
};

enum dowse_flags {
	DOWSE_NO_STOP = 1, /* never stop the process: goroutines may be of different moments */
};

#define DOWSE_MESSAGE_SIZE 512

/*
 * Look at a process, which is stopped for milliseconds unless flags say otherwise. Returns true
 * and sets *ret; or false, with one line that says why in `message`, and *ret stays. Names that
 * the process chose stand in the message as they are: make them safe before showing them.
 */
DOWSE_API bool dowse_look(int pid, unsigned flags, char message[DOWSE_MESSAGE_SIZE],
			  struct dowse **ret);

/*
 * The same for a core file (compressed by zstd, lz4 or gzip, too) or a snapshot. `executable` is
 * that of a core, where it is not found by what the core says; NULL: look for it.
 */
DOWSE_API bool dowse_look_file(const char *path, const char *executable,
			       char message[DOWSE_MESSAGE_SIZE], struct dowse **ret);

/* NULL is accepted. */
DOWSE_API void dowse_destroy(struct dowse *look);

/* Goroutines of the program, without those of the runtime. */
DOWSE_API uint64_t dowse_goroutine_count(const struct dowse *look);

/* How long the process was stopped. */
DOWSE_API uint64_t dowse_pause_ns(const struct dowse *look);

/* Findings, the most certain and largest first. */
DOWSE_API size_t dowse_finding_count(const struct dowse *look);

/* False when there is no finding of that index. */
DOWSE_API bool dowse_finding(const struct dowse *look, size_t index, struct dowse_finding *ret);

/* "0.1.0" */
DOWSE_API const char *dowse_version(void);

#ifdef __cplusplus
}
#endif

#endif
