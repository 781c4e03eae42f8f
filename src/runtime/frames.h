/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_FRAMES_H
#define DOWSE_RUNTIME_FRAMES_H

#include "model/goroutine.h"
#include "runtime/unwind.h"

/* One machine frame of a walk. */
struct walk_step {
	uint64_t pc;
	uint64_t line_pc;
	uint64_t arguments;
	uint64_t sp;
};

DEFINE_VECTOR(walk_step_vector, struct walk_step);
DEFINE_VECTOR(frame_vector, struct frame);

/*
 * From machine frames to the frames that a Go programmer knows: inlined calls expanded, names as
 * the runtime prints them, and each marked as the runtime's own dump shows or hides it.
 */
struct frames {
	struct unwind_tables *tables;
	struct goroutines *into;       /* stacks and strings go to its arena */
	struct map by_line_pc;         /* line_pc → struct frame_expansion * */
	struct map by_walk;            /* hash of a walk → struct walk * */
	struct map names;              /* linked name's address → printed name */
	struct walk_step_vector steps; /* of the walk in hand */
	struct frame_vector scratch;
};

void frames_init(struct frames *frames, struct unwind_tables *tables, struct goroutines *into);
void frames_deinit(struct frames *frames);

/* The steps of a walk from its start to its end; *ret_problem as unwinder's. */
struct error *frames_walk(struct frames *frames, const struct stack_bytes *stack,
			  struct machine_frame start, bool trapped, bool from_syscall,
			  const char **ret_problem) must_use;

/* The stack that the walk in hand stands for. */
struct error *frames_stack(struct frames *frames, const struct stack **ret) must_use;

/* Who created a goroutine; all zeroes where the runtime's dump would not say. */
struct error *frames_creator(struct frames *frames, uint64_t pc, struct goroutine_creator *ret)
	must_use;

/* The printed name of the function that starts at `entry`, NULL where none does. */
struct error *frames_function_name(struct frames *frames, uint64_t entry, const char **ret)
	must_use;

/* The line of a call, by its return address; *ret_file is NULL where there is none. */
struct error *frames_call_line(struct frames *frames, uint64_t pc, const char **ret_file,
			       int32_t *ret_line) must_use;

#endif
