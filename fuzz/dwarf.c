/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as debug information. An input is the length of .debug_abbrev in two bytes, that many
 * bytes of it (which are .debug_str, too), and .debug_info. What is read is the same each time, and
 * no offset, size or count is negative. The same bytes are also a table of symbols and a module's
 * types: variables are in order, and can be found; a descriptor lies among the types.
 */
#include <assert.h>
#include <elf.h>
#include <string.h>
#include <sys/mman.h>

#include "binary/dwarf.h"
#include "binary/variables.h"
#include "target/operations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_LIMIT ((size_t)1 << 16)

/* The names are at 1, 15, 27, 38 and 48. */
static const char section_names[] = "\0.debug_abbrev\0.debug_info\0.debug_str\0.shstrtab\0.symtab";

#define BASE UINT64_C(0x400000)

struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	Elf64_Shdr sections[6];
	char names[sizeof(section_names)];
	uint8_t contents[INPUT_LIMIT];
};

static Elf64_Shdr section(Elf64_Word name, Elf64_Word type, size_t offset, size_t size)
{
	return (Elf64_Shdr){
		.sh_name = name, .sh_type = type, .sh_offset = offset, .sh_size = size
	};
}

static void image_fill(struct image *image, const uint8_t *data, size_t size, size_t abbreviations)
{
	size_t contents = offsetof(struct image, contents);

	memset(image, 0, contents);
	memset(image->contents + size, 0, INPUT_LIMIT - size);
	memcpy(image->header.e_ident, ELFMAG, SELFMAG);
	image->header.e_ident[EI_CLASS] = ELFCLASS64;
	image->header.e_ident[EI_DATA] = ELFDATA2LSB;
	image->header.e_ident[EI_VERSION] = EV_CURRENT;
	image->header.e_type = ET_EXEC;
	image->header.e_machine = EM_X86_64;
	image->header.e_version = EV_CURRENT;
	image->header.e_ehsize = sizeof(Elf64_Ehdr);
	image->header.e_phoff = offsetof(struct image, segment);
	image->header.e_phentsize = sizeof(Elf64_Phdr);
	image->header.e_phnum = 1;
	image->header.e_shoff = offsetof(struct image, sections);
	image->header.e_shentsize = sizeof(Elf64_Shdr);
	image->header.e_shnum = ARRAY_SIZE(image->sections);
	image->header.e_shstrndx = 4;
	image->segment = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R,
		.p_offset = contents,
		.p_vaddr = BASE,
		.p_filesz = size,
		.p_memsz = size,
	};
	image->sections[1] = section(1, SHT_PROGBITS, contents, abbreviations);
	image->sections[2] = section(15, SHT_PROGBITS, contents + abbreviations,
				     size - abbreviations);
	image->sections[3] = section(27, SHT_PROGBITS, contents, abbreviations);
	image->sections[4] = section(38, SHT_STRTAB, offsetof(struct image, names),
				     sizeof(section_names));
	image->sections[5] = section(48, SHT_SYMTAB, contents, size);
	image->sections[5].sh_link = 3;
	memcpy(image->names, section_names, sizeof(section_names));
	memcpy(image->contents, data, size);
}

static void layout_check(const struct layout *layout)
{
	for (size_t i = 0; i < LAYOUT_FIELDS; i++) {
		if (layout_members[i].kind != LAYOUT_KIND_CONSTANT)
			assert(layout->values[i] >= LAYOUT_ABSENT);
	}
}

/* Data: the input once more, and zeroes. */
#define DATA_SIZE ((uint64_t)1 << 17)

struct memory {
	struct target target; /* first */
	const struct image *image;
};

static struct error *read_data(struct target *target, struct target_range *ranges, size_t count)
{
	const struct memory *memory = (const struct memory *)target;
	for (size_t i = 0; i < count; i++) {
		uint64_t offset = ranges[i].address - BASE;
		ranges[i].done = ranges[i].address >= BASE && offset <= DATA_SIZE &&
				 ranges[i].length <= DATA_SIZE - offset;
		if (!ranges[i].done)
			continue;
		size_t there = offset < INPUT_LIMIT ? MIN(ranges[i].length, INPUT_LIMIT - offset)
						    : 0;
		memset(ranges[i].into, 0, ranges[i].length);
		if (there)
			memcpy(ranges[i].into, memory->image->contents + offset, there);
	}
	return NULL;
}

static const struct target_operations operations = { .read_ranges = read_data };

static void parts_check(struct variables *variables, const struct variable *variable,
			const struct module *module)
{
	struct variable_part part;
	for (uint64_t offset = 0; offset < variable->size && offset < 64; offset += 8) {
		if (!variables_part(variables, variable->type, offset, &part))
			continue;
		assert(part.descriptor >= module->types && part.descriptor < module->types_end);
		assert(!part.pointer || part.offset == 0);
	}
}

static void variables_check(struct elf *elf, const struct image *image, size_t size)
{
	struct memory memory = { { &operations, (char *)(uintptr_t) "fuzz" }, image };
	struct module module = {
		.elf = elf,
		.types = BASE,
		.types_end = BASE + size,
		.data = BASE,
		.data_end = BASE + DATA_SIZE,
	};
	struct binary binary = { .target = &memory.target, .modules = &module, .module_count = 1 };
	_cleanup_(variables_cleanup) struct variables *variables = NULL;
	if (!error_ignore(layout_find("go1.26.8", ELF_AMD64, NULL, &binary.layout)) ||
	    !error_ignore(variables_open(&binary, &variables)))
		return;
	for (size_t i = 0; i < variables_count(variables); i++) {
		const struct variable *variable = variables_at(variables, i);
		assert(variable->size && variable->address + variable->size > variable->address);
		assert(!i || variables_at(variables, i - 1)->address < variable->address);
		assert(variables_find(variables, variable->address) == variable);
		assert(strlen(variable->name) < size);
		if (i < 64)
			parts_check(variables, variable, &module);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct image image;
	static struct layout first, again;
	_cleanup_(close_descriptor) int descriptor = memfd_create("fuzz", MFD_CLOEXEC);
	_cleanup_(elf_cleanup) struct elf *elf = NULL;

	if (size < 2 || size - 2 > INPUT_LIMIT || descriptor < 0)
		return 0;
	size_t abbreviations = MIN((size_t)data[0] | (size_t)data[1] << 8, size - 2);
	image_fill(&image, data + 2, size - 2, abbreviations);
	size_t length = offsetof(struct image, contents) + size - 2;
	if (write(descriptor, &image, length) != (ssize_t)length)
		return 0;
	if (!error_ignore(elf_open(descriptor, "fuzz", &elf)))
		return 0;
	bool readable = error_ignore(dwarf_layout(elf, NULL, &first));
	assert(readable == error_ignore(dwarf_layout(elf, NULL, &again)));
	if (readable) {
		layout_check(&first);
		assert(memcmp(&first, &again, sizeof(first)) == 0);
	}
	variables_check(elf, &image, size - 2);
	return 0;
}
