/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "binary/code.h"
#include "binary/module_private.h"

/*
 * runtime.firstmoduledata, and its like in plugins, begins with the address of the table of
 * functions: it is the one aligned word of writable data that equals it, after relocation, so it
 * is searched in memory. That nothing else happened to hold that word is proved by the members
 * that repeat what the table's own header says.
 */
#define PCLNTAB_COUNT_OFFSET 8
#define PCLNTAB_NAMES_OFFSET 32
#define PCLNTAB_HEADER_SIZE  72
#define SCAN_PIECE           ((size_t)256 << 10)
/* Of one file, for all its candidates: damaged headers claim more than there is, again and again. */
#define SCAN_MAX          ((uint64_t)4 << 30)
#define TEXT_SECTIONS_MAX 4096
#define MODULE_SIZE_MAX   4096

struct finding {
	struct target *target;
	const struct loaded_file *file;
	const struct layout *layout;
	int minor;
	struct pclntab_place place;
	uint8_t bytes[MODULE_SIZE_MAX]; /* moduledata as it lies in memory */
	struct module module;
	bool found;
	uint64_t scanned; /* bytes */
};

static uint64_t member(const struct finding *finding, int32_t offset)
{
	uint64_t value = 0;
	if (offset >= 0 && (size_t)offset + sizeof(value) <= sizeof(finding->bytes))
		memcpy(&value, finding->bytes + offset, sizeof(value));
	return value;
}

static uint64_t header_word(const struct finding *finding, size_t offset)
{
	uint64_t value = 0;
	memcpy(&value, finding->place.bytes + offset, sizeof(value));
	return value;
}

static bool lies_in_code(const struct finding *finding, uint64_t start, uint64_t end)
{
	size_t count = 0;
	const struct elf_segment *segments = elf_segments(finding->file->elf, &count);
	for (size_t i = 0; i < count; i++) {
		uint64_t low = segments[i].address + finding->file->bias;
		if (segments[i].type == PT_LOAD && (segments[i].flags & PF_X) && start >= low &&
		    end <= low + segments[i].memory_size)
			return true;
	}
	return false;
}

/* A runtime.bitvector: a number of bits, and where they lie. */
static struct module_mask mask(const struct finding *finding, int32_t offset)
{
	struct module_mask mask = { 0 };
	if (!layout_has(offset))
		return mask;
	int32_t words = (int32_t)member(finding, offset);
	mask.words = (uint64_t)MAX(words, 0);
	mask.bits = member(finding, offset + 8);
	return mask;
}

static struct module decode(const struct finding *finding)
{
	const struct layout *layout = finding->layout;
	return (struct module){
		.bias = finding->file->bias,
		.pclntab_address = finding->place.address + finding->file->bias,
		.text = member(finding, layout->module_text),
		.text_end = member(finding, layout->module_etext),
		.noptrdata = member(finding, layout->module_noptrdata),
		.noptrdata_end = member(finding, layout->module_enoptrdata),
		.data = member(finding, layout->module_data),
		.data_end = member(finding, layout->module_edata),
		.bss = member(finding, layout->module_bss),
		.bss_end = member(finding, layout->module_ebss),
		.noptrbss = member(finding, layout->module_noptrbss),
		.noptrbss_end = member(finding, layout->module_enoptrbss),
		.types = member(finding, layout->module_types),
		.types_end = member(finding, layout->module_etypes),
		.rodata = member(finding, layout->module_rodata),
		.gofunc = member(finding, layout->module_gofunc),
		.data_mask = mask(finding, layout->module_gcdatamask),
		.bss_mask = mask(finding, layout->module_gcbssmask),
		.next = member(finding, layout->module_next),
	};
}

/* The slices of moduledata repeat the header's offsets and counts. */
static bool agrees_with_table(const struct finding *finding)
{
	const struct layout *layout = finding->layout;
	uint64_t table = finding->place.address + finding->file->bias;
	return member(finding, layout->module_pc_header) == table &&
	       member(finding, layout->module_funcnametab) ==
		       table + header_word(finding, PCLNTAB_NAMES_OFFSET) &&
	       member(finding, layout->module_ftab + 8) ==
		       header_word(finding, PCLNTAB_COUNT_OFFSET) + 1;
}

