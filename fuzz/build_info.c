/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as the build information of a well-formed executable. What is handed out is text that
 * ends, and every setting is found again by its key.
 */
#include <assert.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "binary/build_info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ADDRESS     0x400000
#define DATA_OFFSET 128

/* One segment, writable, that has it all: the headers, then the magic, then the input. */
static uint8_t *make_image(const uint8_t *data, size_t size, size_t *ret_size)
{
	static const char magic[] = "\xff Go buildinf:\x08";
	size_t total = DATA_OFFSET + 15 + size;
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_phoff = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	};
	Elf64_Phdr segment = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W,
		.p_vaddr = ADDRESS,
		.p_filesz = total,
		.p_memsz = total,
	};
	uint8_t *image = calloc(1, total);
	if (!image)
		return NULL;
	memcpy(image, &header, sizeof(header));
	memcpy(image + sizeof(header), &segment, sizeof(segment));
	memcpy(image + DATA_OFFSET, magic, 15);
	if (size > 0)
		memcpy(image + DATA_OFFSET + 15, data, size);
	*ret_size = total;
	return image;
}

static size_t length_of(const char *text)
{
	return text ? strlen(text) : 0;
}

static void check(const struct build_info *info, size_t size)
{
	size_t total = length_of(info->release) + length_of(info->path) +
		       length_of(info->main.replaced_by);
	for (size_t i = 0; i < info->module_count; i++)
		total += strlen(info->modules[i].path) + strlen(info->modules[i].version) +
			 strlen(info->modules[i].sum) + length_of(info->modules[i].replaced_by);
	for (size_t i = 0; i < info->setting_count; i++) {
		total += strlen(info->settings[i].key) + strlen(info->settings[i].value);
		assert(build_info_setting(info, info->settings[i].key));
	}
	/* Nothing grows: what is unquoted gets shorter. Replacements gain a space. */
	assert(total <= size + info->module_count + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(elf_cleanup) struct elf *elf = NULL;
	struct build_info info = { 0 };
	size_t image_size = 0;
	uint8_t *image = make_image(data, size, &image_size);
	if (!image || !error_ignore(elf_open_image(image, image_size, "fuzz", &elf)))
		return 0;
	if (error_ignore(build_info_read(elf, &info))) {
		check(&info, image_size);
		build_info_deinit(&info);
	}
	return 0;
}
