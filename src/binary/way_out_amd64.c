/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/way_out_private.h"

#include <stdlib.h>

#include "binary/machine_steps.h"

#define CODE_MAX ((uint64_t)256 << 10)

/* What is still to be followed: indices of steps, each of which is taken once. */
struct walk {
	const uint8_t *code;
	struct step_vector steps;
	uint8_t *seen;
	size_t *left;
	size_t left_count;
};

static void walk_deinit(struct walk *walk)
{
	step_vector_deinit(&walk->steps);
	free(walk->seen);
	free(walk->left);
}

static void go_to(struct walk *walk, size_t step)
{
	if (step >= walk->steps.count || walk->seen[step])
		return;
	walk->seen[step] = 1;
	walk->left[walk->left_count++] = step;
}

/* What the compiler puts behind a call that does not return; else it jumps where nobody knows. */
static bool is_trap(const uint8_t *code)
{
	enum { INT3 = 0xcc, HLT = 0xf4, UD2 = 0x0f };
	return *code == INT3 || *code == HLT || *code == UD2;
}

/* True when it leaves the function, or leads where nobody knows. */
static bool leaves(struct walk *walk, const struct function *function, size_t at)
{
	const struct step *step = &walk->steps.items[at];
	bool inside = step->number >= function->entry && step->number < function->end;
	switch (step->kind) {
	case STEP_RETURN:
	case STEP_SWITCH:
		return true;
	case STEP_STOP:
		return !is_trap(walk->code + (step->pc - function->entry));
	case STEP_JUMP:
		if (inside)
			go_to(walk, machine_steps_at(&walk->steps, step->number));
		return !inside;
	case STEP_BRANCH:
	case STEP_BRANCH_EQUAL:
	case STEP_BRANCH_UNEQUAL:
		if (inside)
			go_to(walk, machine_steps_at(&walk->steps, step->number));
		go_to(walk, at + 1);
		return !inside;
	default:
		go_to(walk, at + 1);
		return false;
	}
}

static struct error *walk_begin(struct walk *walk, const struct binary *binary,
				const struct function *function)
{
	struct machine_steps *machine = NULL;
	uint64_t size = function->end - function->entry;
	const uint8_t *bytes = size && size <= CODE_MAX
				       ? binary_bytes_at(binary, function->entry, (size_t)size)
				       : NULL;
	if (!bytes)
		return NULL;
	walk->code = bytes;
	TRY(machine_steps_open(&machine));
	struct error *error = machine_steps_read(machine, bytes, (size_t)size, function->entry,
						 &walk->steps);
	machine_steps_close(machine);
	TRY(error);
	walk->seen = calloc(walk->steps.count + 1, sizeof(*walk->seen));
	walk->left = calloc(walk->steps.count + 1, sizeof(*walk->left));
	return walk->seen && walk->left ? NULL : error_no_memory();
}

static bool is_one_of(const struct step *step, const uint64_t *calls, size_t count)
{
	bool found = false;
	for (size_t i = 0; i < count && step->kind == STEP_CALL; i++)
		found |= calls[i] == step->end;
	return found;
}

/* The same as way_around_find(); *ret_function is the one that the place is in. */
static struct error *find(const struct binary *binary, uint64_t pc, const uint64_t *calls,
			  size_t count, struct function *ret_function, bool *ret)
{
	_cleanup_(walk_deinit) struct walk walk = { 0 };
	*ret = true;
	if (!binary_function(binary, pc, ret_function))
		return NULL;
	TRY(walk_begin(&walk, binary, ret_function));
	if (!walk.steps.count)
		return NULL;
	go_to(&walk, machine_steps_at(&walk.steps, pc));
	if (!walk.left_count)
		return NULL;
	while (walk.left_count) {
		size_t at = walk.left[--walk.left_count];
		if (!is_one_of(&walk.steps.items[at], calls, count) &&
		    leaves(&walk, ret_function, at))
			return NULL;
	}
	*ret = false;
	return NULL;
}

struct error *way_out_find(const struct binary *binary, uint64_t pc, bool *ret)
{
	struct function function;
	TRY(find(binary, pc, NULL, 0, &function, ret));
	return *ret ? NULL : way_out_by_panic(binary, &function, ret);
}

struct error *way_around_find(const struct binary *binary, uint64_t pc, const uint64_t *calls,
			      size_t count, bool *ret)
{
	struct function function;
	return find(binary, pc, calls, count, &function, ret);
}
