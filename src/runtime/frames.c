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
 * All frames of the walk, each marked as hidden or not, into `scratch`. The runtime decides from
 * frame to frame: a wrapper is hidden unless what it called is part of a panic.
 */
static struct error *frames_list(struct frames *frames, size_t steps)
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
			bool show = function_is_shown(line->linked, line->func_id, callee, !shown,
						      layout, frames->tables->binary->minor);
			callee = line->func_id;
			struct frame frame = {
				.function = line->function,
				.file = line->file,
				.line = line->line,
				.inlined = j + 1 < expansion->count,
				.hidden = !show,
				.pc = step->pc,
				.entry = function.entry,
			};
			shown += show;
			TRY(frame_vector_append(&frames->scratch, &frame));
		}
	}

	/* The runtime repeats with every frame shown when that would leave nothing. */
	for (size_t i = 0; !shown && i < frames->scratch.count; i++)
		frames->scratch.items[i].hidden = false;
	return NULL;
}

/* Drop the middle of a deep stack out of `scratch`; says how many shown frames went, after which. */
static void frames_elide(struct frames *frames, size_t shown, uint32_t *ret_elided,
			 uint32_t *ret_after)
{
	struct frame_vector *list = &frames->scratch;
	size_t seen = 0, kept = 0;
	for (size_t i = 0; i < list->count; i++) {
		bool at_end = seen < SHOWN_AT_EACH_END || seen >= shown - SHOWN_AT_EACH_END;
		seen += !list->items[i].hidden;
		if (at_end)
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
	*ret_elided = (uint32_t)(shown - (size_t)2 * SHOWN_AT_EACH_END);
	*ret_after = SHOWN_AT_EACH_END;
}

static size_t count_shown(const struct frame_vector *list)
{
	size_t shown = 0;
	for (size_t i = 0; i < list->count; i++)
		shown += !list->items[i].hidden;
	return shown;
}

static struct error *frames_build(struct frames *frames, const struct stack **ret)
{
	struct stack like = { 0 };
	bool ends = frames->tables->binary->minor >= ENDS_FROM_RELEASE;
	size_t steps = frames->steps.count;

	if (!ends && steps > MACHINE_FRAMES_BEFORE) {
		TRY(frames_list(frames, steps));
		size_t all = count_shown(&frames->scratch);
		TRY(frames_list(frames, MACHINE_FRAMES_BEFORE));
		like.elided_after = (uint32_t)count_shown(&frames->scratch);
		like.elided = (uint32_t)all - like.elided_after;
	} else {
		TRY(frames_list(frames, steps));
	}

	size_t shown = count_shown(&frames->scratch);
	if (ends && shown > (size_t)2 * SHOWN_AT_EACH_END)
		frames_elide(frames, shown, &like.elided, &like.elided_after);
	like.count = (uint32_t)frames->scratch.count;
	like.shown = (uint32_t)count_shown(&frames->scratch);
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
