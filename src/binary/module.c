/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/module.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "binary/debuglink.h"
#include "binary/dwarf.h"
#include "binary/module_private.h"

/*
 * A process may hold several files with Go in them: the executable, plugins, shared objects. Each
 * has a moduledata; those of one runtime form a list that begins where the runtime is. A second
 * list is a second runtime, which knows nothing of the first (a c-shared library in a Go program,
 * or two of them in a C program): the one with the main executable is taken.
 */
#define OLDEST_MINOR 19

struct candidate {
	struct module module;
	struct module_facts facts;
	struct build_info build_info;
	struct layout layout;
	struct layout_match match;
	char *release;
	bool from_dwarf;
	bool taken;
};

DEFINE_VECTOR(candidate_vector, struct candidate);

static void candidate_deinit(struct candidate *candidate)
{
	pclntab_destroy(candidate->module.functions);
	elf_destroy(candidate->module.elf);
	elf_destroy(candidate->module.debug);
	build_info_deinit(&candidate->build_info);
	free(candidate->release);
}

static void candidates_deinit(struct candidate_vector *candidates)
{
	for (size_t i = 0; i < candidates->count; i++)
		candidate_deinit(&candidates->items[i]);
	candidate_vector_deinit(candidates);
}

/*
 * Where the table does not have this very release, debug information knows better: the program's
 * own, or what whoever saved the process had read in it.
 */
static void refine_layout(const struct target *target, struct candidate *candidate, struct elf *elf)
{
	const char *saved = target_fact(target, "layout");
	struct elf *debug = candidate->module.debug ? candidate->module.debug : elf;
	if (candidate->match.precision == LAYOUT_EXACT && !candidate->match.unknown_experiment)
		return;
	candidate->from_dwarf =
		(saved && layout_parse(saved, &candidate->layout)) ||
		error_ignore(dwarf_layout(debug, &candidate->layout, &candidate->layout));
}

static struct error *set_release(const struct target *target, struct candidate *candidate,
				 struct elf *elf, const char *release)
{
	if (layout_minor(release) >= 0 && layout_minor(release) < OLDEST_MINOR)
		return error_new(ERROR_UNSUPPORTED,
				 "%s: built by %s; dowse reads Go 1.%d and later", elf_name(elf),
				 release, OLDEST_MINOR);
	TRY(layout_find(release, elf_machine(elf), &candidate->match, &candidate->layout));
	char *copy = strdup(release);
	if (!copy)
		return error_no_memory();
	free(candidate->release);
	candidate->release = copy;
	refine_layout(target, candidate, elf);
	return NULL;
}

/*
 * Without build information the beginning of moduledata, which no release has changed since 1.18,
 * is enough to find the release in memory; then everything is read once more.
 */
static struct error *read_without_release(struct target *target, const struct loaded_file *file,
					  struct candidate *candidate)
{
	_cleanup_(free_pointer) char *release = NULL;
	struct module module = { 0 };
	struct module_facts facts = { 0 };
	char newest[16];
	size_t index = 0;
	while (layout_release(index + 1, &newest))
		index++;
	TRY(set_release(target, candidate, file->elf, layout_release(index, &newest)));
	candidate->layout.module_types = LAYOUT_ABSENT;
	candidate->layout.module_etypes = LAYOUT_ABSENT;
	candidate->layout.module_gofunc = LAYOUT_ABSENT;
	candidate->layout.module_textsectmap = LAYOUT_ABSENT;
	candidate->layout.module_next = LAYOUT_ABSENT;
	TRY(module_read(target, file, &candidate->layout, layout_minor(newest), &module, &facts));
	module.elf = file->elf;
	struct error *error = module_release_from_memory(target, &module, &release);
	pclntab_destroy(module.functions);
	TRY(error);
	return set_release(target, candidate, file->elf, release);
}

/* A file that was not stripped of its symbols needs none beside it. */
static void open_debug_file(struct target *target, struct elf *elf, struct elf **ret)
{
	char root[32] = "";
	if (elf_is_image(elf) || elf_find_section(elf, ".symtab"))
		return;
	if (target_pid(target) > 0)
		snprintf(root, sizeof(root), "/proc/%d/root", (int)target_pid(target));
	(void)error_ignore(debuglink_open(elf, root, ret));
}

/* `release` is that of the others in the process, NULL when none has said it. */
static struct error *read_candidate(struct target *target, const struct loaded_file *file,
				    const char *release, struct candidate *candidate)
{
	struct module *module = &candidate->module;
	open_debug_file(target, file->elf, &module->debug);
	if (candidate->build_info.release)
		release = candidate->build_info.release;
	if (release)
		TRY(set_release(target, candidate, file->elf, release));
	else
		TRY(read_without_release(target, file, candidate));
	struct elf *debug = module->debug;
	struct error *error = module_read(target, file, &candidate->layout,
					  layout_minor(candidate->release), module,
					  &candidate->facts);
	module->debug = debug;
	return error;
}

