/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/frames.h"

#include <string.h>

#include "base/hash.h"
#include "runtime/function_name.h"

/*
 * A stack may be millions of frames deep. The runtime's dump shows the two ends of it, and so does
 * a struct stack: from Go 1.21 the first and the last 50 frames that are not hidden, before that
 * those of the first 100 machine frames.
 */
#define ENDS_FROM_RELEASE     21
#define SHOWN_AT_EACH_END     50
#define MACHINE_FRAMES_BEFORE 100

#define FRAMES_WITH_HIDDEN_MAX 4096

/* What one position stands for, kept since thousands of goroutines stand there. */
struct frame_expansion {
	uint32_t count;
	struct frame_line {
		const char *function;
		const char *linked; /* the name in the binary */
		const char *file;
		int32_t line;
		uint8_t func_id;
	} lines[];
};

/* A walk that was seen before, and its stack. */
struct walk {
	struct walk *next; /* with the same hash */
	const struct stack *stack;
	size_t count;
	uint64_t pcs[];
};

void frames_init(struct frames *frames, struct unwind_tables *tables, struct goroutines *into)
{
	*frames = (struct frames){ .tables = tables, .into = into };
}

void frames_deinit(struct frames *frames)
{
	map_deinit(&frames->by_line_pc);
	map_deinit(&frames->by_walk);
	map_deinit(&frames->names);
	walk_step_vector_deinit(&frames->steps);
	frame_vector_deinit(&frames->scratch);
}

struct error *frames_walk(struct frames *frames, const struct stack_bytes *stack,
			  struct machine_frame start, bool trapped, bool from_syscall,
			  const char **ret_problem)
{
	struct unwinder unwinder;
	unwinder_init(&unwinder, frames->tables, stack, start, trapped, from_syscall);
	frames->steps.count = 0;
	for (;;) {
		bool more;
		TRY(unwinder_next(&unwinder, &more));
		if (!more)
			break;
		struct walk_step step = {
			.pc = unwinder.frame.pc,
			.line_pc = unwinder.frame.line_pc,
			.arguments = unwinder.frame.arguments,
			.sp = unwinder.frame.sp,
		};
		TRY(walk_step_vector_append(&frames->steps, &step));
	}
	*ret_problem = unwinder.problem;
	return NULL;
}

/* The printed form of a linked name, made once. */
static struct error *frames_name(struct frames *frames, const char *linked, const char **ret)
{
	struct map_slot *slot = map_find(&frames->names, (uintptr_t)linked);
	if (!slot) {
		const char *printed = function_printed_name(linked, frames->tables->binary->minor,
							    &frames->into->arena);
		if (!printed)
			return error_no_memory();
		TRY(map_insert(&frames->names, (uintptr_t)linked, (uintptr_t)printed, &slot));
	}
	*ret = (const char *)(uintptr_t)slot->value;
	return NULL;
}

static struct error *frames_expand(struct frames *frames, uint64_t line_pc,
				   const struct function *function,
				   const struct frame_expansion **ret)
{
	struct map_slot *slot = map_find(&frames->by_line_pc, line_pc);
	if (slot) {
		*ret = (const struct frame_expansion *)(uintptr_t)slot->value;
		return NULL;
	}

	struct function_line lines[FUNCTION_LINES_MAX];
	size_t count = function_lines(function, line_pc, lines);
	struct frame_expansion *expansion = arena_allocate(
		&frames->into->arena, sizeof(*expansion) + count * sizeof(expansion->lines[0]));
	if (!expansion)
		return error_no_memory();
	expansion->count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		struct frame_line *line = &expansion->lines[i];
		line->linked = lines[i].function;
		line->file = lines[i].file;
		line->line = lines[i].line;
		line->func_id = lines[i].func_id;
		TRY(frames_name(frames, lines[i].function, &line->function));
	}
	TRY(map_insert(&frames->by_line_pc, line_pc, (uintptr_t)expansion, &slot));
	*ret = expansion;
	return NULL;
}

