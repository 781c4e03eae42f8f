/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_DESCRIPTOR_TABLE_H
#define DOWSE_TARGET_DESCRIPTOR_TABLE_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/map.h"

/*
 * What a process's file descriptors are, by /proc: sockets with both of their addresses, pipes,
 * files. The kernel's lists of sockets are read once, at the first socket that is asked for.
 */
struct descriptor_table {
	pid_t pid;
	struct arena arena;
	struct map sockets; /* inode → struct socket_entry * */
	bool sockets_read;
};

/* NULL stands for what is not known or does not exist. Strings belong to the table. */
struct descriptor {
	const char *kind;   /* "tcp", "udp", "unix", "pipe", "file", "eventpoll", ... */
	const char *name;   /* a file's path, a unix socket's; NULL otherwise */
	const char *local;  /* "127.0.0.1:8080", "[::1]:53" */
	const char *remote; /* NULL for a listener */
	bool listens;
};

void descriptor_table_init(struct descriptor_table *table, pid_t pid);
void descriptor_table_deinit(struct descriptor_table *table);

/* ERROR_NOT_FOUND when the process has no such descriptor (any more). */
struct error *descriptor_table_find(struct descriptor_table *table, int number,
				    struct descriptor *ret) must_use;

#endif
