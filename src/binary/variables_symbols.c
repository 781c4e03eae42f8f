/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <string.h>

#include "binary/variables_private.h"

#define NAME_LIMIT 4096

/* The linker's marks of where its sections begin have no size. */
static bool is_data(const struct module *module, uint64_t address, uint64_t size)
{
	const uint64_t ranges[][2] = {
		{ module->noptrdata, module->noptrdata_end },
		{ module->data, module->data_end },
		{ module->bss, module->bss_end },
		{ module->noptrbss, module->noptrbss_end },
	};
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		if (address >= ranges[i][0] && address < ranges[i][1])
			return size > 0 && size <= ranges[i][1] - address;
	}
	return false;
}

static struct error *add_all(struct variables *variables, const struct module *module,
			     const uint8_t *bytes, size_t size, const char *strings,
			     size_t strings_size)
{
	for (size_t at = 0; size - at >= sizeof(Elf64_Sym); at += sizeof(Elf64_Sym)) {
		Elf64_Sym symbol;
		memcpy(&symbol, bytes + at, sizeof(symbol));
		unsigned type = ELF64_ST_TYPE(symbol.st_info);
		struct variable variable = {
			.address = symbol.st_value + module->bias,
			.size = symbol.st_size,
		};
		if (symbol.st_shndx == SHN_UNDEF || symbol.st_name == 0 ||
		    symbol.st_name >= strings_size || (type != STT_OBJECT && type != STT_NOTYPE) ||
		    !is_data(module, variable.address, variable.size))
			continue;
		variable.name = strings + symbol.st_name;
		if (memchr(variable.name, 0, MIN(strings_size - symbol.st_name, NAME_LIMIT)))
			TRY(variable_vector_append(&variables->list, &variable));
	}
	return NULL;
}

struct error *variables_add_symbols(struct variables *variables, const struct module *module,
				    struct elf *elf)
{
	size_t section_count = 0;
	const struct elf_section *sections = elf_sections(elf, &section_count);
	const struct elf_section *table = elf_find_section(elf, ".symtab");
	const uint8_t *bytes = NULL, *strings = NULL;
	size_t size = 0, strings_size = 0;
	if (!table)
		return NULL;
	if (table->link >= section_count ||
	    !error_ignore(elf_section_bytes(elf, table, &bytes, &size)) ||
	    !error_ignore(
		    elf_section_bytes(elf, &sections[table->link], &strings, &strings_size))) {
		variables->problem = "the table of symbols is damaged";
		return NULL;
	}
	return add_all(variables, module, bytes, size, (const char *)strings, strings_size);
}
