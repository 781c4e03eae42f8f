/* SPDX-License-Identifier: Apache-2.0 */
#include "target/inject.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "base/file.h"
#include "target/filter.h"
#include "target/procfs.h"
#include "target/stack_room.h"
#include "target/traced.h"

#ifndef PTRACE_GET_RSEQ_CONFIGURATION
#define PTRACE_GET_RSEQ_CONFIGURATION 0x420f
#endif
#define SCAN_CHUNK   ((size_t)1 << 20)
#define SPARE_ROOM   512 /* of the stack, beyond what is needed */
#define SYSCALL_STOP (SIGTRAP | 0x80)

static struct error *scan_mapping(struct injection *injection, const struct target_mapping *mapping,
				  uint8_t *buffer, bool *ret_found)
{
	for (uint64_t at = mapping->start; at < mapping->end && !*ret_found;
	     at += SCAN_CHUNK - MACHINE_GADGET_MAX) {
		struct target_range range = {
			.address = at,
			.length = MIN(SCAN_CHUNK, mapping->end - at),
			.into = buffer,
		};
		TRY(memory_read_ranges(injection->memory, injection->name, &range, 1));
		if (range.done)
			*ret_found = machine_gadgets_find(&injection->gadgets, buffer, range.length,
							  at);
	}
	return NULL;
}

struct error *injection_find_gadgets(struct injection *injection)
{
	_cleanup_(free_pointer) uint8_t *buffer = malloc(SCAN_CHUNK);
	bool found = false;

	if (!buffer)
		return error_no_memory();
	for (size_t i = 0; i < injection->maps->mappings.count && !found; i++) {
		const struct target_mapping *mapping = &injection->maps->mappings.items[i];
		if (mapping->executable && mapping->readable)
			TRY(scan_mapping(injection, mapping, buffer, &found));
	}
	return found ? NULL
		     : error_new(ERROR_UNSUPPORTED,
				 "%s has no code in it that a system call could come back through",
				 injection->name);
}

static struct error *unfit(struct injection *injection, const char *reason)
{
	injection->reason = reason;
	return error_new(ERROR_UNSUPPORTED, "%s: %s", injection->name, reason);
}

/* What the kernel's status file of the thread says beyond its registers. */
static struct error *check_status(struct injection *injection, pid_t thread,
				  const struct machine_state *state, bool *ret_filtered)
{
	char path[48];
	snprintf(path, sizeof(path), "/proc/%d/status", thread);
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	TRY(procfs_gone(file_read(path, (size_t)1 << 16, &file), injection->name));

	const char *text = (const char *)file.bytes;
	const char *blocked = strstr(text, "\nSigBlk:"), *mode = strstr(text, "\nSeccomp:");
	int seccomp = mode ? (int)strtol(mode + strlen("\nSeccomp:"), NULL, 10) : 0;
	if (seccomp == SECCOMP_MODE_STRICT)
		return unfit(injection, "its threads are under strict seccomp");
	*ret_filtered = seccomp != 0;
	if (strstr(text, "x86_Thread_features:\tshstk"))
		return unfit(injection, "it has a shadow stack, which allows no way back");
	/* In a call like ppoll(), whose own signal mask ends with it. */
	if (!blocked || strtoull(blocked + strlen("\nSigBlk:"), NULL, 16) != state->signal_mask)
		return unfit(injection, "its threads wait with signal masks of their own");
	return NULL;
}

/* In a restartable sequence: the kernel would have to abort it, and would see a wrong address. */
static bool is_in_sequence(struct injection *injection, pid_t thread)
{
	struct {
		uint64_t address;
		uint32_t size, signature, flags, padding;
	} configuration = { 0 };
	uint64_t sequence = 0;

	if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, thread, (void *)sizeof(configuration),
		   &configuration) < 0 ||
	    !configuration.address)
		return false;
	struct target_range range = { configuration.address + 8, sizeof(sequence), &sequence,
				      false };
	return !error_ignore(memory_read_ranges(injection->memory, "", &range, 1)) || !range.done ||
	       sequence;
}

