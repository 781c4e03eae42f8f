/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/writer.h"
#include "heap/condition_private.h"
#include "heap/types_private.h"

#define FIELDS_SHOWN 12
#define FACTOR_MAX   ((__int128)1 << 32) /* products of this and a word fit what is compared */
#define WORD         8

struct parser {
	const struct heap *heap;
	uint32_t number; /* of the objects' type */
	const char *text;
	const char *at;
	struct condition_operand *operand; /* in hand */
	struct type type;                  /* of the place in hand */
	bool is_object;                    /* no place in it yet */
};

static struct error *wrong(const struct parser *parser, const char *at, const char *what)
{
	return error_new(ERROR_USAGE, "--where '%s', character %td: %s", parser->text,
			 at - parser->text + 1, what);
}

static void skip_blanks(struct parser *parser)
{
	parser->at += strspn(parser->at, " \t");
}

static bool take(struct parser *parser, const char *token)
{
	skip_blanks(parser);
	size_t length = strlen(token);
	if (strncmp(parser->at, token, length) != 0)
		return false;
	parser->at += length;
	return true;
}

/* Letters, digits, _ and what is not ASCII: how long a name begins here. */
static size_t name_length(const char *text)
{
	size_t length = 0;
	if (*text >= '0' && *text <= '9')
		return 0;
	for (;; length++) {
		unsigned char c = (unsigned char)text[length];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      c == '_' || c >= 0x80))
			return length;
	}
}

static bool take_word(struct parser *parser, const char *word)
{
	skip_blanks(parser);
	size_t length = strlen(word);
	if (name_length(parser->at) != length || strncmp(parser->at, word, length) != 0)
		return false;
	parser->at += length;
	return true;
}

static struct error *read_type(struct parser *parser, uint64_t descriptor)
{
	bool good = false;
	TRY(types_read(parser->heap->types, descriptor, &parser->type, &good));
	return good ? NULL : wrong(parser, parser->at, "the type of what is there cannot be read");
}

/* "main.Session has no field 'x'; it has id, buf, owner" */
static struct error *no_field(const struct parser *parser, const char *at, size_t length)
{
	struct writer writer = WRITER_TO_MEMORY;
	char name[TYPES_NAME_MAX] = "this";
	const struct binary *binary = types_binary(parser->heap->types);
	(void)!error_ignore(type_name(binary, parser->type.address, name, sizeof(name)));
	writer_printf(&writer, "%s has no field '%.*s'", name, (int)MIN(length, (size_t)64), at);
	for (size_t i = 0; i < parser->type.count && i < FIELDS_SHOWN; i++) {
		struct type_field field;
		if (!error_ignore(type_field(binary, &parser->type, i, &field)))
			break;
		writer_printf(&writer, "%s%s", i ? ", " : "; it has ", field.name);
	}
	if (parser->type.count > FIELDS_SHOWN)
		writer_string(&writer, ", ...");
	const char *text = writer_text(&writer);
	struct error *error = text ? wrong(parser, at, text) : error_no_memory();
	writer_deinit(&writer);
	return error;
}

static struct error *step_through(struct parser *parser)
{
	struct condition_operand *operand = parser->operand;
	if (operand->hop_count == CONDITION_HOPS_MAX)
		return wrong(parser, parser->at, "too many pointers on the way");
	operand->hops[operand->hop_count++] = 0;
	return NULL;
}

static struct error *take_field(struct parser *parser)
{
	const struct binary *binary = types_binary(parser->heap->types);
	skip_blanks(parser);
	const char *name = parser->at;
	size_t length = name_length(name);
	struct type_field field;
	if (!length)
		return wrong(parser, name, "a field's name should stand here");
	if (parser->type.kind == TYPE_POINTER) {
		TRY(step_through(parser));
		TRY(read_type(parser, parser->type.element));
	}
	if (parser->type.kind != TYPE_STRUCT)
		return wrong(parser, name, "what stands before it has no fields");
	for (size_t i = 0; i < parser->type.count; i++) {
		if (!error_ignore(type_field(binary, &parser->type, i, &field)))
			break;
		if (strlen(field.name) != length || memcmp(field.name, name, length) != 0)
			continue;
		parser->at += length;
		parser->operand->hops[parser->operand->hop_count - 1] += field.offset;
		return read_type(parser, field.type);
	}
	return no_field(parser, name, length);
}

