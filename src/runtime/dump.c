/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/dump.h"

#include "runtime/arguments.h"
#include "runtime/frames.h"
#include "runtime/goroutines_private.h"
#include "runtime/runtime_private.h"

#define MINUTE_NS                   60000000000
#define RELEASE_COUNTS_ELIDED       21
#define RELEASE_LIVENESS_BY_FRAME   21
#define RELEASE_LABELS_BEHIND_STATE 27
#define RELEASE_NUMBERS_BUBBLES     25
#define SHOWN_BEFORE_ELISION        100 /* the only length at which releases before that say so */

static void write_header(const struct runtime *runtime, const struct goroutine *goroutine,
			 struct writer *writer)
{
	int minor = runtime_binary(runtime)->minor;
	writer_string(writer, "goroutine ");
	writer_unsigned(writer, goroutine->id);
	writer_string(writer, " [");
	writer_string(writer, goroutine->state_text);
	writer_string(writer, goroutine->state_note);
	if (goroutine->wait_ns >= MINUTE_NS)
		writer_printf(writer, ", %lld minutes",
			      (long long)(goroutine->wait_ns / MINUTE_NS));
	if (goroutine->locked)
		writer_string(writer, ", locked to thread");
	if (goroutine->bubble)
		writer_printf(writer, ", synctest %s %llu",
			      minor >= RELEASE_NUMBERS_BUBBLES ? "bubble" : "group",
			      (unsigned long long)goroutine->bubble);
	const char *labels = runtime->shows_labels ? goroutine->labels : NULL;
	if (labels && minor < RELEASE_LABELS_BEHIND_STATE)
		writer_printf(writer, " labels:%s", labels);
	writer_char(writer, ']');
	if (labels && minor >= RELEASE_LABELS_BEHIND_STATE)
		writer_printf(writer, " %s", labels);
	writer_string(writer, ":\n");
}

static void write_place(const char *file, int32_t line, uint64_t pc, uint64_t entry, bool offset,
			struct writer *writer)
{
	writer_char(writer, '\t');
	writer_string(writer, file);
	writer_char(writer, ':');
	writer_signed(writer, line);
	if (offset && pc > entry) {
		writer_string(writer, " +");
		writer_hex(writer, pc - entry);
	}
	writer_char(writer, '\n');
}

/*
 * The position by which the runtime looks up which arguments are alive: up to Go 1.20 that of the
 * outermost call that was inlined there, later that of the machine frame itself.
 */
static uint64_t liveness_pc(const struct runtime *runtime, const struct unwind_frame *machine)
{
	if (runtime_binary(runtime)->minor >= RELEASE_LIVENESS_BY_FRAME)
		return machine->line_pc;
	struct function_line lines[FUNCTION_LINES_MAX];
	size_t count = function_lines(&machine->function, machine->line_pc, lines);
	return lines[count - 1].pc;
}

static void write_frame(const struct runtime *runtime, const struct captured_goroutines *all,
			const struct captured_goroutine *captured, const struct frame *frame,
			const struct unwind_frame *machine, struct writer *writer)
{
	writer_string(writer, frame->function);
	if (frame->inlined) {
		writer_string(writer, "(...)\n");
	} else {
		writer_char(writer, '(');
		arguments_write(&machine->function, &all->tables.binary->layout, &captured->stack,
				machine->arguments, liveness_pc(runtime, machine), writer);
		writer_string(writer, ")\n");
	}
	write_place(frame->file, frame->line, frame->pc, frame->entry, !frame->inlined, writer);
}

static void write_elision(const struct runtime *runtime, const struct stack *stack,
			  struct writer *writer)
{
	if (runtime_binary(runtime)->minor >= RELEASE_COUNTS_ELIDED)
		writer_printf(writer, "...%u frames elided...\n", stack->elided);
	else if (stack->shown == SHOWN_BEFORE_ELISION)
		writer_string(writer, "...additional frames elided...\n");
}

/* How many machine frames a walk still has, the one in hand included. */
static size_t count_machine_frames(struct unwinder unwinder)
{
	size_t count = 0;
	bool more = true;
	while (more) {
		count++;
		if (!error_ignore(unwinder_next(&unwinder, &more)))
			break;
	}
	return count;
}

/* Take the walk over the gap of a deep stack, to the machine frame that frame `next` belongs to. */
static void skip_gap(struct unwinder *unwinder, const struct stack *stack, uint32_t next,
		     bool *more)
{
	size_t behind = 0;
	for (uint32_t i = next; i < stack->count; i++)
		behind += !stack->frames[i].inlined;
	size_t left = *more ? count_machine_frames(*unwinder) : 0;
	for (; *more && left > behind; left--)
		(void)error_ignore(unwinder_next(unwinder, more));
}

/*
 * The arguments are read by walking the stack once more, beside the frames: those of one machine
 * frame follow each other, its own last.
 */
static void write_frames(const struct runtime *runtime, struct captured_goroutines *all,
			 const struct captured_goroutine *captured,
			 const struct goroutine *goroutine, struct writer *writer)
{
	const struct stack *stack = goroutine->stack;
	struct unwinder unwinder;
	uint32_t shown = 0;
	bool more = false, gap_written = stack->elided == 0;

	unwinder_init(&unwinder, &all->tables, &captured->stack, captured->start, captured->trapped,
		      captured->from_syscall);
	(void)error_ignore(unwinder_next(&unwinder, &more));
	for (uint32_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		if (!gap_written && shown == stack->elided_after) {
			write_elision(runtime, stack, writer);
			gap_written = true;
			skip_gap(&unwinder, stack, i, &more);
		}
		if (!frame->hidden) {
			write_frame(runtime, all, captured, frame, &unwinder.frame, writer);
			shown++;
		}
		if (!frame->inlined && more)
			(void)error_ignore(unwinder_next(&unwinder, &more));
	}
	if (!gap_written)
		write_elision(runtime, stack, writer);
}

void runtime_dump_goroutine(const struct runtime *runtime, const struct goroutines *goroutines,
			    const struct goroutine *goroutine, struct writer *writer)
{
	struct captured_goroutines *all = (struct captured_goroutines *)goroutines;
	const struct captured_goroutine *captured =
		&all->capture.goroutines.items[goroutine->index];

	write_header(runtime, goroutine, writer);
	if (goroutine->stack->count)
		write_frames(runtime, all, captured, goroutine, writer);
	else
		writer_string(writer, "\tgoroutine running on other thread; stack unavailable\n");
	if (!goroutine->creator.function)
		return;
	writer_string(writer, "created by ");
	writer_string(writer, goroutine->creator.function);
	if (goroutine->creator.goroutine)
		writer_printf(writer, " in goroutine %llu",
			      (unsigned long long)goroutine->creator.goroutine);
	writer_char(writer, '\n');
	write_place(goroutine->creator.file, goroutine->creator.line, goroutine->creator.pc,
		    goroutine->creator.entry, true, writer);
}