/*
 * Will the seccomp filters let the thread through? They are suspended while we live; what they
 * would do is looked at because we may be killed, and then the thread meets them.
 */
static struct error *check_filters(struct injection *injection, pid_t thread,
				   const struct machine_frame *frame)
{
	struct machine_filtered_call calls[MACHINE_FILTERED_MAX];
	size_t count = machine_filtered_calls(&injection->gadgets, &injection->call, frame, calls);
	bool all_allowed = true;

	for (size_t i = 0; i < count; i++) {
		enum filter_verdict verdict = filter_judge(thread, &calls[i]);
		all_allowed &= verdict == FILTER_ALLOWS;
		/* The fork may be killed by it, that is what will become of it anyway. */
		if (verdict == FILTER_KILLS && !calls[i].by_child)
			return unfit(injection, "its seccomp filter kills what a fork needs");
		if (verdict == FILTER_UNKNOWN)
			return unfit(injection, "its seccomp filter cannot be read, which takes "
						"CAP_SYS_ADMIN (sudo)");
	}
	injection->suspend_filter = !all_allowed;
	return NULL;
}

static struct error *set_options(struct injection *injection, pid_t thread)
{
	uintptr_t options = PTRACE_O_TRACESYSGOOD;
	if (injection->call.kind == MACHINE_CALL_FORK)
		options |= PTRACE_O_TRACECLONE;
	if (injection->suspend_filter)
		options |= PTRACE_O_SUSPEND_SECCOMP;
	if (ptrace(PTRACE_SETOPTIONS, thread, NULL, (void *)options) == 0)
		return NULL;
	return unfit(injection, "its seccomp filter cannot be suspended, which takes "
				"CAP_SYS_ADMIN (sudo)");
}

struct stack_patch {
	uint64_t address;
	size_t size;
	uint8_t before[sizeof(((struct machine_frame *)NULL)->bytes)];
};

