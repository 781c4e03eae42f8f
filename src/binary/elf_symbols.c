/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "binary/elf_private.h"

/*
 * Symbols are found in one pass over the table, since half a million of them is nothing unusual:
 * the names that are looked for are hashed, and a symbol's name is hashed only when it is no
 * longer than the longest of those.
 */
struct wanted {
	struct elf_symbol *symbols;
	size_t count;
	size_t longest;
	size_t missing;
	struct map by_hash; /* hash of a name -> index of the first symbol with that hash */
};

static uint64_t name_hash(const char *name, size_t length)
{
	uint64_t hash = hash_bytes(name, length);
	return hash == UINT64_MAX ? 0 : hash;
}

static struct error *wanted_init(struct wanted *wanted, struct elf_symbol *symbols, size_t count)
{
	wanted->symbols = symbols;
	wanted->count = count;
	wanted->missing = count;
	for (size_t i = 0; i < count; i++) {
		symbols[i].found = false;
		size_t length = strlen(symbols[i].name);
		wanted->longest = MAX(wanted->longest, length);
		struct map_slot *slot = NULL;
		TRY(map_insert(&wanted->by_hash, name_hash(symbols[i].name, length), i, &slot));
	}
	return NULL;
}

static void wanted_match(struct wanted *wanted, const char *name, size_t length,
			 const Elf64_Sym *symbol)
{
	struct map_slot *slot = map_find(&wanted->by_hash, name_hash(name, length));
	if (!slot)
		return;
	/* The same name may be asked for twice: from the first with this hash on. */
	for (size_t i = (size_t)slot->value; i < wanted->count; i++) {
		struct elf_symbol *candidate = &wanted->symbols[i];
		if (candidate->found || strcmp(candidate->name, name) != 0)
			continue;
		candidate->found = true;
		candidate->address = symbol->st_value;
		candidate->size = symbol->st_size;
		wanted->missing--;
	}
}

static void match_all(struct wanted *wanted, const uint8_t *bytes, size_t size, const char *strings,
		      size_t strings_size)
{
	for (size_t at = 0; wanted->missing > 0 && size - at >= sizeof(Elf64_Sym);
	     at += sizeof(Elf64_Sym)) {
		Elf64_Sym symbol;
		memcpy(&symbol, bytes + at, sizeof(symbol));
		if (symbol.st_shndx == SHN_UNDEF || symbol.st_name == 0 ||
		    symbol.st_name >= strings_size)
			continue;
		const char *name = strings + symbol.st_name;
		size_t room = MIN(strings_size - symbol.st_name, wanted->longest + 1);
		const char *end = memchr(name, 0, room);
		if (end)
			wanted_match(wanted, name, (size_t)(end - name), &symbol);
	}
}

struct error *elf_find_symbols(struct elf *elf, struct elf_symbol *symbols, size_t count)
{
	for (size_t i = 0; i < count; i++)
		symbols[i].found = false;
	const struct elf_section *table = elf_find_section(elf, ".symtab");
	if (!table || table->link >= elf->section_count)
		return NULL;
	const uint8_t *bytes = NULL, *strings = NULL;
	size_t size = 0, strings_size = 0;
	/* A damaged symbol table is as good as none. */
	if (!error_ignore(elf_section_bytes(elf, table, &bytes, &size)) ||
	    !error_ignore(
		    elf_section_bytes(elf, &elf->sections[table->link], &strings, &strings_size)))
		return NULL;

	struct wanted wanted = { 0 };
	struct error *error = wanted_init(&wanted, symbols, count);
	if (!error)
		match_all(&wanted, bytes, size, (const char *)strings, strings_size);
	map_deinit(&wanted.by_hash);
	return error;
}
