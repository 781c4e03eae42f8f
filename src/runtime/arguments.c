/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/arguments.h"

#include <string.h>

/* The compiler's little language for the shape of an argument list; the same since Go 1.17. */
enum {
	SHAPE_END = 0xff,
	SHAPE_OPEN = 0xfe,
	SHAPE_CLOSE = 0xfd,
	SHAPE_MORE = 0xfc,
	SHAPE_TOO_FAR = 0xfb,
	SHAPE_BYTES_MAX = 256,
};

/* Which of the printed words are alive at this position. */
struct liveness {
	const uint8_t *bytes; /* NULL: all are */
	size_t size;
	int32_t index; /* of the position's bits; none when not positive */
	uint8_t start; /* words before this offset are always alive */
};

static struct liveness liveness_at(const struct function *function, const struct layout *layout,
				   uint64_t line_pc)
{
	struct liveness live = { .start = UINT8_MAX };
	live.bytes = function_data(function, (unsigned)layout->funcdata_arg_live_info, &live.size);
	live.index = function_pcdata(function, (unsigned)layout->pcdata_arg_live_index, line_pc);
	if (live.bytes && live.size)
		live.start = live.bytes[0];
	return live;
}

static bool is_alive(const struct liveness *live, uint8_t offset, uint8_t slot)
{
	if (!live->bytes || live->index <= 0 || offset < live->start)
		return true;
	size_t at = (size_t)live->index + slot / 8;
	return at >= live->size || (live->bytes[at] >> (slot % 8) & 1);
}

static void write_word(const struct stack_bytes *stack, uint64_t address, uint8_t size,
		       struct writer *writer)
{
	uint64_t word = 0;
	/* Spill slots of the outermost frame may end with the stack: what is there counts. */
	if (address >= stack->low && address < stack->high) {
		size_t left = (size_t)(stack->high - address);
		memcpy(&word, stack->bytes + (address - stack->low), MIN(left, sizeof(word)));
	}
	if (size < sizeof(word))
		word &= ((uint64_t)1 << (size * 8)) - 1;
	writer_hex(writer, word);
}

void arguments_write(const struct function *function, const struct layout *layout,
		     const struct stack_bytes *stack, uint64_t arguments, uint64_t line_pc,
		     struct writer *writer)
{
	size_t size;
	const uint8_t *shape = function_data(function, (unsigned)layout->funcdata_arg_info, &size);
	if (!shape)
		return;

	struct liveness live = liveness_at(function, layout, line_pc);
	bool first = true;
	uint8_t slot = 0;
	size = MIN(size, (size_t)SHAPE_BYTES_MAX);
	for (size_t i = 0; i < size && shape[i] != SHAPE_END; i++) {
		uint8_t code = shape[i];
		if (!first && code != SHAPE_CLOSE)
			writer_string(writer, ", ");
		first = code == SHAPE_OPEN;
		switch (code) {
		case SHAPE_OPEN:
			writer_char(writer, '{');
			break;
		case SHAPE_CLOSE:
			writer_char(writer, '}');
			break;
		case SHAPE_MORE:
			writer_string(writer, "...");
			break;
		case SHAPE_TOO_FAR:
			writer_char(writer, '_');
			break;
		default:
			if (++i >= size)
				return;
			write_word(stack, arguments + code, shape[i], writer);
			if (!is_alive(&live, code, slot))
				writer_char(writer, '?');
			slot += code >= live.start;
		}
	}
}
