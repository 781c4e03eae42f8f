/* SPDX-License-Identifier: Apache-2.0 */

/*
 * describe PID: what the library says of a process's executable, one fact a line, for
 * test_truth.py to compare with what the process and Go's own tools say.
 *
 *	release, module, build ...	facts
 *	function ENTRY END START-LINE FUNC-ID NAME
 *	pc PC|FUNCTION|FILE|LINE[|FUNCTION|FILE|LINE...]	innermost first
 *	type ADDRESS ...		for every address that standard input has behind "t"
 *	debug PATH			the separate file under the root behind "D"; "none"
 *	symbol NAME ADDRESS		for every name behind "s"; "none" where there is none
 *
 * Program counters are asked for on standard input, in hexadecimal; "*" stands for some in every
 * function.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "binary/debuglink.h"
#include "binary/module.h"
#include "binary/type.h"
#include "target/process.h"

static void describe_build(const struct build_info *info)
{
	printf("path\t%s\n", info->path ? info->path : "");
	if (info->main.path)
		printf("mod\t%s\t%s\t%s\n", info->main.path, info->main.version, info->main.sum);
	for (size_t i = 0; i < info->module_count; i++)
		printf("dep\t%s\t%s\t%s\n", info->modules[i].path, info->modules[i].version,
		       info->modules[i].sum);
	for (size_t i = 0; i < info->setting_count; i++)
		printf("build\t%s=%s\n", info->settings[i].key, info->settings[i].value);
}

static void describe_module(const struct module *module)
{
	printf("module\t%s\t%" PRIx64 "\t%" PRIx64 "\t%" PRIx64 "\t%zu\n", elf_name(module->elf),
	       module->bias, module->text, module->text_end,
	       pclntab_function_count(module->functions));
	for (size_t i = 0; i < pclntab_function_count(module->functions); i++) {
		struct function function;
		if (!pclntab_function_at(module->functions, i, &function)) {
			printf("damaged\t%zu\n", i);
			continue;
		}
		printf("function\t%" PRIx64 "\t%" PRIx64 "\t%" PRIx64 "\t%d\t%u\t%s\n",
		       function.entry, function.end, module->bias, function.start_line,
		       function.func_id, function.name);
	}
}

static void describe_pc(const struct binary *binary, uint64_t pc)
{
	struct function function;
	struct function_line lines[FUNCTION_LINES_MAX];
	printf("pc\t%" PRIx64, pc);
	if (binary_function(binary, pc, &function)) {
		size_t count = function_lines(&function, pc, lines);
		for (size_t i = 0; i < count; i++)
			printf("|%s|%s|%d|%d", lines[i].function, lines[i].file, lines[i].line,
			       lines[i].start_line);
		printf("|%" PRIx64, function.entry);
	}
	printf("\n");
}

/*
 * Its ends, and some in between: odd steps, so that they fall everywhere in instructions. The
 * last byte of all is left out: asked for a return address behind it, the runtime takes the
 * function that follows.
 */
static void describe_everywhere(const struct binary *binary, const struct module *module)
{
	for (size_t i = 0; i < pclntab_function_count(module->functions); i++) {
		struct function function;
		if (!pclntab_function_at(module->functions, i, &function))
			continue;
		uint64_t step = MAX((function.end - function.entry) / 5 | 1, 7);
		for (uint64_t pc = function.entry; pc + 1 < function.end; pc += step)
			describe_pc(binary, pc);
		if (function.end - function.entry >= 2)
			describe_pc(binary, function.end - 2);
	}
}

