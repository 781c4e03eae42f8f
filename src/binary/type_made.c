/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "binary/type_private.h"

/*
 * Types that reflection makes while the program runs lie in the heap, and what they are called in a
 * map of the library's. But each is made of others, down to such as a module has, and its name of
 * theirs: it is put together as reflection does, with a stack of our own. Descriptors may lie: how
 * deep they go, and how long a name becomes, is limited.
 */
#define DEPTH_MAX 32
#define TEXT_MAX  4096
#define STEPS_MAX 4096

/* A type whose name is begun. */
struct level {
	struct type_descriptor descriptor;
	struct type type;
	size_t next;  /* which of its parts comes next */
	size_t begin; /* where the name of the part before it begins */
};

struct naming {
	const struct binary *binary;
	struct writer *writer;
	struct level levels[DEPTH_MAX];
	size_t depth;
};

static struct error *no_name(uint64_t address)
{
	return error_new(ERROR_NOT_FOUND, "the type at 0x%" PRIx64 " was made at run time",
			 address);
}

/* The part's name comes next. */
static struct error *enter(struct naming *naming, uint64_t address)
{
	char name[TEXT_MAX];
	bool found;
	if (naming->depth == DEPTH_MAX)
		return no_name(address);
	struct level *level = &naming->levels[naming->depth];
	*level = (struct level){ 0 };
	TRY(type_read_descriptor(naming->binary, address, &level->descriptor, &level->type));
	TRY(type_own_name(naming->binary, &level->descriptor, &level->type, name, sizeof(name),
			  &found));
	if (found)
		writer_string(naming->writer, name);
	else
		naming->depth++;
	return NULL;
}

/* Once: a type that is a word or two before another one's name. */
static struct error *name_prefix(struct naming *naming, struct level *level, const char *prefix)
{
	if (level->next++ > 0) {
		naming->depth--;
		return NULL;
	}
	writer_string(naming->writer, prefix);
	return enter(naming, level->type.element);
}

static struct error *name_array(struct naming *naming, struct level *level)
{
	char prefix[32];
	snprintf(prefix, sizeof(prefix), "[%" PRIu64 "]", level->type.length);
	return name_prefix(naming, level, prefix);
}

/* "chan (<-chan int)": else it would be another type's name. */
static struct error *name_channel(struct naming *naming, struct level *level)
{
	struct writer *writer = naming->writer;
	uint64_t direction = type_member(&level->descriptor, naming->binary->layout.chan_type_dir,
					 8);
	if (level->next == 0) {
		level->begin = writer->length + strlen("chan ");
		return name_prefix(naming, level,
				   direction == 1   ? "<-chan "
				   : direction == 2 ? "chan<- "
						    : "chan ");
	}
	if (direction != 1 && direction != 2 && level->begin < writer->length &&
	    writer->bytes[level->begin] == '<') {
		writer_string(writer, "()");
		if (writer->os_error)
			return error_no_memory();
		memmove(writer->bytes + level->begin + 1, writer->bytes + level->begin,
			writer->length - level->begin - 2);
		writer->bytes[level->begin] = '(';
		writer->bytes[writer->length - 1] = ')';
	}
	naming->depth--;
	return NULL;
}

static struct error *name_map(struct naming *naming, struct level *level)
{
	size_t part = level->next++;
	if (part == 2)
		naming->depth--;
	else
		writer_string(naming->writer, part == 0 ? "map[" : "]");
	return part == 0   ? enter(naming, level->type.key)
	       : part == 1 ? enter(naming, level->type.element)
			   : NULL;
}

/* As Go writes a string, but for what cannot be printed. */
static void write_quoted(struct writer *writer, const char *text)
{
	writer_char(writer, '"');
	for (const char *at = text; *at; at++) {
		unsigned char c = (unsigned char)*at;
		if (c == '"' || c == '\\')
			writer_printf(writer, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			writer_printf(writer, "\\x%02x", c);
		else
			writer_char(writer, *at);
	}
	writer_char(writer, '"');
}

static struct error *write_tag(struct naming *naming, const struct level *level, size_t index)
{
	char tag[TEXT_MAX];
	TRY(type_field_tag(naming->binary, &level->type, index, tag, sizeof(tag)));
	if (!tag[0])
		return NULL;
	writer_char(naming->writer, ' ');
	write_quoted(naming->writer, tag);
	return NULL;
}

static struct error *name_struct(struct naming *naming, struct level *level)
{
	struct writer *writer = naming->writer;
	size_t index = level->next++;
	struct type_field field;
	if (index == 0)
		writer_string(writer, "struct {");
	else
		TRY(write_tag(naming, level, index - 1));
	if (index == level->type.count) {
		writer_string(writer, index ? " }" : "}");
		naming->depth--;
		return NULL;
	}
	TRY(type_field(naming->binary, &level->type, index, &field));
	if (!field.name[0])
		return no_name(level->type.address);
	writer_string(writer, index ? "; " : " ");
	/* Up to 1.22 what is embedded has its name before its type, too. */
	if (!field.embedded || naming->binary->minor < 23)
		writer_printf(writer, "%s ", field.name);
	return enter(naming, field.type);
}

static struct error *read_parameter(const struct naming *naming, const struct level *level,
				    size_t index, uint64_t *ret)
{
	return type_bytes(naming->binary, level->type.parts + index * sizeof(*ret), ret,
			  sizeof(*ret));
}

/* func(int, ...string) (*main.T, error) */
static struct error *name_function(struct naming *naming, struct level *level)
{
	const struct layout *layout = &naming->binary->layout;
	struct writer *writer = naming->writer;
	size_t in = (size_t)type_member(&level->descriptor, layout->func_type_in_count, 2);
	bool variadic = type_member(&level->descriptor, layout->func_type_out_count, 2) & 0x8000;
	size_t index = level->next++, count = level->type.count, out = count - MIN(in, count);
	uint64_t type;
	if (index == 0)
		writer_string(writer, "func(");
	if (index == in)
		writer_string(writer, out == 0 ? ")" : out == 1 ? ") " : ") (");
	if (index == count) {
		writer_string(writer, out > 1 ? ")" : "");
		naming->depth--;
		return NULL;
	}
	if (index && index != in)
		writer_string(writer, ", ");
	TRY(read_parameter(naming, level, index, &type));
	if (variadic && index + 1 == in) {
		struct type slice;
		TRY(type_read(naming->binary, type, &slice));
		writer_string(writer, "...");
		type = slice.element;
	}
	return enter(naming, type);
}

static struct error *go_on(struct naming *naming)
{
	struct level *level = &naming->levels[naming->depth - 1];
	switch (level->type.kind) {
	case TYPE_POINTER:
		return name_prefix(naming, level, "*");
	case TYPE_SLICE:
		return name_prefix(naming, level, "[]");
	case TYPE_ARRAY:
		return name_array(naming, level);
	case TYPE_CHAN:
		return name_channel(naming, level);
	case TYPE_MAP:
		return name_map(naming, level);
	case TYPE_STRUCT:
		return name_struct(naming, level);
	case TYPE_FUNC:
		return name_function(naming, level);
	default:
		return no_name(level->type.address);
	}
}

struct error *type_made_name(const struct binary *binary, uint64_t address, struct writer *ret)
{
	struct naming naming = { .binary = binary, .writer = ret };
	TRY(enter(&naming, address));
	for (size_t steps = 0; naming.depth; steps++) {
		if (steps == STEPS_MAX)
			return no_name(address);
		/* Nobody shows more of it. */
		if (ret->length > TEXT_MAX)
			return NULL;
		TRY(go_on(&naming));
	}
	return NULL;
}
