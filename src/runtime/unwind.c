/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/unwind.h"

#define RELEASE_TRAPS_AFTER_INJECTION 21

void unwind_tables_init(struct unwind_tables *tables, const struct binary *binary)
{
	const struct layout *layout = &binary->layout;
	*tables = (struct unwind_tables){
		.binary = binary,
		.constants = {
			.sigpanic = layout->func_id_sigpanic,
			.async_preempt = layout->func_id_async_preempt,
			.debug_call = layout->func_id_debug_call_v2,
			.cgocallback = layout->func_id_cgocallback,
			.trap_after_injection = binary->minor >= RELEASE_TRAPS_AFTER_INJECTION,
		},
	};
}

void unwind_tables_deinit(struct unwind_tables *tables)
{
	map_deinit(&tables->by_pc);
	code_position_vector_deinit(&tables->positions);
}

/* The position at pc; it stays valid until the next look-up. */
static struct error *unwind_tables_find(struct unwind_tables *tables, uint64_t pc,
					const struct code_position **ret)
{
	struct map_slot *slot = map_find(&tables->by_pc, pc);
	if (!slot) {
		struct code_position position = { .sp_delta = -1 };
		position.known = binary_function(tables->binary, pc, &position.function);
		if (position.known)
			position.sp_delta = function_sp_delta(&position.function, pc);
		TRY(code_position_vector_append(&tables->positions, &position));
		TRY(map_insert(&tables->by_pc, pc, tables->positions.count - 1, &slot));
	}
	*ret = &tables->positions.items[slot->value];
	return NULL;
}

void unwinder_init(struct unwinder *unwinder, struct unwind_tables *tables,
		   const struct stack_bytes *stack, struct machine_frame start, bool trapped,
		   bool from_syscall)
{
	*unwinder = (struct unwinder){
		.tables = tables,
		.stack = stack,
		.at = start,
		.innermost = true,
		.trapped = trapped,
		.from_syscall = from_syscall,
	};
	if (start.pc == 0 && !machine_nil_call(stack, &start, &unwinder->at))
		unwinder->problem = "the stack could not be read";
}

/* The walk ends at a function that moves the stack pointer in ways that no table records. */
static bool writes_sp(const struct unwinder *unwinder, const struct function *function)
{
	if (!(function->flags & FUNCTION_SP_WRITE))
		return false;
	/* cgocallback keeps both stacks walkable while it switches. */
	if (function->func_id == unwinder->tables->constants.cgocallback)
		return false;
	/*
	 * Syscall functions write it after the position that the walk starts from was saved. A
	 * thread that was caught in one, with its stack pointer still on the goroutine's stack, has
	 * not written it yet, or has written it back.
	 */
	return !(unwinder->innermost &&
		 (unwinder->from_syscall || unwinder->trapped || unwinder->collecting));
}

/* The call from this function was injected at an instruction that had not been a call. */
static bool interrupts_caller(const struct unwind_constants *constants, uint8_t func_id)
{
	if (func_id == constants->sigpanic)
		return true;
	return constants->trap_after_injection &&
	       (func_id == constants->async_preempt || func_id == constants->debug_call);
}

static void unwinder_step(struct unwinder *unwinder, int32_t sp_delta)
{
	const struct unwind_frame *frame = &unwinder->frame;
	struct machine_frame next;

	if (frame->function.flags & FUNCTION_TOP_FRAME || writes_sp(unwinder, &frame->function)) {
		unwinder->ended = true;
		return;
	}
	if (!machine_caller(unwinder->stack, &unwinder->at, sp_delta, &next)) {
		unwinder->problem = "the stack goes on beyond what was copied";
		return;
	}
	if (next.pc == 0) {
		unwinder->ended = true;
		return;
	}
	if (next.sp <= unwinder->at.sp) {
		unwinder->problem = "the stack does not rise";
		return;
	}
	unwinder->trapped = interrupts_caller(&unwinder->tables->constants,
					      frame->function.func_id);
	unwinder->at = next;
	unwinder->innermost = false;
}

struct error *unwinder_next(struct unwinder *unwinder, bool *ret)
{
	*ret = false;
	if (unwinder->ended || unwinder->problem)
		return NULL;
	if (unwinder->at.pc == UINT64_MAX) { /* a pc that no map holds */
		unwinder->problem = "the program counter is outside Go code";
		return NULL;
	}

	const struct code_position *position;
	TRY(unwind_tables_find(unwinder->tables, unwinder->at.pc, &position));
	if (!position->known) {
		unwinder->problem = unwinder->innermost ? "the program counter is outside Go code"
							: "a return address is outside Go code";
		return NULL;
	}
	/* What has no stack table (the race detector's C code) is where the runtime gives up too. */
	if (position->sp_delta < 0) {
		unwinder->ended = true;
		return NULL;
	}

	bool is_return = !unwinder->trapped && unwinder->at.pc > position->function.entry;
	unwinder->frame = (struct unwind_frame){
		.pc = unwinder->at.pc,
		.sp = unwinder->at.sp,
		.line_pc = unwinder->at.pc - (is_return ? 1 : 0),
		.arguments = machine_arguments(&unwinder->at, position->sp_delta),
		.function = position->function,
	};
	unwinder_step(unwinder, position->sp_delta);
	*ret = true;
	return NULL;
}
