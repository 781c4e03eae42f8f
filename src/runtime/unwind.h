/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_UNWIND_H
#define DOWSE_RUNTIME_UNWIND_H

#include "base/map.h"
#include "base/vector.h"
#include "binary/module.h"
#include "runtime/machine.h"

/*
 * Walk a goroutine's stack, machine frame by machine frame, as the runtime's own traceback does:
 * by the tables of stack sizes that the linker left, never by frame pointers. The rules that the
 * runtime follows (where a walk ends, which pc stands for which line) are followed to the letter,
 * since its dumps are what answers are held against.
 */
struct unwind_frame {
	uint64_t pc;
	uint64_t sp;
	uint64_t
		line_pc; /* what the source line is looked up by: pc, or pc-1 for a return address */
	uint64_t arguments; /* address of the argument block */
	struct function function;
};

/* FuncIDs of one release that change how a walk goes on. -1: the release has none. */
struct unwind_constants {
	int32_t sigpanic;
	int32_t async_preempt;
	int32_t debug_call;
	int32_t cgocallback;
	bool trap_after_injection; /* 1.21+: any injected call leaves an interrupted instruction */
};

struct code_position {
	struct function function;
	int32_t sp_delta; /* -1: no table says */
	bool known;       /* there is a function */
};

DEFINE_VECTOR(code_position_vector, struct code_position);

/*
 * What walks of one process share. Goroutines stand at the same few places, so each position is
 * looked up once.
 */
struct unwind_tables {
	const struct binary *binary;
	struct unwind_constants constants;
	struct map by_pc; /* pc → index into positions */
	struct code_position_vector positions;
};

void unwind_tables_init(struct unwind_tables *tables, const struct binary *binary);
void unwind_tables_deinit(struct unwind_tables *tables);

/*
 * Where a goroutine was stopped in a function that writes the stack pointer, the runtime's dump ends,
 * while its collector goes on: such a function stops in its prologue only, before it wrote.
 */
struct unwinder {
	struct unwind_tables *tables;
	const struct stack_bytes *stack;
	struct unwind_frame frame; /* valid after unwinder_next() said so */
	struct machine_frame at;   /* where the next frame is */
	bool innermost;
	bool trapped; /* `at.pc` is an instruction that was interrupted, not a return address */
	bool from_syscall;   /* the walk starts at what entersyscall() saved */
	bool collecting;     /* walk as the collector does, not as a dump (below) */
	bool ended;          /* reached the stack's top frame */
	const char *problem; /* why the walk stopped early, static text; NULL while it is sound */
};

void unwinder_init(struct unwinder *unwinder, struct unwind_tables *tables,
		   const struct stack_bytes *stack, struct machine_frame start, bool trapped,
		   bool from_syscall);

/* Fill in the next frame. *ret is false at the end; an error means that memory is out. */
struct error *unwinder_next(struct unwinder *unwinder, bool *ret) must_use;

#endif
