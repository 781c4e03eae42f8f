/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as debug information. An input is the length of .debug_abbrev in two bytes, that many
 * bytes of it (which are .debug_str, too), and .debug_info. What is read is the same each time, and
 * no offset, size or count is negative.
 */
#include <assert.h>
#include <elf.h>
#include <string.h>
#include <sys/mman.h>

#include "binary/dwarf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_LIMIT ((size_t)1 << 16)

/* The names are at 1, 15, 27 and 38. */
static const char section_names[] = "\0.debug_abbrev\0.debug_info\0.debug_str\0.shstrtab";

struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	Elf64_Shdr sections[5];
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
	image->segment = (Elf64_Phdr){ .p_type = PT_LOAD, .p_vaddr = 0x400000 };
	image->sections[1] = section(1, SHT_PROGBITS, contents, abbreviations);
	image->sections[2] = section(15, SHT_PROGBITS, contents + abbreviations,
				     size - abbreviations);
	image->sections[3] = section(27, SHT_PROGBITS, contents, abbreviations);
	image->sections[4] = section(38, SHT_STRTAB, offsetof(struct image, names),
				     sizeof(section_names));
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
	return 0;
}