static struct error *take_number(struct parser *parser, __int128 *ret)
{
	skip_blanks(parser);
	bool negative = *parser->at == '-';
	const char *digits = parser->at + negative;
	char *end;
	errno = 0;
	unsigned long long number = strtoull(digits, &end, 0);
	if (*digits < '0' || *digits > '9' || errno || name_length(end))
		return wrong(parser, parser->at, "this is no number that fits 64 bits");
	parser->at = end;
	*ret = negative ? -(__int128)number : (__int128)number;
	return NULL;
}

static struct error *take_index(struct parser *parser)
{
	const char *at = parser->at;
	__int128 index;
	if (parser->type.kind != TYPE_ARRAY)
		return wrong(parser, at, "only arrays can be indexed");
	TRY(take_number(parser, &index));
	if (!take(parser, "]"))
		return wrong(parser, parser->at, "']' should stand here");
	if (index < 0 || (unsigned __int128)index >= parser->type.length)
		return wrong(parser, at, "the array has no such element");
	uint64_t before = (uint64_t)index;
	TRY(read_type(parser, parser->type.element));
	parser->operand->hops[parser->operand->hop_count - 1] += before * parser->type.size;
	return NULL;
}

/* Where the objects' fields begin. */
static struct error *enter_object(struct parser *parser, const char *at)
{
	struct heap_type type;
	heap_types_get(parser->heap->types, parser->number, &type);
	parser->is_object = false;
	if (type.form != HEAP_VALUE)
		return wrong(parser, at,
			     "objects of this type have no fields, only len(.) or "
			     "cap(.)");
	return read_type(parser, type.descriptor);
}

static struct error *take_place(struct parser *parser)
{
	skip_blanks(parser);
	const char *begin = parser->at;
	*parser->operand = (struct condition_operand){ .hop_count = 1, .factor = 1 };
	parser->is_object = true;
	if (*parser->at == '.' && !name_length(parser->at + 1)) {
		parser->at++;
		return NULL;
	}
	(void)take(parser, ".");
	TRY(enter_object(parser, begin));
	TRY(take_field(parser));
	for (;;) {
		if (take(parser, "."))
			TRY(take_field(parser));
		else if (take(parser, "["))
			TRY(take_index(parser));
		else
			return NULL;
	}
}

static void set_word(struct condition_operand *operand, int32_t offset, unsigned width)
{
	operand->class = CONDITION_NUMBER;
	operand->hops[operand->hop_count - 1] += (uint64_t)offset;
	operand->width = width;
}

/* len and cap of a map or channel: of the place's pointer to one, or of the object itself. */
static struct error *measure_header(struct parser *parser, const char *at, bool map, bool capacity)
{
	const struct layout *layout = &types_binary(parser->heap->types)->layout;
	bool swiss = layout_has(layout->swiss_map_size);
	struct condition_operand *operand = parser->operand;
	if (map && capacity)
		return wrong(parser, at, "maps have no cap");
	operand->nil_is_empty = true;
	/* A Swiss map begins with how much of it is used. */
	set_word(operand,
		 map        ? (swiss ? 0 : layout->hmap_count)
		 : capacity ? layout->hchan_dataqsiz
			    : layout->hchan_qcount,
		 WORD);
	return NULL;
}

static struct error *measure_object(struct parser *parser, const char *at, bool capacity)
{
	struct heap_type type;
	heap_types_get(parser->heap->types, parser->number, &type);
	if (type.form == HEAP_MAP || type.form == HEAP_CHANNEL)
		return measure_header(parser, at, type.form == HEAP_MAP, capacity);
	TRY(enter_object(parser, at));
	return NULL;
}

