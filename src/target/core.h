/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_CORE_H
#define DOWSE_TARGET_CORE_H

#include "target/target.h"

/*
 * A core file as a target: one that the kernel wrote, gcore, or anything else that writes ELF
 * cores. Memory that the core left out because a file has it too (code, read-only data) is read
 * from that file, where one is found that is the same build; what is nowhere cannot be read.
 *
 * The file may be hostile, cut short, or be cut while it is read. Nothing of it is mapped.
 */
struct core_options {
	const char *executable;   /* take this file for the executable; NULL: look for it */
	const char *spool;        /* where a compressed one is unpacked; NULL: see spool.h */
	uint64_t written_unix_ns; /* when the core was made; 0: when the descriptor's file was */
	const char *problem;      /* why the file is not whole, for a warning; NULL when it is */
};

/* The descriptor stays the caller's. `name` is the path that messages and warnings name. */
struct error *core_open(int descriptor, const char *name, const struct core_options *options,
			struct target **ret) must_use;

/* The same for one that may be compressed; `written_unix_ns` and `problem` are found out then. */
struct error *core_open_packed(int descriptor, const char *name, const struct core_options *options,
			       struct target **ret) must_use;

/* Do these first bytes of a file say that it is an ELF core, of whatever machine? */
bool core_is(const void *bytes, size_t size);

#define CORE_WARNINGS_MAX 4

/* What a core says of its process, and of itself. Strings belong to the core. */
struct core_facts {
	const char *path;         /* of the core, as it was opened */
	pid_t pid;                /* 0: not said */
	const char *program;      /* the kernel's short name of the process; "" not said */
	const char *command;      /* the head of its command line; "" not said */
	const char *executable;   /* the path that it was mapped from; NULL not said */
	bool executable_found;    /* a file of the same build is at hand, or need not be */
	const char *problem;      /* why it is not at hand; NULL */
	int signal;               /* that ended it, 0: none did, as for gcore's */
	size_t threads;           /* with their registers */
	uint64_t file_size;       /* of the core */
	uint64_t file_data;       /* of that not in holes */
	uint64_t written_unix_ns; /* when it was made, by the clock on the wall; 0 unknown */
	uint64_t memory;          /* that the process had mapped, in bytes */
	uint64_t held;            /* of that the core has, holes included */
	uint64_t cut;             /* it ought to have besides, but the file ends too early */
	size_t cut_segments;      /* that lost bytes so */
	const char *warnings[CORE_WARNINGS_MAX];
	size_t warning_count;
};

/* NULL when the target is no core. */
const struct core_facts *core_facts(const struct target *target);

#endif
