/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/opener.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#define LIST_MAX ((uint64_t)32 << 10)

#define PROC_MAGIC    0x9fa0
#define CGROUP_MAGIC  0x27e0eb
#define CGROUP2_MAGIC 0x63677270

/* What a file may be opened with. Whether it is created, written or emptied is no question here. */
#define FLAGS_ALLOWED                                                                              \
	(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | 0100000)
/* Opening must not wait for a writer, nor give dowse a terminal. */
#define FLAGS_ALWAYS (O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* As openat2() takes it; older headers have neither. */
struct how {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};

#define SYSCALL_OPENAT2          437
#define RESOLVE_NO_LINKS_OF_PROC 0x02
#define RESOLVE_INSIDE           0x10

/* A path as the worker gave it, and what it is. */
struct named {
	enum place place;
	int base;         /* where it starts: a folder, or AT_FDCWD */
	const char *path; /* from there */
	const char *rest; /* of PLACE_TREE: behind the tree's root */
	bool at_root;     /* `base` is that root already */
	char text[PATH_MAX + 80];
};

static bool is_on(int descriptor, long magic)
{
	struct statfs status;
	return fstatfs(descriptor, &status) == 0 && status.f_type == magic;
}

static bool is_control_group(int descriptor)
{
	return is_on(descriptor, CGROUP_MAGIC) || is_on(descriptor, CGROUP2_MAGIC);
}

/* An executable, a library, a debug file; a core holds what a process worked on. */
static bool is_executable(int descriptor)
{
	Elf64_Ehdr header;
	struct stat status;
	if (fstat(descriptor, &status) < 0 || !S_ISREG(status.st_mode))
		return false;
	size_t wanted = offsetof(Elf64_Ehdr, e_machine);
	return pread(descriptor, &header, wanted, 0) == (ssize_t)wanted &&
	       memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_type != ET_CORE;
}

/* "/proc/4242" of a folder there; false where it is none, or its process is no more. */
static bool name_of_folder(int descriptor, char *ret, size_t size)
{
	char link[48];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
	ssize_t n = readlink(link, ret, size - 1);
	if (n <= 0)
		return false;
	ret[n] = '\0';
	return strncmp(ret, "/proc", 5) == 0;
}

/* What it is called where it is, not by a link to it: "x.go" may lead anywhere. */
static bool is_source(int descriptor)
{
	char link[48], name[PATH_MAX + 1];
	struct stat status;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
	ssize_t n = readlink(link, name, sizeof(name) - 1);
	if (n <= 0 || fstat(descriptor, &status) < 0 || !S_ISREG(status.st_mode))
		return false;
	name[n] = '\0';
	return policy_is_source(name);
}

/* The worker's own folder in /proc is the broker's: the worker asks what dowse may. */
static const char *put_broker(const struct policy *policy, const char *path, char *text,
			      size_t size)
{
	char own[32];
	int length = snprintf(own, sizeof(own), "/proc/%d", (int)policy->worker);
	if (strncmp(path, own, (size_t)length) != 0 || (path[length] && path[length] != '/'))
		return path;
	snprintf(text, size, "/proc/%d%s", (int)policy->broker, path + length);
	return text;
}

/* Sort a path out; 0, or an errno when it cannot be. */
static int name(struct policy *policy, const struct request *request, int directory,
		struct named *ret)
{
	const char *path = request->path;
	*ret = (struct named){ .base = AT_FDCWD, .path = path };
	if (path[0] == '/' || directory < 0) {
		ret->path = put_broker(policy, path, ret->text, sizeof(ret->text));
		ret->place = policy_place(policy, ret->path, &ret->rest);
		return 0;
	}
	ret->base = directory;
	if (is_on(directory, PROC_MAGIC)) {
		char folder[64];
		if (!name_of_folder(directory, folder, sizeof(folder)))
			return ENOENT;
		if (snprintf(ret->text, sizeof(ret->text), "%s/%s", folder, path) >=
		    (int)sizeof(ret->text))
			return ENAMETOOLONG;
		ret->place = policy_place(policy, ret->text, &ret->rest);
		/* Only a name that was judged is used, and this is the same behind the folder. */
		return 0;
	}
	/* A control group, or the root of a process's tree: no other folder is ever given away. */
	ret->place = is_control_group(directory) ? PLACE_FILE : PLACE_TREE;
	ret->rest = path;
	ret->at_root = true;
	return 0;
}

/* A descriptor, or an errno made negative. */
static int open_there(const struct named *named, int flags)
{
	/* openat2() takes nothing beside O_PATH that means nothing there. */
	flags = flags & O_PATH ? (flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW)) | O_CLOEXEC
			       : flags | FLAGS_ALWAYS;
	if (named->place != PLACE_TREE) {
		int file = openat(named->base, named->path, flags);
		return file < 0 ? -errno : file;
	}
	_cleanup_(close_descriptor) int opened = -1;
	int root = named->base;
	if (!named->at_root) {
		/* The path up to the rest, which a slash stands before. */
		char path[PATH_MAX];
		snprintf(path, sizeof(path), "%.*s", (int)(named->rest - 1 - named->path),
			 named->path);
		root = opened = openat(named->base, path, O_PATH | O_CLOEXEC);
		if (root < 0)
			return -errno;
	}
	/* Links in there are the target's: they must not lead out of its tree. */
	struct how how = {
		.flags = (uint64_t)flags,
		.resolve = RESOLVE_INSIDE | RESOLVE_NO_LINKS_OF_PROC,
	};
	int file = (int)syscall(SYSCALL_OPENAT2, root, named->rest, &how, sizeof(how));
	if (file < 0 && (errno == ENOSYS || errno == EPERM))
		file = openat(root, named->rest + strspn(named->rest, "/"), flags);
	return file < 0 ? -errno : file;
}

