/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CONFINE_CONFINE_H
#define DOWSE_CONFINE_CONFINE_H

#include <sys/types.h>

#include "base/error.h"

struct http_endpoint;

/*
 * Runs what reads the bytes of strangers in a process of its own, the worker, that may do nothing
 * but compute, write to the descriptors that it has, and ask this one, the broker, for a handful of
 * things (protocol.h): to open a file for reading that policy.h allows, to connect to whom the user
 * named, and to stop, fork and release the target.
 */
#define CONFINE_OUTPUTS_MAX 8

struct confine_work {
	bool required;      /* fail rather than run it here where no worker can be had */
	const int *outputs; /* descriptors that it writes to, besides the standard ones; borrowed */
	size_t output_count;
	const char *const *files; /* that the user named and that may be read; borrowed */
	size_t file_count;
	const char *const *spools; /* folders in which it may have files without a name */
	size_t spool_count;
	const struct http_endpoint *endpoints; /* that it may have connections to; borrowed */
	size_t endpoint_count;
	pid_t process;      /* the target; 0: not known, or none */
	pid_t second;       /* another one to compare with, by its number; 0: none */
	bool sources;       /* Go source may be read */
	bool every_process; /* all may be looked into */
	bool reads_input;   /* from standard input */

	/* In the worker; its result becomes the worker's exit status, and *ret_status. */
	int (*run)(void *argument);
	void *argument;
	/* One line for the user, when it runs unconfined. */
	void (*warn)(const char *why);
};

/*
 * Run it. An error means that the worker has died, or was ended, before it was done: whatever it
 * was told to write is to be thrown away, and the target goes on.
 */
struct error *confine_run(const struct confine_work *work, int *ret_status) must_use;

#endif