static bool is_plausible(const struct finding *finding, const struct module *module)
{
	return module->text <= module->text_end &&
	       lies_in_code(finding, module->text, module->text_end) &&
	       module->noptrdata <= module->noptrdata_end && module->data <= module->data_end &&
	       module->bss <= module->bss_end && module->noptrbss <= module->noptrbss_end &&
	       module->types <= module->types_end;
}

static void try_address(struct finding *finding, uint64_t address)
{
	size_t size = MIN((size_t)MAX(finding->layout->module_size, 0), sizeof(finding->bytes));
	if (!error_ignore(target_read(finding->target, address, finding->bytes, size)) ||
	    !agrees_with_table(finding))
		return;
	struct module module = decode(finding);
	if (!is_plausible(finding, &module))
		return;
	module.moduledata = address;
	finding->module = module;
	finding->found = true;
}

/* Look for the table's address in [address, address + size) of the process. */
static struct error *scan(struct finding *finding, uint64_t address, uint64_t size)
{
	uint64_t wanted = finding->place.address + finding->file->bias;
	_cleanup_(free_pointer) uint8_t *piece = malloc(SCAN_PIECE);
	if (!piece)
		return error_no_memory();
	uint64_t at = (address + 7) & ~(uint64_t)7;
	uint64_t end = (address + size) & ~(uint64_t)7;
	while (at < end && !finding->found && finding->scanned < SCAN_MAX) {
		size_t length = (size_t)MIN(end - at, SCAN_PIECE);
		finding->scanned += length;
		struct target_range range = { .address = at, .length = length, .into = piece };
		TRY(target_read_ranges(finding->target, &range, 1));
		for (size_t i = 0; range.done && i < length && !finding->found; i += 8) {
			uint64_t word;
			memcpy(&word, piece + i, sizeof(word));
			if (word == wanted)
				try_address(finding, at + i);
		}
		at += length;
	}
	return NULL;
}

/* The sections where linkers are known to put it, then all writable data. */
static struct error *scan_file(struct finding *finding)
{
	static const char *const names[] = { ".go.module", ".noptrdata", ".data", ".data.rel.ro" };
	const struct elf *elf = finding->file->elf;
	for (size_t i = 0; i < ARRAY_SIZE(names) && !finding->found; i++) {
		const struct elf_section *section = elf_find_section(elf, names[i]);
		if (section)
			TRY(scan(finding, section->address + finding->file->bias, section->size));
	}
	size_t count = 0;
	const struct elf_segment *segments = elf_segments(elf, &count);
	for (size_t i = 0; i < count && !finding->found; i++) {
		if (segments[i].type == PT_LOAD && (segments[i].flags & PF_W))
			TRY(scan(finding, segments[i].address + finding->file->bias,
				 segments[i].file_size));
	}
	return NULL;
}

static struct error *read_text_sections(struct finding *finding, struct pclntab_text_section **ret,
					size_t *ret_count)
{
	int32_t offset = finding->layout->module_textsectmap;
	uint64_t count = layout_has(offset) ? member(finding, offset + 8) : 0;
	if (count < 2)
		return NULL;
	if (count > TEXT_SECTIONS_MAX)
		return error_new(ERROR_CORRUPT, "%s: has %" PRIu64 " pieces of text",
				 elf_name(finding->file->elf), count);
	_cleanup_(free_pointer) struct pclntab_text_section *sections = calloc((size_t)count,
									       sizeof(*sections));
	if (!sections)
		return error_no_memory();
	/* runtime.textsect is three words, as is ours: where it begins, ends, and was moved to. */
	TRY(target_read(finding->target, member(finding, offset), sections,
			(size_t)count * sizeof(*sections)));
	*ret = TAKE_PTR(sections);
	*ret_count = (size_t)count;
	return NULL;
}