static bool proves_right(const struct named *named, int file)
{
	if (named->place == PLACE_EXECUTABLE)
		return is_executable(file);
	return is_control_group(file) || is_executable(file) ||
	       (named->place == PLACE_SOURCE && is_source(file));
}

/* What must prove to be right is opened twice: a device may do things when it is opened to read. */
static int open_judged(const struct named *named, int flags)
{
	struct stat status;
	_cleanup_(close_descriptor) int seen = open_there(named, O_PATH);
	if (seen < 0)
		return TAKE_FD(seen);
	if (flags & O_PATH)
		return is_control_group(seen) ? TAKE_FD(seen) : -EACCES;
	if (fstat(seen, &status) < 0 || !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)))
		return -EACCES;
	_cleanup_(close_descriptor) int file = open_there(named, flags);
	if (file >= 0 && !proves_right(named, file))
		return -EACCES;
	return TAKE_FD(file);
}

/* A descriptor, or an errno made negative. Nobody else ever sees this file: it has no name. */
static int open_spool(const char *folder)
{
	int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return file < 0 ? -errno : file;
	/* A file system that knows no files without names: a name for a moment. */
	char path[PATH_MAX];
	if (snprintf(path, sizeof(path), "%s/dowse-XXXXXX", folder) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	file = mkostemp(path, O_CLOEXEC);
	if (file < 0)
		return -errno;
	unlink(path);
	return file;
}

static int answer_open(const struct named *named, uint32_t flags)
{
	if (flags & ~(uint32_t)FLAGS_ALLOWED)
		return -EACCES;
	switch (named->place) {
	case PLACE_PROC:
	case PLACE_NAMED:
		return open_there(named, (int)flags);
	case PLACE_PROC_LOOK:
		return flags & O_PATH ? open_there(named, (int)flags) : -EACCES;
	case PLACE_EXECUTABLE:
	case PLACE_TREE:
	case PLACE_FILE:
	case PLACE_SOURCE:
		return open_judged(named, (int)flags);
	case PLACE_HIDDEN:
		return -ENOENT;
	case PLACE_REFUSED:
		break;
	}
	return -EACCES;
}

/* 0 or an errno. That something is there, and since when, is no secret in the target's tree. */
static int answer_status(const struct named *named, uint32_t flags, struct stat *ret)
{
	int follow = flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0;
	if (named->place == PLACE_HIDDEN)
		return ENOENT;
	if (named->place == PLACE_REFUSED)
		return EACCES;
	_cleanup_(close_descriptor) int seen = open_there(named, O_PATH | follow);
	if (seen < 0)
		return -seen;
	if (fstat(seen, ret) < 0)
		return errno;
	if ((named->place != PLACE_FILE && named->place != PLACE_SOURCE) || is_control_group(seen))
		return 0;
	_cleanup_(close_descriptor) int file = open_judged(named, O_RDONLY);
	return file >= 0 ? 0 : -file;
}

static int answer_link(const struct named *named, char *ret, size_t size, uint32_t *ret_size)
{
	if (named->place == PLACE_HIDDEN)
		return ENOENT;
	if (named->place != PLACE_PROC_LOOK && named->place != PLACE_EXECUTABLE)
		return EACCES;
	ssize_t n = readlinkat(named->base, named->path, ret, size);
	if (n < 0)
		return errno;
	*ret_size = (uint32_t)n;
	return 0;
}

static int answer_list(int directory, void *ret, size_t size, uint32_t *ret_size)
{
	long n = directory < 0 ? -1 : syscall(SYS_getdents64, directory, ret, size);
	if (n < 0)
		return directory < 0 ? EBADF : errno;
	*ret_size = (uint32_t)n;
	return 0;
}

void opener_answer(struct policy *policy, const struct request *request, int directory,
		   struct reply_message *reply, int *ret_descriptor)
{
	struct named named;
	if (request->kind == REQUEST_LIST) {
		size_t size = (size_t)MIN(request->numbers[0], LIST_MAX);
		reply->head.os_error = answer_list(directory, reply->payload, size,
						   &reply->head.size);
		return;
	}
	int problem = name(policy, request, directory, &named);
	if (problem) {
		reply->head.os_error = problem;
	} else if (request->kind == REQUEST_OPEN) {
		bool spool = (request->flags & O_TMPFILE) == O_TMPFILE && directory < 0 &&
			     policy_spools(policy, request->path);
		int file = spool ? open_spool(request->path) : answer_open(&named, request->flags);
		reply->head.os_error = file < 0 ? -file : 0;
		*ret_descriptor = file < 0 ? -1 : file;
	} else if (request->kind == REQUEST_STATUS) {
		struct stat status;
		reply->head.os_error = answer_status(&named, request->flags, &status);
		if (!reply->head.os_error) {
			memcpy(reply->payload, &status, sizeof(status));
			reply->head.size = sizeof(status);
		}
	} else {
		reply->head.os_error = answer_link(&named, (char *)reply->payload, PATH_MAX,
						   &reply->head.size);
	}
}
