/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/trap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "confine/client.h"
#include "confine/machine.h"

/*
 * The handler runs in the place of the call, which is never one made between client_begin() and
 * client_done(): what those do is not trapped. Its stack is the thread's own.
 */

const int trap_calls[] = {
#ifdef __NR_open
	__NR_open,   __NR_stat,       __NR_lstat,     __NR_access,     __NR_readlink,
#endif
	__NR_openat, __NR_newfstatat, __NR_faccessat, __NR_readlinkat, __NR_getdents64, -1,
};

static bool put_path(struct request *request, const char *path)
{
	size_t length = strnlen(path, sizeof(request->path));
	if (length == sizeof(request->path))
		return false;
	memcpy(request->path, path, length + 1);
	return true;
}

/* The answer to a request about a path; NULL and *ret_problem when it could not be asked. */
static const struct reply_message *ask(enum request_kind kind, int directory, const char *path,
				       int flags, int *ret_descriptor)
{
	struct request *request = client_begin(kind);
	if (!put_path(request, path))
		return NULL;
	request->flags = (uint32_t)flags;
	bool from_here = directory == AT_FDCWD || path[0] == '/';
	return client_ask(from_here ? -1 : directory, ret_descriptor);
}

static long call_open(int directory, const char *path, int flags)
{
	int descriptor = -1;
	const struct reply_message *reply = ask(REQUEST_OPEN, directory, path, flags, &descriptor);
	long result = !reply                 ? -ENAMETOOLONG
		      : reply->head.os_error ? -reply->head.os_error
					     : descriptor;
	client_done();
	return result;
}

static long call_status(int directory, const char *path, struct stat *ret, int flags)
{
	if (!path[0] && (flags & AT_EMPTY_PATH))
		return syscall(SYS_fstat, directory, ret) < 0 ? -errno : 0;
	const struct reply_message *reply = ask(REQUEST_STATUS, directory, path,
						flags & AT_SYMLINK_NOFOLLOW, NULL);
	long result = reply ? -reply->head.os_error : -ENAMETOOLONG;
	if (!result && ret)
		memcpy(ret, reply->payload, sizeof(*ret));
	client_done();
	return result;
}

static long call_link(int directory, const char *path, char *ret, size_t size)
{
	const struct reply_message *reply = ask(REQUEST_LINK, directory, path, 0, NULL);
	long result = reply ? -reply->head.os_error : -ENAMETOOLONG;
	if (!result) {
		result = (long)MIN(size, reply->head.size);
		memcpy(ret, reply->payload, (size_t)result);
	}
	client_done();
	return result;
}

static long call_list(int directory, void *ret, size_t size)
{
	struct request *request = client_begin(REQUEST_LIST);
	request->numbers[0] = size;
	const struct reply_message *reply = client_ask(directory, NULL);
	long result = -reply->head.os_error;
	if (!result && reply->head.size > size)
		result = -EINVAL;
	if (!result) {
		memcpy(ret, reply->payload, reply->head.size);
		result = (long)reply->head.size;
	}
	client_done();
	return result;
}

static long call(int number, const uint64_t *arguments)
{
	const char *first = (const char *)(uintptr_t)arguments[0];
	const char *second = (const char *)(uintptr_t)arguments[1];
	void *third = (void *)(uintptr_t)arguments[2];
	int directory = (int)arguments[0];
	switch (number) {
#ifdef __NR_open
	case __NR_open:
		return call_open(AT_FDCWD, first, (int)arguments[1]);
	case __NR_stat:
		return call_status(AT_FDCWD, first, (struct stat *)(uintptr_t)second, 0);
	case __NR_lstat:
		return call_status(AT_FDCWD, first, (struct stat *)(uintptr_t)second,
				   AT_SYMLINK_NOFOLLOW);
	case __NR_access:
		return call_status(AT_FDCWD, first, NULL, 0);
	case __NR_readlink:
		return call_link(AT_FDCWD, first, (char *)(uintptr_t)second, (size_t)arguments[2]);
#endif
	case __NR_openat:
		return call_open(directory, second, (int)arguments[2]);
	case __NR_newfstatat:
		return call_status(directory, second, third, (int)arguments[3]);
	case __NR_faccessat:
		return call_status(directory, second, NULL, 0);
	case __NR_readlinkat:
		return call_link(directory, second, third, (size_t)arguments[3]);
	case __NR_getdents64:
		return call_list(directory, (void *)(uintptr_t)second, (size_t)arguments[2]);
	default:
		return -ENOSYS;
	}
}

static void handle(int signal, siginfo_t *information, void *context)
{
	uint64_t arguments[6];
	int before = errno;
	(void)signal;
	for (unsigned i = 0; i < ARRAY_SIZE(arguments); i++)
		arguments[i] = machine_call_argument(context, i);
	machine_call_set_result(context, call(information->si_syscall, arguments));
	errno = before;
}

struct error *trap_init(void)
{
	/* It may come again while it is handled: nothing that it does is trapped, by design. */
	struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_NODEFER };
	sigset_t trapped;
	sigemptyset(&trapped);
	sigaddset(&trapped, SIGSYS);
	if (sigaction(SIGSYS, &action, NULL) < 0 || sigprocmask(SIG_UNBLOCK, &trapped, NULL) < 0)
		return error_os(errno, "system calls cannot be trapped");
	return NULL;
}
