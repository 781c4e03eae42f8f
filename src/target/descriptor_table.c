/* SPDX-License-Identifier: Apache-2.0 */
#include "target/descriptor_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

#define SOCKET_LIST_MAX ((size_t)256 << 20)
#define TCP_LISTEN      0x0a

struct socket_entry {
	const char *kind;
	const char *name;
	const char *local;
	const char *remote;
	bool listens;
};

void descriptor_table_init(struct descriptor_table *table, pid_t pid)
{
	*table = (struct descriptor_table){ .pid = pid };
}

void descriptor_table_deinit(struct descriptor_table *table)
{
	arena_deinit(&table->arena);
	map_deinit(&table->sockets);
}

static struct error *add_socket(struct descriptor_table *table, uint64_t inode,
				const struct socket_entry *entry)
{
	struct map_slot *slot;
	struct socket_entry *copy = arena_allocate(&table->arena, sizeof(*copy));
	if (!copy)
		return error_no_memory();
	*copy = *entry;
	if (!inode || inode == UINT64_MAX)
		return NULL;
	return map_insert(&table->sockets, inode, (uintptr_t)copy, &slot);
}

/* "0100007F:1F90": an address as the kernel's words in hexadecimal, then a port. */
static const char *format_address(struct arena *arena, const char *hex, size_t length,
				  unsigned port)
{
	uint32_t words[4];
	char text[INET6_ADDRSTRLEN], full[INET6_ADDRSTRLEN + 10];
	size_t count = length / 8;
	if (count != 1 && count != 4)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		char word[9] = { 0 };
		memcpy(word, hex + i * 8, 8);
		words[i] = (uint32_t)strtoul(word, NULL, 16);
	}
	/* An IPv4 address that an IPv6 socket bears is written as what it is. */
	bool mapped = count == 4 && !words[0] && !words[1] && words[2] == htonl(0xffff);
	const void *address = mapped ? &words[3] : words;
	bool v4 = count == 1 || mapped;
	if (!inet_ntop(v4 ? AF_INET : AF_INET6, address, text, sizeof(text)))
		return NULL;
	snprintf(full, sizeof(full), v4 ? "%s:%u" : "[%s]:%u", text, port);
	return arena_copy_string(arena, full, strlen(full));
}

/* One line of /proc/PID/net/{tcp,udp}{,6}. */
static struct error *add_internet_line(struct descriptor_table *table, const char *kind,
				       const char *line)
{
	char local[33], remote[33];
	unsigned local_port, remote_port, state;
	uint64_t inode;
	if (sscanf(line,
		   "%*u: %32[0-9A-F]:%x %32[0-9A-F]:%x %x %*x:%*x %*x:%*x %*x %*u %*u %" SCNu64,
		   local, &local_port, remote, &remote_port, &state, &inode) != 6)
		return NULL;
	struct socket_entry entry = {
		.kind = kind,
		.local = format_address(&table->arena, local, strlen(local), local_port),
		.listens = state == TCP_LISTEN && kind[0] == 't',
	};
	if (remote_port)
		entry.remote = format_address(&table->arena, remote, strlen(remote), remote_port);
	return add_socket(table, inode, &entry);
}

/* One line of /proc/PID/net/unix: address, counts, flags, type, state, inode and maybe a path. */
static struct error *add_unix_line(struct descriptor_table *table, const char *kind,
				   const char *line)
{
	uint64_t inode;
	unsigned flags;
	int path = 0;
	if (sscanf(line, "%*x: %*x %*x %x %*x %*x %" SCNu64 " %n", &flags, &inode, &path) != 2)
		return NULL;
	struct socket_entry entry = { .kind = kind, .listens = flags & 0x10000 };
	if (path && line[path]) {
		entry.name = arena_copy_string(&table->arena, line + path, strlen(line + path));
		if (!entry.name)
			return error_no_memory();
	}
	return add_socket(table, inode, &entry);
}

static struct error *read_list(struct descriptor_table *table, const char *file, const char *kind,
			       struct error *(*add)(struct descriptor_table *, const char *,
						    const char *))
{
	char path[64];
	_cleanup_(file_bytes_deinit) struct file_bytes list = { 0 };
	snprintf(path, sizeof(path), "/proc/%d/net/%s", (int)table->pid, file);
	if (!error_ignore(file_read(path, SOCKET_LIST_MAX, &list)))
		return NULL; /* no such protocol here, or not allowed: its sockets stay unnamed */

	char *line = (char *)list.bytes;
	const char *list_end = line + list.size;
	while (line && *line) {
		char *end = memchr(line, '\n', (size_t)(list_end - line));
		if (end)
			*end = '\0';
		TRY(add(table, kind, line));
		line = end ? end + 1 : NULL;
	}
	return NULL;
}

static struct error *read_sockets(struct descriptor_table *table)
{
	table->sockets_read = true;
	TRY(read_list(table, "tcp", "tcp", add_internet_line));
	TRY(read_list(table, "tcp6", "tcp", add_internet_line));
	TRY(read_list(table, "udp", "udp", add_internet_line));
	TRY(read_list(table, "udp6", "udp", add_internet_line));
	return read_list(table, "unix", "unix", add_unix_line);
}

static struct error *describe_socket(struct descriptor_table *table, uint64_t inode,
				     struct descriptor *ret)
{
	if (!table->sockets_read)
		TRY(read_sockets(table));
	*ret = (struct descriptor){ .kind = "socket" };
	const struct map_slot *slot = map_find(&table->sockets, inode);
	if (!slot)
		return NULL;
	const struct socket_entry *entry = (const struct socket_entry *)(uintptr_t)slot->value;
	*ret = (struct descriptor){
		.kind = entry->kind,
		.name = entry->name,
		.local = entry->local,
		.remote = entry->remote,
		.listens = entry->listens,
	};
	return NULL;
}

struct error *descriptor_table_find(struct descriptor_table *table, int number,
				    struct descriptor *ret)
{
	char path[64], link[PATH_MAX];
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)table->pid, number);
	ssize_t length = readlink(path, link, sizeof(link) - 1);
	if (length < 0)
		return error_os(errno, "cannot look at descriptor %d of process %d", number,
				(int)table->pid);
	link[length] = '\0';

	uint64_t inode;
	if (sscanf(link, "socket:[%" SCNu64 "]", &inode) == 1)
		return describe_socket(table, inode, ret);

	struct descriptor descriptor = { .kind = "file" };
	const char *anonymous = "anon_inode:";
	if (strncmp(link, "pipe:", 5) == 0) {
		descriptor.kind = "pipe";
	} else if (strncmp(link, anonymous, strlen(anonymous)) == 0) {
		const char *kind = link + strlen(anonymous);
		kind += *kind == '[';
		descriptor.kind = arena_copy_string(&table->arena, kind, strcspn(kind, "]"));
	} else {
		descriptor.name = arena_copy_string(&table->arena, link, (size_t)length);
	}
	if (!descriptor.kind || (descriptor.kind[0] == 'f' && !descriptor.name))
		return error_no_memory();
	*ret = descriptor;
	return NULL;
}