/* len or cap of the place in hand. */
static struct error *measure(struct parser *parser, const char *at, bool capacity)
{
	struct condition_operand *operand = parser->operand;
	if (parser->is_object)
		TRY(measure_object(parser, at, capacity));
	if (operand->width)
		return NULL;
	switch (parser->type.kind) {
	case TYPE_SLICE:
		set_word(operand, capacity ? 2 * WORD : WORD, WORD);
		operand->is_signed = true;
		return NULL;
	case TYPE_STRING:
		if (capacity)
			return wrong(parser, at, "strings have no cap");
		set_word(operand, WORD, WORD);
		operand->is_signed = true;
		return NULL;
	case TYPE_MAP:
	case TYPE_CHAN:
		TRY(step_through(parser));
		return measure_header(parser, at, parser->type.kind == TYPE_MAP, capacity);
	case TYPE_ARRAY:
		*operand = (struct condition_operand){ .constant = true,
						       .number = parser->type.length };
		return NULL;
	default:
		return wrong(parser, at, "that has no len or cap");
	}
}

/* The value of the place in hand. */
static struct error *value_of(struct parser *parser, const char *at)
{
	struct condition_operand *operand = parser->operand;
	if (parser->is_object)
		TRY(enter_object(parser, at));
	operand->width = (unsigned)MIN(MAX(parser->type.size, UINT64_C(1)), (uint64_t)WORD);
	switch (parser->type.kind) {
	case TYPE_BOOL:
		operand->class = CONDITION_BOOL;
		return NULL;
	case TYPE_INT:
	case TYPE_INT8:
	case TYPE_INT16:
	case TYPE_INT32:
	case TYPE_INT64:
		operand->is_signed = true;
		return NULL;
	case TYPE_UINT:
	case TYPE_UINT8:
	case TYPE_UINT16:
	case TYPE_UINT32:
	case TYPE_UINT64:
	case TYPE_UINTPTR:
		return NULL;
	case TYPE_POINTER:
	case TYPE_UNSAFE_POINTER:
	case TYPE_MAP:
	case TYPE_CHAN:
	case TYPE_FUNC:
	case TYPE_INTERFACE:
	case TYPE_SLICE:
		operand->class = CONDITION_POINTER;
		return NULL;
	default:
		return wrong(parser, at,
			     "only integers, bools, len(...), cap(...) and nil can be compared");
	}
}

static struct error *take_measured(struct parser *parser, bool *ret)
{
	skip_blanks(parser);
	const char *at = parser->at;
	bool capacity = take_word(parser, "cap");
	*ret = capacity || take_word(parser, "len");
	if (!*ret)
		return NULL;
	if (!take(parser, "(")) {
		/* A field of that name. */
		*ret = false;
		parser->at = at;
		return NULL;
	}
	TRY(take_place(parser));
	if (!take(parser, ")"))
		return wrong(parser, parser->at, "')' should stand here");
	return measure(parser, at, capacity);
}

