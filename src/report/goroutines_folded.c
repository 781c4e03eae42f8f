/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "report/goroutines_report.h"
#include "report/safe.h"

/* Semicolons part frames, so that none may be left inside one. */
static void write_frame(struct writer *writer, const char *function)
{
	struct writer safe = WRITER_TO_MEMORY;
	safe_string(&safe, function);
	for (size_t i = 0; i < safe.length; i++)
		writer_char(writer, safe.bytes[i] == ';' ? ',' : safe.bytes[i]);
	writer_deinit(&safe);
}

static void write_stack(struct writer *writer, const struct stack *stack)
{
	bool first = true;
	uint32_t left = stack->shown;
	for (uint32_t i = stack->count; i > 0; i--) {
		const struct frame *frame = &stack->frames[i - 1];
		if (frame->hidden)
			continue;
		if (stack->elided && left == stack->elided_after)
			writer_string(writer, ";...");
		left--;
		if (!first)
			writer_char(writer, ';');
		write_frame(writer, frame->function);
		first = false;
	}
	if (first)
		writer_string(writer, "(no stack)");
}

void goroutines_folded(const struct goroutines_report *report, struct writer *writer)
{
	for (size_t i = 0; i < report->groups->count && i < report->limit; i++) {
		const struct goroutine_group *group = &report->groups->items[i];
		write_stack(writer, group->example->stack);
		writer_char(writer, ' ');
		writer_unsigned(writer, group->total);
		writer_char(writer, '\n');
	}
}
