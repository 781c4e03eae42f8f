/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_PERMISSION_H
#define DOWSE_TARGET_PERMISSION_H

#include "target/procfs.h"

/*
 * The kernel has refused with `os_error` to let dowse look into a process: the error says which of
 * its rules it was, as far as can be known, and what to do.
 */
struct error *permission_error(pid_t pid, const char *name, int os_error) must_use;

/* The rules by which the kernel may refuse, in the order in which it asks them. */
enum permission_rule {
	PERMISSION_GRANTED,
	PERMISSION_TRACED,   /* somebody else traces it: one at a time */
	PERMISSION_USER,     /* it runs as another user */
	PERMISSION_DUMPABLE, /* it gave rights up or has more than its user: set-uid, capabilities */
	PERMISSION_CAPABILITIES, /* it has capabilities that dowse lacks */
	PERMISSION_YAMA,         /* kernel.yama.ptrace_scope */
	PERMISSION_NAMESPACE,    /* a user namespace that is not below ours */
	PERMISSION_SECURITY,     /* a security module, or a sandbox around dowse */
};

/* What dowse is allowed on this machine, whatever the process. */
struct permission_self {
	uid_t uid;
	uint64_t capabilities;    /* effective */
	bool can_trace_all;       /* CAP_SYS_PTRACE */
	bool can_suspend_seccomp; /* CAP_SYS_ADMIN, and no filter on dowse */
	int ptrace_scope;         /* of yama; -1: there is none */
	int seccomp;              /* around dowse: 0 none, 2 a filter; -1 unknown */
	int no_new_privs;
	char security_module[64]; /* "apparmor (profile)" as far as readable; "" unknown or none */
};

/* What it may do to one process. All fields are filled in; texts are "" when there is nothing. */
struct process_permission {
	struct process_facts facts;
	bool other_pid_namespace;
	bool other_mount_namespace;
	bool other_user_namespace;

	enum permission_rule read; /* memory, without a stop */
	enum permission_rule stop; /* attach, which is what goroutines need */
	char read_reason[160];     /* the rule in words */
	char stop_reason[160];

	bool can_fork;          /* for the heap */
	char fork_reason[384];  /* why not */
	uint64_t fork_pause_ns; /* estimated; a plain stop takes 25 µs a thread */
	uint64_t stop_pause_ns;
	uint64_t fork_bytes;     /* that its control groups are charged for a fork at least */
	uint64_t headroom;       /* bytes left in the tightest group; UINT64_MAX: no limit known */
	char headroom_path[256]; /* of that group */

	char command[192]; /* the one command that would help most; "" when all is allowed */
};

struct error *permission_self_read(struct permission_self *ret) must_use;

/* Errors are those of process_open() for what is no process at all: not refusals. */
struct error *process_permission(pid_t pid, struct process_permission *ret) must_use;

/* "CAP_SYS_PTRACE"; NULL for a number that has no name. */
const char *permission_capability_name(unsigned number);

#endif
