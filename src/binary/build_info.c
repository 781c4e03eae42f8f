/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/build_info.h"

#include <elf.h>
#include <string.h>

#include "base/cursor.h"
#include "base/vector.h"
#include "binary/build_quote.h"

/*
 * The linker leaves a block of 32 bytes, aligned to 16:
 *
 *	0  "\xff Go buildinf:"     14 bytes
 *	14 size of a pointer       for the pointer form
 *	15 flags                   2: inline form (Go 1.18 and later)
 *	16 two pointers to strings for the pointer form: release, module text
 *	32 two strings             for the inline form, each behind its length as a varint
 *
 * The module text is framed by 16 bytes on either side.
 */
static const char magic[] = "\xff Go buildinf:";
#define MAGIC_SIZE       14
#define HEADER_SIZE      32
#define HEADER_ALIGNMENT 16
#define FRAME_SIZE       16
#define FLAG_INLINE      2

DEFINE_VECTOR(module_vector, struct build_module);
DEFINE_VECTOR(setting_vector, struct build_setting);

struct text {
	const char *bytes;
	size_t length;
};

struct parser {
	struct build_info *info;
	struct module_vector modules;
	struct setting_vector settings;
	bool after_main; /* the last module line was "mod", not "dep" */
};

static bool is_block(const uint8_t *bytes)
{
	return bytes && memcmp(bytes, magic, MAGIC_SIZE) == 0;
}

static uint64_t search_segment(const struct elf *elf, const struct elf_segment *segment)
{
	size_t size = elf_bytes_left(elf, segment->address);
	const uint8_t *bytes = elf_bytes_at(elf, segment->address, size);
	const uint8_t *at = bytes;
	size_t left = size;
	while (at && left >= HEADER_SIZE) {
		at = memmem(at, left, magic, MAGIC_SIZE);
		if (!at)
			break;
		uint64_t address = segment->address + (uint64_t)(at - bytes);
		left = size - (size_t)(at - bytes);
		/* Segments of a damaged file may overlap: what is at the address decides. */
		if (address % HEADER_ALIGNMENT == 0 &&
		    is_block(elf_bytes_at(elf, address, HEADER_SIZE)))
			return address;
		at++;
		left--;
	}
	return 0;
}

/* The address of the block, 0 when there is none. It is in writable data, in some releases not. */
static uint64_t find_block(const struct elf *elf)
{
	const struct elf_section *section = elf_find_section(elf, ".go.buildinfo");
	if (section && is_block(elf_bytes_at(elf, section->address, HEADER_SIZE)))
		return section->address;

	size_t count = 0;
	const struct elf_segment *segments = elf_segments(elf, &count);
	const uint32_t wanted[] = { PF_W, 0 };
	for (size_t pass = 0; pass < ARRAY_SIZE(wanted); pass++) {
		for (size_t i = 0; i < count; i++) {
			if (segments[i].type != PT_LOAD ||
			    (segments[i].flags & (PF_W | PF_X)) != wanted[pass])
				continue;
			uint64_t address = search_segment(elf, &segments[i]);
			if (address)
				return address;
		}
	}
	return 0;
}

static struct text inline_string(struct cursor *cursor)
{
	uint64_t length = cursor_uleb128(cursor);
	if (length > cursor_left(cursor))
		cursor_fail(cursor, "has build information that ends too early");
	const uint8_t *bytes = cursor_bytes(cursor, (size_t)length);
	return bytes ? (struct text){ (const char *)bytes, (size_t)length } : (struct text){ 0 };
}

static struct text pointed_string(const struct elf *elf, uint64_t header)
{
	uint64_t words[2];
	const uint8_t *bytes = elf_bytes_at(elf, header, sizeof(words));
	if (!bytes)
		return (struct text){ 0 };
	memcpy(words, bytes, sizeof(words));
	bytes = words[1] <= SIZE_MAX ? elf_bytes_at(elf, words[0], (size_t)words[1]) : NULL;
	return bytes ? (struct text){ (const char *)bytes, (size_t)words[1] } : (struct text){ 0 };
}

static struct error *read_block(const struct elf *elf, uint64_t address, struct text *ret_release,
				struct text *ret_modules)
{
	size_t size = elf_bytes_left(elf, address);
	struct cursor cursor = cursor_make(elf_bytes_at(elf, address, size), size, elf_name(elf),
					   address);
	cursor_skip(&cursor, MAGIC_SIZE);
	uint8_t pointer_size = cursor_u8(&cursor);
	uint8_t flags = cursor_u8(&cursor);
	uint64_t release = cursor_u64(&cursor);
	uint64_t modules = cursor_u64(&cursor);
	if (flags & FLAG_INLINE) {
		*ret_release = inline_string(&cursor);
		*ret_modules = inline_string(&cursor);
	} else if (pointer_size == 8) {
		*ret_release = pointed_string(elf, release);
		*ret_modules = pointed_string(elf, modules);
	}
	return cursor_check(&cursor);
}

/* The part of *text up to a separator, which is taken off with it; all of it without one. */
static struct text take(struct text *text, char separator)
{
	const char *end = memchr(text->bytes, separator, text->length);
	struct text part = { text->bytes, end ? (size_t)(end - text->bytes) : text->length };
	size_t taken = part.length + (end ? 1 : 0);
	text->bytes += taken;
	text->length -= taken;
	return part;
}

