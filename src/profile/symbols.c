/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/symbols.h"

#include <elf.h>
#include <string.h>

#include "base/map.h"
#include "base/text.h"
#include "base/writer.h"
#include "binary/executable.h"
#include "binary/module.h"
#include "profile/builder.h"

struct symbols {
	struct profile *profile;
	struct target *target;
	struct binary *binary;
	uint32_t mapping;     /* the executable's; PROFILE_NONE: the profile has none */
	struct map functions; /* address of a name in the table -> index */
	struct profile_text_vector texts;
	struct profile_function_vector made;
	struct profile_line_vector lines;
};

static void symbols_deinit(struct symbols *symbols)
{
	map_deinit(&symbols->functions);
	profile_text_vector_deinit(&symbols->texts);
	profile_function_vector_deinit(&symbols->made);
	profile_line_vector_deinit(&symbols->lines);
	binary_destroy(symbols->binary);
	target_destroy(symbols->target);
}

static bool text_is(const struct profile *profile, uint32_t text, const char *like)
{
	return *like && profile_text_is(profile, text, like);
}

static bool same_file(const struct profile *profile, uint32_t text, const char *path)
{
	const char *name = text_base_name(path);
	struct profile_text file = profile_text(profile, text);
	size_t length = strlen(name);
	return file.length >= length && length &&
	       memcmp(file.bytes + file.length - length, name, length) == 0 &&
	       (file.length == length || file.bytes[file.length - length - 1] == '/');
}

/* By the build id; where none is known by the file's name; else the first, as pprof takes it. */
static struct error *choose_mapping(struct symbols *symbols, const char *path)
{
	const struct profile *profile = symbols->profile;
	struct elf *elf = executable_elf(symbols->target);
	const char *id = elf_build_id(elf), *go_id = elf_go_build_id(elf);
	uint32_t named = PROFILE_NONE;
	symbols->mapping = profile->mapping_count ? 0 : PROFILE_NONE;
	for (uint32_t i = 0; i < profile->mapping_count; i++) {
		const struct profile_mapping *mapping = &profile->mappings[i];
		if (text_is(profile, mapping->build_id, id) ||
		    text_is(profile, mapping->build_id, go_id)) {
			symbols->mapping = i;
			return NULL;
		}
		if (named == PROFILE_NONE && same_file(profile, mapping->file, path))
			named = i;
	}
	if (named != PROFILE_NONE)
		symbols->mapping = named;
	if (symbols->mapping != PROFILE_NONE && *id &&
	    profile_text(profile, profile->mappings[symbols->mapping].build_id).length)
		return error_new(ERROR_USAGE,
				 "%s is another build (%s) than the one that %s is of: give the "
				 "executable that has run",
				 path, id, profile->name);
	return NULL;
}

/* Where the executable has, as it was loaded for us, what lay at that address; 0: nowhere. */
static uint64_t find_address(const struct symbols *symbols, const struct profile_location *location)
{
	size_t count;
	const struct elf_segment *segments = elf_segments(executable_elf(symbols->target), &count);
	uint64_t bias = executable_bias(symbols->target);
	if (location->mapping == PROFILE_NONE)
		return location->address + bias;
	const struct profile_mapping *mapping = &symbols->profile->mappings[location->mapping];
	if (location->mapping != symbols->mapping)
		return 0;
	if (!mapping->start)
		return location->address + bias;
	uint64_t offset = location->address - mapping->start + mapping->offset;
	if (location->address < mapping->start || location->address >= mapping->limit)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (segments[i].type == PT_LOAD && offset >= segments[i].offset &&
		    offset - segments[i].offset < segments[i].file_size)
			return segments[i].address + (offset - segments[i].offset) + bias;
	}
	return 0;
}

static struct error *add_text(struct symbols *symbols, const char *bytes, size_t length,
			      uint32_t *ret)
{
	const char *copy = arena_copy_string(&symbols->profile->arena, bytes, length);
	const struct profile_text text = { copy, (uint32_t)length };
	if (!copy)
		return error_no_memory();
	*ret = (uint32_t)symbols->texts.count;
	return profile_text_vector_append(&symbols->texts, &text);
}