static struct error *frames_function(struct frames *frames, uint64_t pc, struct function *ret,
				     bool *ret_found)
{
	const struct map_slot *slot = map_find(&frames->tables->by_pc, pc);
	if (slot) {
		*ret = frames->tables->positions.items[slot->value].function;
		*ret_found = true;
		return NULL;
	}
	*ret_found = binary_function(frames->tables->binary, pc, ret);
	return NULL;
}

/*
 * Which frames of a walk become the stack: all that come before `first` shown ones were seen, and
 * from the one on before which `last` were. `every`: what is mostly hidden counts as shown.
 */
struct selection {
	size_t first;
	size_t last;
	bool every;
	bool count_only;
};

static struct error *frames_keep(struct frames *frames, const struct walk_step *step,
				 const struct function *function, const struct frame_line *line,
				 bool inlined, bool hidden)
{
	struct frame frame = {
		.function = line->function,
		.file = line->file,
		.line = line->line,
		.inlined = inlined,
		.hidden = hidden,
		.pc = step->pc,
		.entry = function->entry,
	};
	/* Hidden ones are few, unless somebody made a stack of nothing else. */
	if (hidden && frames->scratch.count >= FRAMES_WITH_HIDDEN_MAX)
		return NULL;
	return frame_vector_append(&frames->scratch, &frame);
}

/*
 * Count the shown frames of the first `steps` of the walk, and keep those selected in `scratch`,
 * each marked as hidden or not. The runtime decides from frame to frame: a wrapper is hidden
 * unless what it called is part of a panic.
 */
static struct error *frames_list(struct frames *frames, size_t steps,
				 const struct selection *selection, size_t *ret_shown)
{
	const struct layout *layout = &frames->tables->binary->layout;
	int32_t callee = layout->func_id_normal;
	size_t shown = 0;

	frames->scratch.count = 0;
	for (size_t i = 0; i < steps; i++) {
		const struct walk_step *step = &frames->steps.items[i];
		struct function function;
		bool found;
		TRY(frames_function(frames, step->pc, &function, &found));
		if (!found)
			continue;
		const struct frame_expansion *expansion;
		TRY(frames_expand(frames, step->line_pc, &function, &expansion));
		for (uint32_t j = 0; j < expansion->count; j++) {
			const struct frame_line *line = &expansion->lines[j];
			bool show = selection->every ||
				    function_is_shown(line->linked, line->func_id, callee, !shown,
						      layout, frames->tables->binary->minor);
			callee = line->func_id;
			if (!selection->count_only &&
			    (shown < selection->first || shown >= selection->last))
				TRY(frames_keep(frames, step, &function, line,
						j + 1 < expansion->count, !show));
			shown += show;
		}
	}
	*ret_shown = shown;
	return NULL;
}

static struct error *frames_build(struct frames *frames, const struct stack **ret)
{
	struct stack like = { 0 };
	bool ends = frames->tables->binary->minor >= ENDS_FROM_RELEASE;
	struct selection selection = { .first = SIZE_MAX, .last = SIZE_MAX, .count_only = true };
	size_t steps = frames->steps.count, all, listed;

	TRY(frames_list(frames, steps, &selection, &all));
	/* The runtime repeats with every frame shown when that would leave nothing. */
	if (!all) {
		selection.every = true;
		TRY(frames_list(frames, steps, &selection, &all));
	}
	if (ends && all > (size_t)2 * SHOWN_AT_EACH_END) {
		selection.first = SHOWN_AT_EACH_END;
		selection.last = all - SHOWN_AT_EACH_END;
	} else if (!ends) {
		steps = MIN(steps, (size_t)MACHINE_FRAMES_BEFORE);
	}
	selection.count_only = false;
	TRY(frames_list(frames, steps, &selection, &listed));

