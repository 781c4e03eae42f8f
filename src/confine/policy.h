/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CONFINE_POLICY_H
#define DOWSE_CONFINE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct http_endpoint;

/*
 * Which files a worker may have opened. A name decides in /proc, where names are the kernel's, and
 * for what the user wrote on the command line; elsewhere the file itself does: executables,
 * libraries and debug files may be read wherever they lie, and control groups; Go source where the verb
 * shows it, by the name that the file has behind all links; and nothing else.
 *
 * Of every process the worker learns what any user may know, and may read the executable; memory,
 * mappings and descriptors are the target's alone. That is the process that the user named by its
 * number or, if by name, the first that is asked for: until then nothing of a stranger's has been
 * parsed but the names of processes.
 */
struct policy {
	const char *const *files; /* that the user named; borrowed */
	size_t file_count;
	const char *const *spools; /* folders in which it may have files without a name; borrowed */
	size_t spool_count;
	const struct http_endpoint *endpoints; /* that the user named by URLs; borrowed */
	size_t endpoint_count;
	bool sources;       /* Go source may be read, wherever it lies */
	bool every_process; /* the verb looks into each: there is no target */
	pid_t process;      /* the target; 0: not known yet */
	pid_t second;       /* another one that the user named by its number; 0: none */
	pid_t fork;         /* of it, while there is one; 0: none */
	pid_t broker;
	pid_t worker; /* passes for the broker: what dowse may is what the broker may */
};

enum place {
	PLACE_REFUSED,
	PLACE_HIDDEN,    /* as if it were not there: dowse itself, in a list of processes */
	PLACE_PROC,      /* a file of the kernel's: may be read */
	PLACE_PROC_LOOK, /* may be looked at, and its link read */
	PLACE_EXECUTABLE, /* a link of the kernel's to a file, which must prove to be an executable */
	PLACE_TREE,       /* inside the target's own tree, below `root` */
	PLACE_NAMED,      /* the user has named it */
	PLACE_FILE,       /* must prove to be an executable, or a control group */
	PLACE_SOURCE, /* must prove to be a regular file whose own name ends in .go, or the same */
};

/*
 * Where an absolute path leads, or one that starts from the current folder. For PLACE_TREE
 * *ret_rest is what follows /proc/PID/root in `path`.
 */
enum place policy_place(struct policy *policy, const char *path, const char **ret_rest);

/* Is that what Go source is called? */
bool policy_is_source(const char *path);

/* May it have a file without a name there, to write to? */
bool policy_spools(const struct policy *policy, const char *folder);

/* May it be stopped and forked? */
bool policy_owns(struct policy *policy, pid_t process);

#endif