/* As the runtime prints names: "main.Map[...].Get" of all that it is made for. */
static struct error *add_name(struct symbols *symbols, const char *name, uint32_t *ret)
{
	const char *begin = strchr(name, '['), *end = strrchr(name, ']');
	if (!begin || !end || end < begin)
		return add_text(symbols, name, strlen(name), ret);
	struct writer writer = WRITER_TO_MEMORY;
	writer_bytes(&writer, name, (size_t)(begin - name));
	writer_string(&writer, "[...]");
	writer_string(&writer, end + 1);
	struct error *error = writer_text(&writer)
				      ? add_text(symbols, writer.bytes, writer.length, ret)
				      : error_no_memory();
	writer_deinit(&writer);
	return error;
}

static struct error *add_function(struct symbols *symbols, const struct function_line *line,
				  uint32_t *ret)
{
	struct map_slot *slot;
	uint32_t index = (uint32_t)symbols->made.count;
	TRY(map_insert(&symbols->functions, (uint64_t)(uintptr_t)line->function, index, &slot));
	*ret = (uint32_t)slot->value;
	if (slot->value != index)
		return NULL;
	struct profile_function function = { .id = (uint64_t)index + 1,
					     .start_line = line->start_line };
	TRY(add_name(symbols, line->function, &function.name));
	function.system_name = function.name;
	if (strcmp(line->file, "?") != 0)
		TRY(add_text(symbols, line->file, strlen(line->file), &function.file));
	return profile_function_vector_append(&symbols->made, &function);
}

static struct error *add_lines(struct symbols *symbols, struct profile_location *location,
			       const struct function *function, uint64_t address)
{
	struct function_line lines[FUNCTION_LINES_MAX];
	size_t count = function_lines(function, address, lines);
	location->first_line = (uint32_t)symbols->lines.count;
	for (size_t i = 0; i < count; i++) {
		struct profile_line line = { .line = lines[i].line };
		/* What the compiler wrote around a call, the runtime does not show. */
		if (i && lines[i].func_id == symbols->binary->layout.func_id_wrapper)
			continue;
		TRY(add_function(symbols, &lines[i], &line.function));
		TRY(profile_line_vector_append(&symbols->lines, &line));
	}
	location->line_count = (uint32_t)symbols->lines.count - location->first_line;
	return NULL;
}

static struct error *add_all(struct symbols *symbols)
{
	struct profile *profile = symbols->profile;
	for (uint32_t i = 0; i < profile->location_count; i++) {
		struct profile_location *location = &profile->locations[i];
		struct function function;
		uint64_t address = location->line_count ? 0 : find_address(symbols, location);
		if (address && binary_function(symbols->binary, address, &function))
			TRY(add_lines(symbols, location, &function, address));
	}
	if (symbols->mapping != PROFILE_NONE) {
		struct profile_mapping *mapping = &profile->mappings[symbols->mapping];
		mapping->has_functions = mapping->has_files = true;
		mapping->has_lines = mapping->has_inlined = true;
	}
	return NULL;
}

/* The profile's own arrays grow, and are its own again whatever happens. */
static struct error *add_to_arrays(struct symbols *symbols)
{
	struct profile *profile = symbols->profile;
	symbols->texts = (struct profile_text_vector){ profile->texts, profile->text_count,
						       profile->text_count };
	symbols->made = (struct profile_function_vector){ profile->functions,
							  profile->function_count,
							  profile->function_count };
	symbols->lines = (struct profile_line_vector){ profile->lines, profile->line_count,
						       profile->line_count };
	struct error *error = add_all(symbols);
	profile->texts = TAKE_PTR(symbols->texts.items);
	profile->functions = TAKE_PTR(symbols->made.items);
	profile->lines = TAKE_PTR(symbols->lines.items);
	profile->text_count = (uint32_t)symbols->texts.count;
	profile->function_count = (uint32_t)symbols->made.count;
	profile->line_count = (uint32_t)symbols->lines.count;
	return error;
}

static bool needs_symbols(const struct profile *profile)
{
	for (uint32_t i = 0; i < profile->location_count; i++) {
		if (!profile->locations[i].line_count)
			return true;
	}
	return false;
}

struct error *profile_symbols_add(struct profile *profile, int descriptor, const char *path)
{
	_cleanup_(symbols_deinit) struct symbols symbols = { .profile = profile };
	if (!needs_symbols(profile))
		return NULL;
	TRY(executable_open(descriptor, path, &symbols.target));
	TRY(choose_mapping(&symbols, path));
	TRY(binary_open(symbols.target, &symbols.binary));
	return add_to_arrays(&symbols);
}