static struct error *keep(struct parser *parser, struct text text, const char **ret)
{
	const char *copy = arena_copy_string(&parser->info->arena, text.bytes, text.length);
	if (!copy)
		return error_no_memory();
	*ret = copy;
	return NULL;
}

static struct error *parse_module(struct parser *parser, struct text line, bool is_main)
{
	struct build_module module = { 0 };
	TRY(keep(parser, take(&line, '\t'), &module.path));
	TRY(keep(parser, take(&line, '\t'), &module.version));
	TRY(keep(parser, take(&line, '\t'), &module.sum));
	parser->after_main = is_main;
	if (is_main) {
		parser->info->main = module;
		return NULL;
	}
	return module_vector_append(&parser->modules, &module);
}

/* "=>": the module of the line before is replaced by another one. */
static struct error *parse_replacement(struct parser *parser, struct text line)
{
	struct build_module *replaced = &parser->info->main;
	if (!parser->after_main) {
		if (parser->modules.count == 0)
			return NULL;
		replaced = &parser->modules.items[parser->modules.count - 1];
	}
	struct text path = take(&line, '\t');
	struct text version = take(&line, '\t');
	char *joined = arena_allocate(&parser->info->arena, path.length + version.length + 2);
	if (!joined)
		return error_no_memory();
	memcpy(joined, path.bytes, path.length);
	if (version.length > 0) {
		joined[path.length] = ' ';
		memcpy(joined + path.length + 1, version.bytes, version.length);
	}
	replaced->replaced_by = joined;
	return NULL;
}

static struct error *parse_setting(struct parser *parser, struct text line)
{
	struct build_setting setting = { 0 };
	size_t used = 0;
	TRY(build_unquote(&parser->info->arena, line.bytes, line.length, '=', &setting.key, &used));
	if (used >= line.length || line.bytes[used] != '=')
		return NULL;
	line.bytes += used + 1;
	line.length -= used + 1;
	TRY(build_unquote(&parser->info->arena, line.bytes, line.length, '\0', &setting.value,
			  &used));
	return setting_vector_append(&parser->settings, &setting);
}

static bool text_is(struct text text, const char *word)
{
	return text.length == strlen(word) && memcmp(text.bytes, word, text.length) == 0;
}

static struct error *parse_line(struct parser *parser, struct text line)
{
	struct text kind = take(&line, '\t');
	if (text_is(kind, "path"))
		return keep(parser, line, &parser->info->path);
	if (text_is(kind, "mod") || text_is(kind, "dep"))
		return parse_module(parser, line, text_is(kind, "mod"));
	if (text_is(kind, "=>"))
		return parse_replacement(parser, line);
	if (text_is(kind, "build"))
		return parse_setting(parser, line);
	return NULL; /* a kind of a later release */
}

static struct error *parse_lines(struct parser *parser, struct text text)
{
	while (text.length > 0)
		TRY(parse_line(parser, take(&text, '\n')));
	return NULL;
}

/* Vectors grow by moving; what is final lies in the arena with the strings. */
static struct error *move_to_arena(struct parser *parser)
{
	struct build_info *info = parser->info;
	size_t size = parser->modules.count * sizeof(*info->modules);
	info->modules = arena_allocate(&info->arena, size + 1);
	if (!info->modules)
		return error_no_memory();
	if (size > 0)
		memcpy(info->modules, parser->modules.items, size);
	info->module_count = parser->modules.count;

	size = parser->settings.count * sizeof(*info->settings);
	info->settings = arena_allocate(&info->arena, size + 1);
	if (!info->settings)
		return error_no_memory();
	if (size > 0)
		memcpy(info->settings, parser->settings.items, size);
	info->setting_count = parser->settings.count;
	return NULL;
}

static struct error *parse(struct build_info *info, struct text release, struct text modules)
{
	struct parser parser = { .info = info };
	struct error *error = NULL;
	if (release.length > 0)
		error = keep(&parser, release, &info->release);
	if (!error && modules.length > 2 * FRAME_SIZE &&
	    modules.bytes[modules.length - FRAME_SIZE - 1] == '\n') {
		modules.bytes += FRAME_SIZE;
		modules.length -= 2 * FRAME_SIZE;
		error = parse_lines(&parser, modules);
	}
	if (!error)
		error = move_to_arena(&parser);
	module_vector_deinit(&parser.modules);
	setting_vector_deinit(&parser.settings);
	return error;
}

struct error *build_info_read(struct elf *elf, struct build_info *ret)
{
	uint64_t address = find_block(elf);
	if (!address)
		return error_new(ERROR_NOT_GO, "%s: has no Go build information", elf_name(elf));
	struct text release = { 0 }, modules = { 0 };
	TRY(read_block(elf, address, &release, &modules));
	struct build_info info = { 0 };
	struct error *error = parse(&info, release, modules);
	if (error) {
		build_info_deinit(&info);
		return error;
	}
	*ret = info;
	return NULL;
}

void build_info_deinit(struct build_info *info)
{
	arena_deinit(&info->arena);
	*info = (struct build_info){ 0 };
}

const char *build_info_setting(const struct build_info *info, const char *key)
{
	for (size_t i = 0; i < info->setting_count; i++) {
		if (strcmp(info->settings[i].key, key) == 0)
			return info->settings[i].value;
	}
	return NULL;
}
