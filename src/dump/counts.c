/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "dump/reader_private.h"

/*
 * Counted stacks, as debug=1 prints them:
 *
 *	goroutine profile: total 1007
 *	1000 @ 0x43a5c5 0x409e4e 0x409ad5
 *	# labels: {"request":"7"}
 *	#	0x409ad4	main.leak.func1+0x24	/src/main.go:12
 *
 *	4 @ ...
 *
 * A line has the function's whole name, and the position that the frame stands at.
 */

static bool parse_head(const char *bytes, size_t length, uint64_t *ret_total)
{
	static const char *const heads[] = { "goroutine profile: total ",
					     "goroutineleak profile: total " };
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		size_t at = strlen(heads[i]);
		if (dump_starts(bytes, length, heads[i]) &&
		    dump_number(bytes, length, &at, ret_total))
			return at == length;
	}
	return false;
}

bool counts_begin(const char *bytes, size_t length)
{
	uint64_t total;
	return parse_head(bytes, length, &total);
}

struct error *counts_start(struct reader *reader, const char *bytes, size_t length)
{
	TRY(reader_begin_dump(reader, DUMP_COUNTS));
	parse_head(bytes, length, &reader->claimed);
	reader->in_counts = reader->dump != NULL;
	reader->in_goroutine = false;
	if (reader->dump && dump_starts(bytes, length, "goroutineleak"))
		reader->dump->leaked = true;
	return NULL;
}

static struct error *end_stack(struct reader *reader)
{
	struct dump *dump = reader->dump;
	struct goroutine *goroutine = &reader->goroutine;
	const struct known_stack *known = NULL;
	if (!reader->in_goroutine)
		return NULL;
	reader->in_goroutine = false;
	TRY(reader_check_stack(reader));
	TRY(stack_texts_find(&reader->stacks, &dump->strings, &dump->goroutines, &reader->stack,
			     &known));
	goroutine->stack = known->stack;
	goroutine->index = (uint32_t)dump->goroutines.list.count;
	return goroutine_vector_append(&dump->goroutines.list, goroutine);
}

/* "1000 @ 0x43a5c5 0x409e4e" */
static bool begin_stack(struct reader *reader, const char *bytes, size_t length)
{
	uint64_t count = 0;
	size_t at = 0;
	if (!dump_number(bytes, length, &at, &count) || !count || count > INT64_MAX ||
	    !dump_starts(bytes + at, length - at, " @"))
		return false;
	reader->goroutine = (struct goroutine){
		.count = count,
		.state = GOROUTINE_UNKNOWN,
		.state_text = "",
		.state_note = reader->dump->leaked ? " (leaked)" : "",
		.wait_ns = -1,
		.wait = { .wakes_in_ns = INT64_MIN, .descriptor = -1 },
	};
	stack_text_begin(&reader->stack);
	reader->in_goroutine = true;
	return true;
}

/* "#\t0x409ad4\tmain.leak.func1+0x24\t/src/main.go:12": fields are parted by tabs, some padded. */
static bool add_frame(struct reader *reader, const char *bytes, size_t length)
{
	const char *end = bytes + length;
	const char *name = memmem(bytes, length, "\t0x", 3);
	name = name ? memchr(name + 1, '\t', (size_t)(end - name - 1)) : NULL;
	if (!name || ++name == end)
		return false;
	const char *name_end = memchr(name, '\t', (size_t)(end - name));
	if (!name_end)
		return false;
	const char *place = name_end;
	while (place < end && *place == '\t')
		place++;
	const char *plus = memrchr(name, '+', (size_t)(name_end - name));
	size_t name_length = (size_t)((plus ? plus : name_end) - name);
	size_t place_length = dump_place_end(place, (size_t)(end - place));
	if (!name_length || !place_length)
		return false;
	size_t had = reader->stack.length;
	if (stack_text_add(&reader->stack, 'f', name, name_length) &&
	    stack_text_add_place(&reader->stack, place, place_length))
		return true;
	reader->stack.length = had;
	return true;
}

static struct error *add_labels(struct reader *reader, const char *bytes, size_t length)
{
	static const char word[] = "# labels: ";
	struct dump *dump = reader->dump;
	if (!dump_starts(bytes, length, word))
		return NULL;
	return strings_intern(&dump->strings, &dump->goroutines.arena, bytes + strlen(word),
			      length - strlen(word), &reader->goroutine.labels);
}

struct error *counts_line(struct reader *reader, const char *bytes, size_t length)
{
	if (!length)
		return end_stack(reader);
	if (bytes[0] == '#') {
		if (reader->in_goroutine && !add_frame(reader, bytes, length))
			TRY(add_labels(reader, bytes, length));
		reader->foreign = reader->foreign_bytes = 0;
		return NULL;
	}
	if (bytes[0] >= '0' && bytes[0] <= '9') {
		TRY(end_stack(reader));
		if (begin_stack(reader, bytes, length)) {
			reader->foreign = reader->foreign_bytes = 0;
			return NULL;
		}
	}
	struct dump_header header;
	if (bytes[0] == 'g' &&
	    (counts_begin(bytes, length) || dump_header_parse(bytes, length, &header))) {
		TRY(reader_end(reader, false));
		return reader_line(reader, bytes, length);
	}
	if (race_begins(bytes, length))
		return reader_begin_race(reader, bytes, length);
	reader->foreign++;
	reader->foreign_bytes += length;
	return NULL;
}

struct error *counts_end(struct reader *reader)
{
	TRY(end_stack(reader));
	reader->in_counts = false;
	struct dump *dump = reader->dump;
	if (dump && goroutines_count(&dump->goroutines, true) < reader->claimed)
		dump->cut = "it has fewer goroutines than it says";
	return NULL;
}
