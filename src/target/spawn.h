/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_SPAWN_H
#define DOWSE_TARGET_SPAWN_H

#include <sys/types.h>

#include "base/error.h"

/*
 * A program that dowse itself starts, held at its first instruction: the loader is done with it, and
 * nothing of its own has run. Meanwhile it can be given memory and its code be changed; then it is let
 * go, and nobody traces it. All of it is for the thread that started it.
 */
struct spawned {
	pid_t pid;
	uint64_t entry;   /* its first instruction, where it stands */
	uint64_t headers; /* where its program headers lie: at its beginning */
	bool traced;
	bool ended; /* before its first instruction, by itself or by a signal: nothing else can be done */
	int status;      /* then: as wait() has it */
	uint8_t code[8]; /* that stands at `entry` */
};

/*
 * `arguments` ends with NULL, and its first is looked for in PATH as a shell does. The program has all
 * that dowse has: environment, folder, descriptors (those that are closed on exec left out),
 * signals as they were when dowse was started; what is to be done besides does `prepare`, in the new
 * process, unless it is NULL. One that ends meanwhile (a library is missing, somebody ends it) is no
 * error, but `ended`. The error says why it could not be started; ERROR_PERMISSION where it
 * may not be traced, and then it was ended before it did anything.
 */
struct error *spawn_held(char *const *arguments, void (*prepare)(void *argument), void *argument,
			 struct spawned *ret) must_use;

/* The same, but it runs at once, and nobody traces it. */
struct error *spawn_free(char *const *arguments, void (*prepare)(void *argument), void *argument,
			 pid_t *ret) must_use;

/* Have it make a system call. *ret is what that returned: an errno, made negative, is no error here. */
struct error *spawn_call(struct spawned *spawned, int64_t number, const uint64_t arguments[6],
			 int64_t *ret) must_use;

/* Change its code: what stands there must be `before`. */
struct error *spawn_patch(struct spawned *spawned, uint64_t address, const uint8_t *before,
			  const uint8_t *after, size_t size) must_use;

/* Let it go. */
struct error *spawn_release(struct spawned *spawned) must_use;

/* Kills it, if it is still held. */
void spawn_deinit(struct spawned *spawned);

#endif