static bool write_memory(const struct injection *injection, uint64_t address, void *bytes,
			 size_t size)
{
	struct iovec local = { bytes, size };
	struct iovec remote = { (void *)(uintptr_t)address, size };
	return process_vm_writev(injection->memory->id, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

static struct error *lay_out(struct injection *injection, pid_t thread,
			     const struct machine_state *state, struct machine_frame *frame)
{
	struct registers registers;
	uint64_t low;

	TRY(machine_registers_read(thread, &registers));
	if (!stack_low_end(injection->memory, injection->maps, &registers, &low))
		return unfit(injection, "none of its idle threads is on a stack with known ends");
	machine_frame_build(frame, state, &injection->gadgets, &injection->call,
			    machine_state_stack_pointer(state));
	if (frame->address < low + SPARE_ROOM || frame->address > registers.sp)
		return unfit(injection, "none of its idle threads has room on its stack");
	return NULL;
}

/* A signal that came while the thread was on its way: it takes it when it is back. */
struct late_signals {
	int numbers[8];
	size_t count;
};

static void late_signal(struct late_signals *late, int number)
{
	for (size_t i = 0; i < late->count; i++) {
		if (late->numbers[i] == number)
			return;
	}
	if (late->count < ARRAY_SIZE(late->numbers))
		late->numbers[late->count++] = number;
}

static bool is_fatal_signal(int number)
{
	return number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGTRAP ||
	       number == SIGFPE || number == SIGSYS;
}

/* The fork was born: remember it, and tell who waits for that. */
static void note_fork(struct injection *injection, pid_t thread)
{
	unsigned long message = 0;
	if (ptrace(PTRACE_GETEVENTMSG, thread, NULL, &message) == 0)
		injection->fork = (pid_t)message;
	if (injection->forked)
		injection->forked(injection->argument);
}

/*
 * Follow the thread from system call to system call until rt_sigreturn has brought it home:
 * enters the call, [makes the fork,] leaves it, enters rt_sigreturn, leaves it.
 */
static struct error *follow(struct injection *injection, pid_t thread, struct late_signals *late)
{
	uint64_t deadline = traced_now_ns() + injection->patience_ns;
	unsigned system_calls = 0;
	int64_t entered = -1;

	while (system_calls < 4) {
		if (ptrace(PTRACE_SYSCALL, thread, NULL, NULL) < 0)
			return error_new(ERROR_GONE, "%s has ended", injection->name);
		int signal, event;
		enum traced_report report = traced_await(thread, deadline, &signal, &event);
		if (report == TRACED_NOTHING) {
			injection->lost = true;
			return error_new(
				ERROR_OTHER,
				"%s: a thread did not come back within %u s; is the machine overloaded?",
				injection->name, (unsigned)(injection->patience_ns / 1000000000u));
		}
		if (report == TRACED_GONE)
			return error_new(ERROR_GONE, "%s has ended", injection->name);
		if (event == PTRACE_EVENT_CLONE) {
			note_fork(injection, thread);
		} else if (event == 0 && signal == SYSCALL_STOP) {
			int64_t number = machine_call_number(thread);
			/*
			 * A call that was disturbed before it began is entered once more. The
			 * home state has no call in it.
			 */
			if (system_calls == 2 && number == entered)
				system_calls = 0;
			system_calls++;
			if (system_calls == 1)
				entered = number;
			if (system_calls == 2)
				injection->result = machine_call_result(thread);
		} else if (event == 0 && is_fatal_signal(signal)) {
			return error_new(ERROR_OTHER, "%s: a thread lost its way (signal %d)",
					 injection->name, signal);
		} else if (event == 0) {
			late_signal(late, signal);
		}
	}
	return NULL;
}

struct error *injection_run(struct injection *injection, pid_t thread)
{
	_cleanup_(free_pointer) struct machine_state *state = calloc(1, sizeof(*state));
	_cleanup_(free_pointer) struct machine_frame *frame = calloc(1, sizeof(*frame));
	_cleanup_(free_pointer) struct stack_patch *patch = calloc(1, sizeof(*patch));
	struct late_signals late = { 0 };
	bool filtered = false;

	if (!state || !frame || !patch)
		return error_no_memory();
	injection->reason = NULL;
	injection->result = -EINTR;
	injection->fork = 0;
	injection->suspend_filter = false;
	injection->lost = false;
	if (machine_thread_fitness(thread) == MACHINE_FIT_IN_CODE &&
	    is_in_sequence(injection, thread))
		return unfit(injection, "its threads are in restartable sequences");
	TRY(machine_state_save(thread, state));
	TRY(check_status(injection, thread, state, &filtered));
	TRY(lay_out(injection, thread, state, frame));
	if (filtered)
		TRY(check_filters(injection, thread, frame));
	TRY(set_options(injection, thread));

	struct target_range before = { frame->address, frame->size, patch->before, false };
	TRY(memory_read_ranges(injection->memory, injection->name, &before, 1));
	if (!before.done || !write_memory(injection, frame->address, frame->bytes, frame->size))
		return unfit(injection, "its stack cannot be written to");

	struct error *error = machine_frame_enter(thread, frame, state, &injection->gadgets,
						  &injection->call);
	if (!error)
		error = follow(injection, thread, &late);
	if (!error && !machine_state_is_reached(thread, state))
		error = error_new(ERROR_OTHER, "%s: a thread came back changed", injection->name);
	if (injection->lost || (error && error->code == ERROR_GONE))
		return error; /* it is still on its way, and comes home when our tracing ends */
	if (error)
		machine_state_restore(thread, state); /* a second net: it stands still before us */
	write_memory(injection, frame->address, patch->before, frame->size);
	ptrace(PTRACE_SETOPTIONS, thread, NULL, NULL);
	for (size_t i = 0; i < late.count; i++)
		syscall(SYS_tgkill, injection->pid, thread, late.numbers[i]);
	return error;
}
