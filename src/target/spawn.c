/* SPDX-License-Identifier: Apache-2.0 */
#include "target/spawn.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "base/file.h"
#include "target/spawn_private.h"

/* What the new process tells before the program runs: which of its steps failed, and how. */
struct failure {
	enum {
		FAILED_TO_BE_TRACED,
		FAILED_TO_START,
	} step;
	int os_error;
};

__attribute__((noreturn)) static void report_failure(int pipe, int step, int os_error)
{
	struct failure failure = { .step = (unsigned)step, .os_error = os_error };
	if (write(pipe, &failure, sizeof(failure)) < 0)
		_exit(127);
	_exit(127);
}

__attribute__((noreturn)) static void child_main(char *const *arguments, bool traced, int pipe,
						 void (*prepare)(void *argument), void *argument)
{
	if (prepare)
		prepare(argument);
	if (traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		report_failure(pipe, FAILED_TO_BE_TRACED, errno);
	execvp(arguments[0], arguments);
	report_failure(pipe, FAILED_TO_START, errno);
}

static struct error *explain(const struct failure *failure, const char *program)
{
	if (failure->step == FAILED_TO_START)
		return error_os(failure->os_error, "cannot start %s", program);
	return error_new(ERROR_PERMISSION,
			 "%s may not be traced here (%s): allow ptrace, as by docker run "
			 "--cap-add=SYS_PTRACE, or let it run unwatched by --if-possible",
			 program, strerror(failure->os_error));
}

static struct error *start(char *const *arguments, bool traced, void (*prepare)(void *argument),
			   void *argument, pid_t *ret)
{
	int pipes[2];
	struct failure failure;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return error_os(errno, "cannot make a pipe");
	pid_t pid = fork();
	if (pid == 0)
		child_main(arguments, traced, pipes[1], prepare, argument);
	close(pipes[1]);
	_cleanup_(close_descriptor) int told = pipes[0];
	if (pid < 0)
		return error_os(errno, "cannot start a process");
	ssize_t n;
	while ((n = read(told, &failure, sizeof(failure))) < 0 && errno == EINTR) {
	}
	*ret = pid;
	if (n != sizeof(failure))
		return NULL;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
	}
	return explain(&failure, arguments[0]);
}

struct error *spawn_free(char *const *arguments, void (*prepare)(void *argument), void *argument,
			 pid_t *ret)
{
	return start(arguments, false, prepare, argument, ret);
}

static struct error *ended_early(const struct spawned *spawned)
{
	return error_new(ERROR_GONE, "process %d has ended before its first instruction",
			 spawned->pid);
}

/* Wait until it stops; the signal that it stopped for. */
static struct error *await_stop(struct spawned *spawned, int *ret)
{
	int status;
	while (waitpid(spawned->pid, &status, __WALL) < 0) {
		if (errno != EINTR)
			return error_os(errno, "cannot wait for process %d", spawned->pid);
	}
	if (!WIFSTOPPED(status)) {
		spawned->traced = false;
		spawned->ended = true;
		spawned->status = status;
		return ended_early(spawned);
	}
	*ret = WSTOPSIG(status);
	return NULL;
}

static struct error *go_on(struct spawned *spawned, int request, int signal)
{
	if (ptrace((enum __ptrace_request)request, spawned->pid, NULL, (void *)(intptr_t)signal) <
	    0)
		return error_os(errno, "cannot let process %d go on", spawned->pid);
	return NULL;
}

/* Let it run until it stops by itself; signals that others send it reach it. */
static struct error *run_to_trap(struct spawned *spawned, int request)
{
	for (int signal = 0;;) {
		TRY(go_on(spawned, request, signal));
		TRY(await_stop(spawned, &signal));
		if (signal == SIGTRAP)
			return NULL;
	}
}

/* Where it is to begin, as the kernel has told it. */
static struct error *read_auxiliary(struct spawned *spawned)
{
	char path[48];
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	snprintf(path, sizeof(path), "/proc/%d/auxv", spawned->pid);
	TRY(file_read(path, 64 << 10, &file));
	for (size_t at = 0; at + sizeof(Elf64_auxv_t) <= file.size; at += sizeof(Elf64_auxv_t)) {
		Elf64_auxv_t entry;
		memcpy(&entry, file.bytes + at, sizeof(entry));
		if (entry.a_type == AT_ENTRY)
			spawned->entry = entry.a_un.a_val;
		if (entry.a_type == AT_PHDR)
			spawned->headers = entry.a_un.a_val;
	}
	if (!spawned->entry || !spawned->headers)
		return error_new(ERROR_UNSUPPORTED,
				 "process %d does not say where its program lies", spawned->pid);
	return NULL;
}