/* Takes over the file, and what is in candidate. */
static struct error *add_candidate(struct target *target, struct loaded_file *file,
				   struct candidate candidate, struct candidate_vector *candidates)
{
	const char *release = candidates->count > 0 ? candidates->items[0].release : NULL;
	struct error *error = read_candidate(target, file, release, &candidate);
	if (!error) {
		candidate.module.elf = TAKE_PTR(file->elf);
		error = candidate_vector_append(candidates, &candidate);
	}
	if (error)
		candidate_deinit(&candidate);
	return error;
}

/*
 * Keep what could be read, and the first reason why something could not. Files that say which
 * release made them come first: the plugins of old releases do not.
 */
static struct error *read_candidates(struct target *target, struct loaded_file_vector *files,
				     struct candidate_vector *candidates, struct error **ret_reason)
{
	for (size_t i = 0; i < files->count * 2; i++) {
		struct loaded_file *file = &files->items[i % files->count];
		struct candidate candidate = { 0 };
		if (!file->elf)
			continue;
		bool says = error_ignore(build_info_read(file->elf, &candidate.build_info)) &&
			    candidate.build_info.release;
		if (says != (i < files->count)) {
			candidate_deinit(&candidate);
			continue;
		}
		struct error *error = add_candidate(target, file, candidate, candidates);
		if (error && (error->code == ERROR_NO_MEMORY || error->code == ERROR_GONE))
			return error;
		if (!*ret_reason)
			*ret_reason = TAKE_PTR(error);
		error_destroy(error);
	}
	return NULL;
}

static struct candidate *candidate_at(struct candidate_vector *candidates, uint64_t moduledata)
{
	for (size_t i = 0; i < candidates->count; i++) {
		if (candidates->items[i].module.moduledata == moduledata)
			return &candidates->items[i];
	}
	return NULL;
}

/* The next one of a module's list that is not in it yet: a damaged list may be a circle. */
static struct candidate *next_of(struct candidate_vector *candidates, struct candidate *candidate)
{
	uint64_t next = candidate->module.next;
	struct candidate *found = next ? candidate_at(candidates, next) : NULL;
	return found && !found->taken ? found : NULL;
}

static bool is_head(struct candidate_vector *candidates, const struct candidate *candidate)
{
	for (size_t i = 0; i < candidates->count; i++) {
		if (candidates->items[i].module.next == candidate->module.moduledata)
			return false;
	}
	return true;
}

static bool has_runtime(const struct candidate *candidate)
{
	struct function function;
	return pclntab_find_named(candidate->module.functions, "runtime.schedinit", &function);
}

/* Whether the list that begins there has the program's main function. */
static bool leads_to_main(struct candidate_vector *candidates, struct candidate *head)
{
	struct candidate *at = head;
	for (size_t i = 0; at && i < candidates->count; i++) {
		if (at->facts.has_main)
			return true;
		at = next_of(candidates, at);
	}
	return false;
}

static struct candidate *choose_head(struct candidate_vector *candidates, size_t *ret_others)
{
	struct candidate *chosen = NULL;
	bool chosen_has_main = false;
	size_t runtimes = 0;
	for (size_t i = 0; i < candidates->count; i++) {
		struct candidate *candidate = &candidates->items[i];
		/* A plugin that is being loaded, or failed to, is no list of its own. */
		if (!is_head(candidates, candidate) || !has_runtime(candidate))
			continue;
		runtimes++;
		bool has_main = leads_to_main(candidates, candidate);
		if (!chosen || (has_main && !chosen_has_main)) {
			chosen = candidate;
			chosen_has_main = has_main;
		}
	}
	*ret_others = runtimes > 0 ? runtimes - 1 : 0;
	return chosen ? chosen : &candidates->items[0];
}

static struct error *set_layout(struct binary *binary, struct candidate *head)
{
	binary->layout = head->layout;
	binary->layout_source = head->from_dwarf                          ? LAYOUT_FROM_DWARF
				: head->match.precision == LAYOUT_NEAREST ? LAYOUT_FROM_NEAREST
									  : LAYOUT_FROM_TABLE;
	binary->layout_release = strdup(head->match.release);
	if (!binary->layout_release)
		return error_no_memory();
	return NULL;
}

/* What the executable is, its main module says: with -buildmode=shared that is not the head. */
static void take_build_info(struct binary *binary, struct candidate *candidate)
{
	build_info_deinit(&binary->build_info);
	binary->build_info = candidate->build_info;
	candidate->build_info = (struct build_info){ 0 };
}

static struct error *take_modules(struct binary *binary, struct candidate_vector *candidates)
{
	struct candidate *head = choose_head(candidates, &binary->other_runtimes);
	binary->modules = calloc(candidates->count, sizeof(*binary->modules));
	if (!binary->modules)
		return error_no_memory();
	TRY(set_layout(binary, head));
	binary->release = TAKE_PTR(head->release);
	binary->minor = layout_minor(binary->release);
	for (struct candidate *at = head; at; at = next_of(candidates, at)) {
		at->taken = true;
		binary->modules[binary->module_count++] = at->module;
		at->module = (struct module){ .next = at->module.next };
		if (at == head || at->facts.has_main)
			take_build_info(binary, at);
	}
	return NULL;
}

