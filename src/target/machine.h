/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_MACHINE_H
#define DOWSE_TARGET_MACHINE_H

#include <sys/types.h>

#include "base/arena.h"
#include "target/target.h"

/*
 * What differs from machine to machine: one file machine_NAME.c each. All of it is for threads
 * that are stopped by the calling thread.
 */

/* What an ELF file for it has as its machine. */
extern const uint16_t machine_elf;

struct error *machine_registers_read(pid_t thread, struct registers *ret) must_use;

/* The same from a thread's note in a core (NT_PRSTATUS); false when it is not this machine's. */
bool machine_registers_from_core(const void *note, size_t size, pid_t *ret_thread,
				 struct registers *ret);

/* All of them, copied into the arena. */
struct error *machine_register_sets_read(pid_t thread, struct arena *arena,
					 struct target_register_sets *ret) must_use;

/*
 * An injected system call. The thread is made to execute
 *
 *	syscall; ret		somewhere in the program's own code
 *	rt_sigreturn		what every signal handler returns through, there too
 *
 * on a piece of its own stack that nobody uses, where the structure that rt_sigreturn reads was
 * laid out with everything that the thread had before: registers, floating point, signal mask. So
 * the thread comes back by itself, whatever becomes of the one who sent it.
 */
struct machine_gadgets {
	uint64_t system_call;   /* syscall; ret. 0: not found */
	uint64_t signal_return; /* the restorer of signal handlers */
};

/* Look for what is still missing; true once both are there. */
bool machine_gadgets_find(struct machine_gadgets *gadgets, const uint8_t *code, size_t size,
			  uint64_t address);

/* The longest of the gadgets: pieces of code that are searched must overlap by as much. */
#define MACHINE_GADGET_MAX 16

/* How well a stopped thread bears an injected call, from its registers alone. */
enum machine_fitness {
	MACHINE_UNFIT,         /* in a system call that only the kernel can resume */
	MACHINE_FIT_AS_REPEAT, /* in one that is repeated from its start: a last resort */
	MACHINE_FIT_IN_CODE,   /* in its own code */
	MACHINE_FIT_IN_CALL,   /* idle in a call that is over, or may be repeated at no loss */
};

enum machine_fitness machine_thread_fitness(pid_t thread);

#define MACHINE_EXTENDED_MAX ((size_t)16 << 10)
#define MACHINE_GENERAL_MAX  ((size_t)64)

/* All that a thread is made of, as it was, or is to be when it has come back. */
struct machine_state {
	uint64_t general[MACHINE_GENERAL_MAX]; /* the kernel's own layout */
	_Alignas(64) uint8_t extended[MACHINE_EXTENDED_MAX];
	size_t extended_size;
	uint64_t signal_mask;
};

/*
 * Save a thread's state such as it must be to go on: where the kernel was about to repeat an
 * interrupted system call, the state is the one right before that call.
 */
struct error *machine_state_save(pid_t thread, struct machine_state *ret) must_use;

uint64_t machine_state_stack_pointer(const struct machine_state *state);

/* By ptrace, while the thread is stopped anywhere: the way back if the injected one failed. */
void machine_state_restore(pid_t thread, const struct machine_state *state);

/* Is the thread exactly there again? */
bool machine_state_is_reached(pid_t thread, const struct machine_state *state);

enum machine_call_kind {
	MACHINE_CALL_FORK, /* clone: the child closes its descriptors and exits */
	MACHINE_CALL_REAP, /* wait4 of one child, without waiting */
};

struct machine_call {
	enum machine_call_kind kind;
	pid_t child; /* MACHINE_CALL_REAP: which, by the process's own PID namespace */
};

/* The bytes that an injected call needs on the stack, at `address` once it is laid out. */
struct machine_frame {
	uint64_t address;
	uint64_t entry; /* what the stack pointer is set to */
	size_t size;
	_Alignas(64) uint8_t bytes[MACHINE_EXTENDED_MAX + 4096];
};

/* Lay the frame out below `top`. */
void machine_frame_build(struct machine_frame *frame, const struct machine_state *state,
			 const struct machine_gadgets *gadgets, const struct machine_call *call,
			 uint64_t top);

/* Send the thread on its way: all that is left is to let it run. */
struct error *machine_frame_enter(pid_t thread, const struct machine_frame *frame,
				  const struct machine_state *state,
				  const struct machine_gadgets *gadgets,
				  const struct machine_call *call) must_use;

/* The number of the system call that a thread is stopped in, and its result at the end. */
int64_t machine_call_number(pid_t thread);
int64_t machine_call_result(pid_t thread);

/* Does a fork that is stopped at the entry of a system call stand before its end? */
bool machine_fork_is_at_exit(pid_t thread);

/* What a fork exits with that nobody killed before. */
#define MACHINE_FORK_STATUS 211

/* The calls of an injection as a seccomp filter sees them; returns how many there are. */
struct machine_filtered_call {
	uint32_t architecture;
	uint32_t number;
	uint64_t instruction;
	uint64_t arguments[6];
	bool by_child; /* only the fork makes it */
};
#define MACHINE_FILTERED_MAX 5
size_t machine_filtered_calls(const struct machine_gadgets *gadgets,
			      const struct machine_call *call, const struct machine_frame *frame,
			      struct machine_filtered_call ret[MACHINE_FILTERED_MAX]);

#endif