static struct error *describe_type(const struct binary *binary, uint64_t address)
{
	struct type type, part;
	char name[4096], package[1024];
	TRY(type_read(binary, address, &type));
	TRY(type_name(binary, address, name, sizeof(name)));
	TRY(type_package(binary, address, package, sizeof(package)));
	printf("type\t%" PRIx64 "\t%s\t%d\t%s\t%s\t%" PRIu64, address, name, type.named,
	       type.named ? package : "", type_kind_name(type.kind), type.size);
	if (type.element) {
		TRY(type_name(binary, type.element, name, sizeof(name)));
		printf("\telem=%s", name);
	}
	if (type.key) {
		TRY(type_name(binary, type.key, name, sizeof(name)));
		printf("\tkey=%s", name);
	}
	if (type.kind == TYPE_ARRAY)
		printf("\tlength=%" PRIu64, type.length);
	for (size_t i = 0; type.kind == TYPE_STRUCT && i < type.count; i++) {
		struct type_field field;
		TRY(type_field(binary, &type, i, &field));
		TRY(type_read(binary, field.type, &part));
		TRY(type_name(binary, field.type, name, sizeof(name)));
		printf("\t%s,%s,%" PRIu64 ",%s", field.name, name, field.offset,
		       field.embedded ? "true" : "false");
	}
	printf("\n");
	return NULL;
}

static struct error *describe_types(const struct binary *binary)
{
	for (size_t i = 0; i < binary->module_count; i++) {
		struct u64_vector types = { 0 };
		TRY(type_list(binary, &binary->modules[i], &types));
		for (size_t j = 0; j < types.count; j++) {
			char name[4096];
			TRY(type_name(binary, types.items[j], name, sizeof(name)));
			printf("listed\t%" PRIx64 "\t%s\n", types.items[j], name);
		}
		u64_vector_deinit(&types);
	}
	return NULL;
}

static struct error *describe_symbol(const struct binary *binary, char *name)
{
	name[strcspn(name, "\n")] = '\0';
	struct elf_symbol symbol = { .name = name };
	TRY(binary_find_symbols(binary, &symbol, 1));
	if (symbol.found)
		printf("symbol\t%s\t%" PRIx64 "\n", name, symbol.address);
	else
		printf("symbol\t%s\tnone\n", name);
	return NULL;
}

static void describe_debug(const struct binary *binary, char *root)
{
	root[strcspn(root, "\n")] = '\0';
	_cleanup_(elf_cleanup) struct elf *debug = NULL;
	bool found = error_ignore(debuglink_open(binary->modules[0].elf, root, &debug));
	printf("debug\t%s\n", found ? elf_name(debug) : "none");
}

static struct error *answer(const struct binary *binary)
{
	char line[1024];
	while (fgets(line, sizeof(line), stdin)) {
		if (line[0] == '*') {
			for (size_t i = 0; i < binary->module_count; i++)
				describe_everywhere(binary, &binary->modules[i]);
		} else if (line[0] == 'T') {
			TRY(describe_types(binary));
		} else if (line[0] == 'D') {
			describe_debug(binary, line + 2);
		} else if (line[0] == 's') {
			TRY(describe_symbol(binary, line + 2));
		} else if (line[0] == 't') {
			TRY(describe_type(binary, strtoull(line + 1, NULL, 16)));
		} else {
			describe_pc(binary, strtoull(line, NULL, 16));
		}
	}
	return NULL;
}

static struct error *describe(pid_t pid)
{
	_cleanup_(target_cleanup) struct target *target = NULL;
	_cleanup_(binary_cleanup) struct binary *binary = NULL;
	TRY(process_open(pid, &target));
	TRY(binary_open(target, &binary));
	printf("release\t%s\t%d\n", binary->release, binary->minor);
	printf("layout\t%d\t%s\n", (int)binary->layout_source, binary->layout_release);
	printf("id\t%s\t%s\n", elf_go_build_id(binary->modules[0].elf),
	       elf_build_id(binary->modules[0].elf));
	printf("runtimes\t%zu\n", binary->other_runtimes + 1);
	describe_build(&binary->build_info);
	for (size_t i = 0; i < binary->module_count; i++)
		describe_module(&binary->modules[i]);
	return answer(binary);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s PID\n", argv[0]);
		return 2;
	}
	struct error *error = describe((pid_t)strtol(argv[1], NULL, 10));
	if (error) {
		fprintf(stderr, "%s\n", error->message);
		error_destroy(error);
		return 1;
	}
	return 0;
}