static struct error *take_constant(struct parser *parser, bool *ret)
{
	struct condition_operand *operand = parser->operand;
	static const struct {
		const char *word;
		enum condition_class class;
		int number;
	} words[] = {
		{ "true", CONDITION_BOOL, 1 },
		{ "false", CONDITION_BOOL, 0 },
		{ "nil", CONDITION_POINTER, 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(words) && !*ret; i++) {
		if (!take_word(parser, words[i].word))
			continue;
		*operand = (struct condition_operand){ .class = words[i].class,
						       .constant = true,
						       .number = words[i].number };
		*ret = true;
	}
	return NULL;
}

static struct error *take_operand(struct parser *parser, struct condition_operand *ret)
{
	__int128 factor = 1;
	bool done = false;
	parser->operand = ret;
	*ret = (struct condition_operand){ 0 };
	skip_blanks(parser);
	const char *at = parser->at;
	if (*at == '-' || (*at >= '0' && *at <= '9')) {
		TRY(take_number(parser, &factor));
		if (!take(parser, "*")) {
			*ret = (struct condition_operand){ .constant = true, .number = factor };
			return NULL;
		}
		if (factor > FACTOR_MAX || factor < -FACTOR_MAX)
			return wrong(parser, at, "the factor is too large");
		at = parser->at;
	} else {
		TRY(take_constant(parser, &done));
		if (done)
			return NULL;
	}
	TRY(take_measured(parser, &done));
	if (!done) {
		TRY(take_place(parser));
		TRY(value_of(parser, at));
	}
	if (factor != 1 && ret->class != CONDITION_NUMBER)
		return wrong(parser, at, "only numbers can be multiplied");
	ret->factor = factor;
	ret->number *= factor;
	return NULL;
}

static bool take_operator(struct parser *parser, enum condition_operator *ret)
{
	/* "<=" before "<": the first that fits is taken. */
	static const struct {
		const char *text;
		enum condition_operator operator;
	} operators[] = {
		{ "==", CONDITION_EQUAL },      { "!=", CONDITION_UNEQUAL },
		{ "<=", CONDITION_LESS_EQUAL }, { ">=", CONDITION_GREATER_EQUAL },
		{ "<", CONDITION_LESS },        { ">", CONDITION_GREATER },
	};
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		if (take(parser, operators[i].text)) {
			*ret = operators[i].operator;
			return true;
		}
	}
	return false;
}

static struct error *check(const struct parser *parser, const char *at,
			   const struct condition_comparison *comparison)
{
	const struct condition_operand *left = &comparison->left, *right = &comparison->right;
	bool ordered = comparison->operator!= CONDITION_EQUAL && comparison->operator!=
		       CONDITION_UNEQUAL;
	if (left->class != right->class)
		return wrong(parser, at, "these two cannot be compared with each other");
	if (left->class != CONDITION_NUMBER && ordered)
		return wrong(parser, at, "only == and != can be asked of that");
	if (left->class == CONDITION_POINTER && !left->constant && !right->constant)
		return wrong(parser, at, "a pointer can only be compared with nil");
	return NULL;
}

static struct error *take_comparison(struct parser *parser, struct condition_comparison *ret)
{
	bool negated = take(parser, "!");
	skip_blanks(parser);
	const char *at = parser->at;
	TRY(take_operand(parser, &ret->left));
	if (!negated && take_operator(parser, &ret->operator)) {
		TRY(take_operand(parser, &ret->right));
		return check(parser, at, ret);
	}
	if (ret->left.class != CONDITION_BOOL)
		return wrong(parser, parser->at,
			     "a comparison should stand here: ==, !=, <, <=, > or >=");
	ret->right = (struct condition_operand){ .class = CONDITION_BOOL, .constant = true };
	ret->operator= negated ? CONDITION_EQUAL : CONDITION_UNEQUAL;
	return NULL;
}

struct error *heap_condition_parse(const struct heap *heap, uint32_t type, const char *text,
				   struct heap_condition **ret)
{
	_cleanup_(heap_condition_cleanup) struct heap_condition *condition =
		calloc(1, sizeof(*condition));
	struct parser parser = { .heap = heap, .number = type, .text = text, .at = text };
	if (!condition)
		return error_no_memory();
	condition->heap = heap;
	do {
		struct condition_comparison comparison = { 0 };
		TRY(take_comparison(&parser, &comparison));
		TRY(condition_comparison_vector_append(&condition->comparisons, &comparison));
	} while (take(&parser, "&&"));
	skip_blanks(&parser);
	if (*parser.at)
		return wrong(&parser, parser.at, "'&&' or the end should stand here");
	*ret = TAKE_PTR(condition);
	return NULL;
}