/* Bytes of its memory, a word at a time: whole words are read, and written back. */
static struct error *exchange(struct spawned *spawned, uint64_t address, uint8_t *bytes,
			      size_t size, bool write)
{
	for (size_t done = 0; done < size;) {
		uint64_t at = (address + done) & ~(uint64_t)7;
		size_t from = (size_t)(address + done - at);
		size_t length = MIN(sizeof(long) - from, size - done);
		errno = 0;
		long word = ptrace(PTRACE_PEEKDATA, spawned->pid, (void *)(uintptr_t)at, NULL);
		if (errno)
			return error_os(errno, "cannot read the memory of process %d",
					spawned->pid);
		if (!write)
			memcpy(bytes + done, (uint8_t *)&word + from, length);
		else
			memcpy((uint8_t *)&word + from, bytes + done, length);
		if (write &&
		    ptrace(PTRACE_POKEDATA, spawned->pid, (void *)(uintptr_t)at, (void *)word) < 0)
			return error_os(errno, "cannot write to the memory of process %d",
					spawned->pid);
		done += length;
	}
	return NULL;
}

static struct error *write_code(struct spawned *spawned, uint64_t address, const uint8_t *bytes,
				size_t size)
{
	uint8_t copy[64];
	if (size > sizeof(copy))
		return error_new(ERROR_LIMIT, "%zu bytes of code are too many", size);
	memcpy(copy, bytes, size);
	return exchange(spawned, address, copy, size, true);
}

/* The loader runs now, if there is one; not a constructor of the program's own, nor its main. */
static struct error *run_to_entry(struct spawned *spawned)
{
	TRY(read_auxiliary(spawned));
	TRY(exchange(spawned, spawned->entry, spawned->code, sizeof(spawned->code), false));
	TRY(write_code(spawned, spawned->entry, spawn_trap, spawn_trap_size));
	TRY(run_to_trap(spawned, PTRACE_CONT));
	TRY(write_code(spawned, spawned->entry, spawned->code, spawn_trap_size));
	return spawn_machine_stands_at(spawned->pid, spawned->entry);
}

struct error *spawn_held(char *const *arguments, void (*prepare)(void *argument), void *argument,
			 struct spawned *ret)
{
	struct spawned spawned = { 0 };
	int signal = 0;
	TRY(start(arguments, true, prepare, argument, &spawned.pid));
	spawned.traced = true;
	/* The execve itself stops it. */
	struct error *error = NULL;
	do {
		if (signal)
			error = go_on(&spawned, PTRACE_CONT, signal);
		if (!error)
			error = await_stop(&spawned, &signal);
	} while (!error && signal != SIGTRAP);
	/* Should dowse be killed now: half a change is worse than no program. */
	if (!error && ptrace(PTRACE_SETOPTIONS, spawned.pid, NULL, PTRACE_O_EXITKILL) < 0)
		error = error_os(errno, "cannot hold process %d", spawned.pid);
	if (!error)
		error = run_to_entry(&spawned);
	if (error && spawned.ended) {
		error_destroy(error);
	} else if (error) {
		spawn_deinit(&spawned);
		return error;
	}
	*ret = spawned;
	return NULL;
}

struct error *spawn_call(struct spawned *spawned, int64_t number, const uint64_t arguments[6],
			 int64_t *ret)
{
	struct spawn_registers registers;
	TRY(spawn_machine_save(spawned->pid, &registers));
	TRY(write_code(spawned, spawned->entry, spawn_call_code, spawn_call_size));
	TRY(spawn_machine_enter(spawned->pid, &registers, number, arguments));
	TRY(run_to_trap(spawned, PTRACE_SINGLESTEP));
	TRY(spawn_machine_result(spawned->pid, ret));
	TRY(write_code(spawned, spawned->entry, spawned->code, spawn_call_size));
	return spawn_machine_restore(spawned->pid, &registers);
}

struct error *spawn_patch(struct spawned *spawned, uint64_t address, const uint8_t *before,
			  const uint8_t *after, size_t size)
{
	uint8_t bytes[16];
	if (size > sizeof(bytes))
		return error_new(ERROR_LIMIT, "%zu bytes of code are too many", size);
	TRY(exchange(spawned, address, bytes, size, false));
	if (memcmp(bytes, before, size) != 0)
		return error_new(ERROR_CORRUPT, "the code at 0x%llx is not what the file has",
				 (unsigned long long)address);
	return write_code(spawned, address, after, size);
}

struct error *spawn_release(struct spawned *spawned)
{
	ptrace(PTRACE_SETOPTIONS, spawned->pid, NULL, NULL);
	if (ptrace(PTRACE_DETACH, spawned->pid, NULL, NULL) < 0)
		return error_os(errno, "cannot let go of process %d", spawned->pid);
	spawned->traced = false;
	return NULL;
}

void spawn_deinit(struct spawned *spawned)
{
	if (!spawned->traced)
		return;
	kill(spawned->pid, SIGKILL);
	while (waitpid(spawned->pid, NULL, __WALL) < 0 && errno == EINTR) {
	}
	spawned->traced = false;
}
