/* SPDX-License-Identifier: Apache-2.0 */
#include "report/stack_text.h"

#include <string.h>

#include "base/text.h"
#include "report/safe.h"

#define FUNCTION_LIMIT      96 /* characters of a function's name */
#define FUNCTION_COLUMN     56 /* where positions are put at the latest, unless a name is longer */
#define FRAMES_BEFORE_PLACE 2

void stack_text_position(const char *file, int32_t line, struct writer *writer)
{
	safe_string_limited(writer, file ? text_base_name(file) : "?", 80, NULL);
	if (line > 0) {
		writer_char(writer, ':');
		writer_signed(writer, line);
	}
}

/* How wide the functions' column is to be for this stack. */
static size_t column_of(const struct stack *stack, const char *creator, uint32_t limit)
{
	size_t widest = 0;
	uint32_t shown = 0;
	for (uint32_t i = 0; i < stack->count && shown < limit; i++) {
		if (!stack->frames[i].hidden) {
			widest = MAX(widest, strlen(stack->frames[i].function));
			shown++;
		}
	}
	if (creator)
		widest = MAX(widest, strlen("created by ") + strlen(creator));
	return MIN(widest, (size_t)FUNCTION_COLUMN);
}

static void write_line(const struct stack_text *how, const char *prefix, const char *function,
		       const char *file, int32_t line, enum style_tone tone, size_t column,
		       struct writer *writer)
{
	size_t columns;
	writer_blanks(writer, how->indent);
	style_begin(how->style, tone, writer);
	writer_string(writer, prefix);
	safe_string_limited(writer, function, FUNCTION_LIMIT, &columns);
	columns += strlen(prefix);
	writer_blanks(writer, (columns < column ? column - columns : 0) + 2);
	stack_text_position(file, line, writer);
	style_end(how->style, tone, writer);
}

static void write_gap(const struct stack_text *how, const char *text, uint32_t count,
		      struct writer *writer)
{
	writer_blanks(writer, how->indent);
	style_begin(how->style, STYLE_DIM, writer);
	if (count == STACK_ELIDED_UNKNOWN)
		writer_printf(writer, "… more %s", text);
	else
		writer_printf(writer, "… %u %s", count, text);
	style_end(how->style, STYLE_DIM, writer);
	writer_char(writer, '\n');
}

/*
 * Frames between the head of a stack and its place are left out where they would push the place
 * out of sight: *ret_from to *ret_to, exclusive, counted in shown frames.
 */
static void find_gap(const struct stack_text *how, const struct stack *stack, uint32_t *ret_from,
		     uint32_t *ret_to)
{
	const struct frame *place = stack_place(stack, how->places);
	uint32_t position = 0;
	*ret_from = *ret_to = UINT32_MAX;
	for (uint32_t i = 0; place && &stack->frames[i] != place; i++)
		position += !stack->frames[i].hidden;
	if (place && position > FRAMES_BEFORE_PLACE + 1 && position >= how->limit) {
		*ret_from = FRAMES_BEFORE_PLACE;
		*ret_to = position;
	}
}

static unsigned write_frames(const struct stack_text *how, const struct stack *stack, size_t column,
			     struct writer *writer)
{
	const struct frame *place = stack_place(stack, how->places);
	uint32_t gap_from, gap_to, at = 0;
	unsigned lines = 0, frames = 0;
	find_gap(how, stack, &gap_from, &gap_to);
	for (uint32_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		if (frame->hidden)
			continue;
		if (at == gap_from) {
			write_gap(how, "frames of the standard library", gap_to - gap_from, writer);
			lines++;
		}
		if (stack->elided && at == stack->elided_after && frames < how->limit) {
			write_gap(how, "frames elided", stack->elided, writer);
			lines++;
		}
		bool in_gap = at >= gap_from && at < gap_to;
		at++;
		if (in_gap)
			continue;
		if (frames == how->limit) {
			write_gap(how, "more frames",
				  stack->shown - at + 1 +
					  (frames <= stack->elided_after &&
							   stack->elided != STACK_ELIDED_UNKNOWN
						   ? stack->elided
						   : 0),
				  writer);
			return lines + 1;
		}
		bool users = place_is_users(how->places, frame->function);
		enum style_tone tone = frame == place ? STYLE_CYAN
				       : users        ? STYLE_PLAIN
						      : STYLE_DIM;
		write_line(how, "", frame->function, frame->file, frame->line, tone, column,
			   writer);
		writer_char(writer, '\n');
		lines++;
		frames++;
	}
	return lines;
}

unsigned stack_text(const struct stack_text *how, const struct goroutine *goroutine,
		    struct writer *writer)
{
	const struct goroutine_creator *creator = &goroutine->creator;
	size_t column = column_of(goroutine->stack, creator->function, how->limit);
	unsigned lines = write_frames(how, goroutine->stack, column, writer);
	if (goroutine->problem) {
		writer_blanks(writer, how->indent);
		style_string(how->style, STYLE_YELLOW, goroutine->problem, writer);
		writer_char(writer, '\n');
		lines++;
	}
	if (creator->function) {
		write_line(how, "created by ", creator->function, creator->file, creator->line,
			   STYLE_PLAIN, column, writer);
		writer_char(writer, '\n');
		lines++;
	}
	return lines;
}
