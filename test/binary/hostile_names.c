/* SPDX-License-Identifier: Apache-2.0 */

/*
 * hostile_names PID FILE SEED: damage the program that a process runs, in its debug information,
 * symbols and code, and each time ask the library for the process's variables: global ones, those
 * of frames, and what code says of words without a name. It may find less, or what is wrong; it
 * may not crash, hang or read outside. Ends with how many variables, parts, frames' variables and
 * names were found in all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/file.h"
#include "binary/frame_variables.h"
#include "binary/references.h"
#include "target/process.h"

enum { ROUNDS = 300, BITS_MAX = 64, PLACES = 200, FRAMES = 40, WORD_STEP = 4 };

/* Where bits are flipped; those that come often are small and mean much. */
static const char *const sections[] = {
	".debug_abbrev",   ".debug_info", ".debug_abbrev", ".debug_info", ".debug_loc",
	".debug_loclists", ".debug_addr", ".symtab",       ".text",       ".text",
};

struct copy {
	int descriptor;
	uint8_t *bytes;
	size_t size;
	uint64_t random;
	const struct binary *binary; /* whole */
	size_t variables, parts, locals, names;
};

/* xorshift: the same damage for the same seed. */
static uint64_t next_random(struct copy *copy)
{
	copy->random ^= copy->random << 13;
	copy->random ^= copy->random >> 7;
	copy->random ^= copy->random << 17;
	return copy->random;
}

static uint64_t random_pc(struct copy *copy, const struct module *module)
{
	return module->text + next_random(copy) % (module->text_end - module->text);
}

static struct error *read_frames(struct copy *copy, struct variables *variables,
				 const struct module *module)
{
	for (int i = 0; i < FRAMES; i++) {
		_cleanup_(frame_variable_vector_deinit) struct frame_variable_vector list = { 0 };
		struct variable_part part;
		TRY(frame_variables_find(variables, random_pc(copy, module), &list));
		copy->locals += list.count;
		for (size_t j = 0; j < list.count; j++) {
			if (list.items[j].name)
				(void)strlen(list.items[j].name);
			(void)variables_part(variables, list.items[j].type, list.items[j].offset,
					     &part);
		}
	}
	return NULL;
}

static struct error *read_variables(struct copy *copy, const struct binary *binary)
{
	_cleanup_(variables_cleanup) struct variables *variables = NULL;
	struct variable_part part;
	TRY(variables_open(binary, &variables));
	size_t count = variables_count(variables);
	copy->variables += count;
	for (size_t i = 0; count && i < PLACES; i++) {
		const struct variable *variable = variables_at(variables,
							       next_random(copy) % count);
		(void)strlen(variable->name);
		if (variables_part(variables, variable->type, next_random(copy) % variable->size,
				   &part))
			copy->parts++;
	}
	return read_frames(copy, variables, &binary->modules[0]);
}

static struct error *read_references(struct copy *copy, const struct binary *binary)
{
	_cleanup_(references_cleanup) struct references *references = NULL;
	_cleanup_(u64_vector_deinit) struct u64_vector words = { 0 };
	const struct module *module = &binary->modules[0];
	for (uint64_t at = module->data; at < module->bss_end; at += 8 * WORD_STEP)
		TRY(u64_vector_append(&words, &at));
	TRY(references_find(binary, words.items, words.count, &references));
	TRY(references_find_types(references));
	for (size_t i = 0; i < words.count; i++) {
		for (size_t j = 0; references_name(references, i, j); j++)
			copy->names += strlen(references_name(references, i, j)) > 0;
	}
	return NULL;
}

/* With the damaged file in the place of the whole one. */
static struct error *read_all(struct copy *copy)
{
	_cleanup_(elf_cleanup) struct elf *elf = NULL;
	TRY(elf_open(copy->descriptor, "damaged", &elf));
	struct module module = copy->binary->modules[0];
	struct binary binary = *copy->binary;
	module.elf = elf;
	binary.modules = &module;
	binary.module_count = 1;
	TRY(read_variables(copy, &binary));
	return read_references(copy, &binary);
}

/* SIZE_MAX where the file has no such section. */
static size_t choose_offset(struct copy *copy)
{
	const char *name = sections[next_random(copy) % ARRAY_SIZE(sections)];
	const struct elf_section *section = elf_find_section(copy->binary->modules[0].elf, name);
	return section && section->size ? section->offset + next_random(copy) % section->size
					: SIZE_MAX;
}

static struct error *damage(struct copy *copy)
{
	size_t offsets[BITS_MAX];
	size_t count = 1 + next_random(copy) % BITS_MAX;
	for (size_t i = 0; i < count; i++) {
		offsets[i] = choose_offset(copy);
		if (offsets[i] >= copy->size)
			continue;
		uint8_t byte = copy->bytes[offsets[i]] ^ (uint8_t)(1 << next_random(copy) % 8);
		(void)!pwrite(copy->descriptor, &byte, 1, (off_t)offsets[i]);
	}
	TRY(read_all(copy));
	for (size_t i = 0; i < count; i++) {
		if (offsets[i] < copy->size)
			(void)!pwrite(copy->descriptor, &copy->bytes[offsets[i]], 1,
				      (off_t)offsets[i]);
	}
	return NULL;
}

static struct error *run(pid_t pid, const char *path, uint64_t seed)
{
	_cleanup_(target_cleanup) struct target *target = NULL;
	_cleanup_(binary_cleanup) struct binary *binary = NULL;
	struct file_bytes file = { 0 };
	TRY(process_open(pid, &target));
	TRY(binary_open(target, &binary));
	TRY(file_read(path, (size_t)1 << 28, &file));
	struct copy copy = {
		.descriptor = memfd_create("damaged", MFD_CLOEXEC),
		.bytes = (uint8_t *)file.bytes,
		.size = file.size,
		.random = seed | 1,
		.binary = binary,
	};
	if (write(copy.descriptor, copy.bytes, copy.size) != (ssize_t)copy.size)
		return error_os(errno, "cannot copy %s", path);
	for (int i = 0; i < ROUNDS; i++)
		TRY(damage(&copy));
	printf("%zu %zu %zu %zu\n", copy.variables, copy.parts, copy.locals, copy.names);
	close(copy.descriptor);
	file_bytes_deinit(&file);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: %s PID FILE SEED\n", argv[0]);
		return 2;
	}
	struct error *error = run((pid_t)strtol(argv[1], NULL, 10), argv[2],
				  strtoull(argv[3], NULL, 10));
	if (error) {
		fprintf(stderr, "%s\n", error->message);
		error_destroy(error);
		return 1;
	}
	return 0;
}