/* What gccgo builds has the runtime of libgo, and this section, stripped or not. */
static bool is_gccgo(struct target *target)
{
	const struct target_mapping *mappings = NULL;
	size_t count = 0;
	if (!error_ignore(target_mappings(target, &mappings, &count)))
		return false;
	for (size_t i = 0; i < count; i++) {
		_cleanup_(close_descriptor) int descriptor = -1;
		_cleanup_(elf_cleanup) struct elf *elf = NULL;
		if (!mappings[i].inode || mappings[i].offset ||
		    !error_ignore(target_open_file(target, &mappings[i], &descriptor)) ||
		    !error_ignore(elf_open(descriptor, mappings[i].path, &elf)))
			continue;
		if (elf_find_section(elf, ".go_export"))
			return true;
	}
	return false;
}

static struct error *not_go(struct target *target)
{
	if (is_gccgo(target))
		return error_new(ERROR_NOT_GO,
				 "%s was built by gccgo, whose runtime dowse does not read: it "
				 "reads programs that Go's own compiler has built",
				 target_name(target));
	return error_new(ERROR_NOT_GO, "%s is not a Go program", target_name(target));
}

static struct error *open_files(struct target *target, struct loaded_file_vector *files,
				struct candidate_vector *candidates, struct binary **ret)
{
	_cleanup_(error_cleanup) struct error *reason = NULL;
	TRY(read_candidates(target, files, candidates, &reason));
	if (candidates->count == 0)
		return reason ? TAKE_PTR(reason) : not_go(target);
	_cleanup_(binary_cleanup) struct binary *binary = calloc(1, sizeof(*binary));
	if (!binary)
		return error_no_memory();
	binary->target = target;
	TRY(take_modules(binary, candidates));
	*ret = TAKE_PTR(binary);
	return NULL;
}

struct error *binary_open(struct target *target, struct binary **ret)
{
	struct loaded_file_vector files = { 0 };
	struct candidate_vector candidates = { 0 };
	TRY(loaded_files_find(target, &files));
	struct error *error = open_files(target, &files, &candidates, ret);
	candidates_deinit(&candidates);
	loaded_files_deinit(&files);
	return error;
}

void binary_borrow_debug(struct binary *binary, const struct binary *lender)
{
	if (!binary->module_count || !lender->module_count)
		return;
	struct module *module = &binary->modules[0];
	const struct module *other = &lender->modules[0];
	struct elf *debug = other->debug ? other->debug : other->elf;
	if (module->debug || !debug || module->moduledata != other->moduledata ||
	    module->text != other->text || module->bias != other->bias)
		return;
	module->debug = debug;
	module->debug_is_lent = true;
}

void binary_destroy(struct binary *binary)
{
	if (!binary)
		return;
	for (size_t i = 0; i < binary->module_count; i++) {
		pclntab_destroy(binary->modules[i].functions);
		elf_destroy(binary->modules[i].elf);
		if (!binary->modules[i].debug_is_lent)
			elf_destroy(binary->modules[i].debug);
	}
	free(binary->modules);
	build_info_deinit(&binary->build_info);
	free(binary->release);
	free(binary->layout_release);
	free(binary);
}

const struct module *binary_module(const struct binary *binary, uint64_t pc)
{
	for (size_t i = 0; i < binary->module_count; i++) {
		const struct module *module = &binary->modules[i];
		if (pc >= module->text && pc < module->text_end)
			return module;
	}
	return NULL;
}

bool binary_function(const struct binary *binary, uint64_t pc, struct function *ret)
{
	const struct module *module = binary_module(binary, pc);
	return module && pclntab_find(module->functions, pc, ret);
}

static bool is_read_only(const struct elf *elf, uint64_t address)
{
	size_t count = 0;
	const struct elf_segment *segments = elf_segments(elf, &count);
	for (size_t i = 0; i < count; i++) {
		if (segments[i].type == PT_LOAD && address >= segments[i].address &&
		    address - segments[i].address < segments[i].memory_size)
			return !(segments[i].flags & PF_W);
	}
	return false;
}

const uint8_t *binary_bytes_at(const struct binary *binary, uint64_t address, size_t size)
{
	for (size_t i = 0; i < binary->module_count; i++) {
		const struct module *module = &binary->modules[i];
		uint64_t inside = address - module->bias;
		const uint8_t *bytes = elf_bytes_at(module->elf, inside, size);
		if (bytes && is_read_only(module->elf, inside))
			return bytes;
	}
	return NULL;
}

struct error *binary_find_symbols(const struct binary *binary, struct elf_symbol *symbols,
				  size_t count)
{
	if (binary->module_count == 0)
		return NULL;
	/* The runtime is in the first. */
	const struct module *module = &binary->modules[0];
	TRY(elf_find_symbols(module->debug ? module->debug : module->elf, symbols, count));
	for (size_t i = 0; i < count; i++) {
		if (symbols[i].found)
			symbols[i].address += module->bias;
	}
	return NULL;
}