static struct error *open_table(struct finding *finding, struct pclntab **ret)
{
	const struct elf *elf = finding->file->elf;
	const struct module *module = &finding->module;
	_cleanup_(free_pointer) struct pclntab_text_section *sections = NULL;
	struct pclntab_options options = {
		.bytes = finding->place.bytes,
		.size = finding->place.size,
		.address = module->pclntab_address,
		.name = elf_name(elf),
		.text = module->text,
		.text_end = module->text_end,
		.minor = finding->minor,
		.gofunc_size = elf_bytes_left(elf, module->gofunc - module->bias),
		.gofunc_address = module->gofunc,
	};
	options.gofunc = elf_bytes_at(elf, module->gofunc - module->bias, options.gofunc_size);
	TRY(read_text_sections(finding, &sections, &options.text_section_count));
	options.text_sections = sections;
	return pclntab_open(&options, ret);
}

/* One candidate for the table: look for the moduledata that belongs to it. */
static struct error *try_place(struct finding *finding, struct module *ret,
			       struct module_facts *ret_facts)
{
	if (finding->place.size < PCLNTAB_HEADER_SIZE)
		return NULL;
	TRY(scan_file(finding));
	if (!finding->found)
		return NULL;
	TRY(open_table(finding, &finding->module.functions));
	int32_t has_main = finding->layout->module_hasmain;
	ret_facts->has_main = layout_has(has_main) && (size_t)has_main < sizeof(finding->bytes) &&
			      finding->bytes[has_main] == 1;
	*ret = finding->module;
	return NULL;
}

struct error *module_read(struct target *target, const struct loaded_file *file,
			  const struct layout *layout, int minor, struct module *ret,
			  struct module_facts *ret_facts)
{
	struct pclntab_search search = { .elf = file->elf };
	struct finding finding = {
		.target = target,
		.file = file,
		.layout = layout,
		.minor = minor,
	};
	while (!finding.found && finding.scanned < SCAN_MAX &&
	       pclntab_search_next(&search, &finding.place))
		TRY(try_place(&finding, ret, ret_facts));
	if (!finding.found)
		return error_new(
			ERROR_NOT_FOUND,
			"%s: no moduledata was found that agrees with its table of functions",
			elf_name(file->elf));
	return NULL;
}

/* A Go string in memory that names a release; NULL when it is none. */
static char *read_release(struct target *target, uint64_t address)
{
	uint64_t words[2];
	char text[128];
	if (!error_ignore(target_read(target, address, words, sizeof(words))) ||
	    words[1] < strlen("go1.0") || words[1] >= sizeof(text) ||
	    !error_ignore(target_read(target, words[0], text, (size_t)words[1])))
		return NULL;
	text[words[1]] = '\0';
	bool good = strlen(text) == words[1] && layout_minor(text) > 0;
	return good ? strdup(text) : NULL;
}

/* runtime.schedinit looks at runtime.buildVersion. */
struct error *module_release_from_memory(struct target *target, const struct module *module,
					 char **ret)
{
	struct function function;
	struct module modules[1] = { *module };
	const struct binary binary = { .target = target, .modules = modules, .module_count = 1 };
	uint64_t references[64];
	size_t count = 0;
	if (!pclntab_find_named(module->functions, "runtime.schedinit", &function))
		return error_new(ERROR_NOT_FOUND, "%s: has no runtime of Go",
				 elf_name(module->elf));
	/* gcc puts .data before .noptrdata. */
	TRY(code_data_references(&binary, &function, MIN(module->data, module->noptrdata),
				 module->noptrbss_end, references, ARRAY_SIZE(references), &count));
	for (size_t i = 0; i < count; i++) {
		char *release = read_release(target, references[i]);
		if (release) {
			*ret = release;
			return NULL;
		}
	}
	return error_new(ERROR_NOT_FOUND, "%s: does not say which release of Go built it",
			 elf_name(module->elf));
}