	like.count = (uint32_t)frames->scratch.count;
	for (size_t i = 0; i < frames->scratch.count; i++)
		like.shown += !frames->scratch.items[i].hidden;
	like.elided = (uint32_t)(all - like.shown);
	if (ends && like.elided)
		like.elided_after = SHOWN_AT_EACH_END;
	else if (steps < frames->steps.count)
		like.elided_after = like.shown;
	return stack_intern(&frames->into->stacks, &frames->into->arena, &like,
			    frames->scratch.items, ret);
}

static bool walk_equals(const struct walk *walk, const struct walk_step_vector *steps)
{
	if (walk->count != steps->count)
		return false;
	for (size_t i = 0; i < walk->count; i++) {
		if (walk->pcs[i] != steps->items[i].line_pc)
			return false;
	}
	return true;
}

/*
 * Goroutines that stand at the same place are recognised by their program counters, before any
 * name is looked at: a hundred thousand of them cost one stack.
 */
struct error *frames_stack(struct frames *frames, const struct stack **ret)
{
	uint64_t hash = frames->steps.count;
	for (size_t i = 0; i < frames->steps.count; i++)
		hash = hash_word(hash ^ frames->steps.items[i].line_pc) + i;
	hash &= UINT64_MAX >> 1; /* ~0 is no key */

	struct map_slot *slot;
	TRY(map_insert(&frames->by_walk, hash, 0, &slot));
	for (struct walk *walk = (struct walk *)(uintptr_t)slot->value; walk; walk = walk->next) {
		if (walk_equals(walk, &frames->steps)) {
			*ret = walk->stack;
			return NULL;
		}
	}

	struct walk *walk = arena_allocate(&frames->into->arena,
					   sizeof(*walk) + frames->steps.count * sizeof(uint64_t));
	if (!walk)
		return error_no_memory();
	TRY(frames_build(frames, &walk->stack));
	walk->count = frames->steps.count;
	for (size_t i = 0; i < walk->count; i++)
		walk->pcs[i] = frames->steps.items[i].line_pc;
	walk->next = (struct walk *)(uintptr_t)slot->value;
	slot->value = (uintptr_t)walk;
	*ret = walk->stack;
	return NULL;
}

/*
 * The runtime prints the machine function's name, with the line of the innermost call that was
 * inlined at the go statement.
 */
struct error *frames_creator(struct frames *frames, uint64_t pc, struct goroutine_creator *ret)
{
	const struct layout *layout = &frames->tables->binary->layout;
	struct function function;
	if (!binary_function(frames->tables->binary, pc, &function))
		return NULL;
	if (!function_is_shown(function.name, function.func_id, layout->func_id_normal, false,
			       layout, frames->tables->binary->minor))
		return NULL;

	const struct frame_expansion *expansion;
	TRY(frames_expand(frames, pc > function.entry ? pc - 1 : pc, &function, &expansion));
	struct goroutine_creator creator = {
		.file = expansion->lines[0].file,
		.line = expansion->lines[0].line,
		.pc = pc,
		.entry = function.entry,
	};
	TRY(frames_name(frames, function.name, &creator.function));
	*ret = creator;
	return NULL;
}

struct error *frames_function_name(struct frames *frames, uint64_t entry, const char **ret)
{
	struct function function;
	*ret = NULL;
	if (!binary_function(frames->tables->binary, entry, &function) || function.entry != entry)
		return NULL;
	return frames_name(frames, function.name, ret);
}

struct error *frames_call_line(struct frames *frames, uint64_t pc, const char **ret_file,
			       int32_t *ret_line)
{
	struct function function;
	const struct frame_expansion *expansion;
	*ret_file = NULL;
	*ret_line = 0;
	if (!pc || !binary_function(frames->tables->binary, pc - 1, &function))
		return NULL;
	TRY(frames_expand(frames, pc - 1, &function, &expansion));
	*ret_file = expansion->lines[0].file;
	*ret_line = expansion->lines[0].line;
	return NULL;
}
