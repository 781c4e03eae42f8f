/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as a module's types, and as its moduledata before them. The first byte chooses the
 * release, the second whether they are read from the file (1) or from memory. What is listed lies
 * in the module, once, in order; every name ends. What the heap makes of them has its pointers where
 * the collector would look for them: by rising addresses, each inside of its element.
 */
#include <assert.h>
#include <elf.h>
#include <string.h>

#include "binary/type.h"
#include "heap/types.h"
#include "runtime/runtime_private.h"
#include "target/operations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE      UINT64_C(0x400000)
#define HEAD      (sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr))
#define TYPES_MAX 512

struct memory {
	struct target target; /* first */
	const uint8_t *bytes;
	size_t size;
};

static struct error *read_ranges(struct target *target, struct target_range *ranges, size_t count)
{
	const struct memory *memory = (const struct memory *)target;
	for (size_t i = 0; i < count; i++) {
		uint64_t offset = ranges[i].address - BASE;
		ranges[i].done = ranges[i].address >= BASE && offset <= memory->size &&
				 ranges[i].length <= memory->size - offset;
		if (ranges[i].done && ranges[i].length)
			memcpy(ranges[i].into, memory->bytes + offset, ranges[i].length);
	}
	return NULL;
}

static const struct target_operations operations = { .read_ranges = read_ranges };

/* An image of one segment: the bytes with headers before them. */
static uint8_t *make_image(const uint8_t *data, size_t size, uint32_t flags)
{
	uint8_t *image = calloc(1, HEAD + size);
	const Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	};
	const Elf64_Phdr segment = {
		.p_type = PT_LOAD,
		.p_flags = flags,
		.p_vaddr = BASE,
		.p_filesz = HEAD + size,
		.p_memsz = HEAD + size,
	};
	if (!image)
		abort();
	memcpy(image, &header, sizeof(header));
	memcpy(image + sizeof(header), &segment, sizeof(segment));
	if (size)
		memcpy(image + HEAD, data, size);
	return image;
}

static void read_type(const struct binary *binary, uint64_t address)
{
	char name[300];
	struct type type;
	if (error_ignore(type_name(binary, address, name, sizeof(name))))
		assert(strlen(name) < sizeof(name));
	if (error_ignore(type_package(binary, address, name, sizeof(name))))
		assert(strlen(name) < sizeof(name));
	if (!error_ignore(type_read(binary, address, &type)))
		return;
	assert(type.address == address && type.kind > TYPE_INVALID && type.kind < TYPE_KIND_COUNT);
	assert(type.pointer_bytes <= type.size && type.count <= TYPE_COUNT_MAX);
	assert(strlen(type_kind_name(type.kind)) > 1);
	for (size_t i = 0; i < type.count && i < 16; i++) {
		struct type_field field;
		if (error_ignore(type_field(binary, &type, i, &field)))
			assert(type.kind == TYPE_STRUCT && strlen(field.name) < sizeof(field.name));
	}
}

static void read_all(const struct binary *binary)
{
	const struct module *module = &binary->modules[0];
	_cleanup_(u64_vector_deinit) struct u64_vector types = { 0 };
	if (error_ignore(type_list(binary, module, &types))) {
		for (size_t i = 0; i < types.count; i++) {
			assert(types.items[i] >= module->types &&
			       types.items[i] < module->types_end);
			assert(i == 0 || types.items[i - 1] < types.items[i]);
			if (i < TYPES_MAX)
				read_type(binary, types.items[i]);
		}
	}
	read_type(binary, module->types);
	read_type(binary, module->types - 8);
}

static void check_layout(struct heap_types *types, uint32_t number)
{
	const struct heap_type_layout *layout = NULL;
	if (!error_ignore(heap_types_layout(types, number, &layout)))
		return;
	uint64_t end = layout->stride ? layout->stride : layout->size, before = 0;
	for (size_t i = 0; i < layout->slot_count; i++) {
		uint64_t offset = layout->slots[i].offset;
		assert(offset < end && end - offset >= 8 && (i == 0 || offset >= before + 8));
		assert(layout->slots[i].pointee <= heap_types_count(types));
		before = offset;
	}
	assert(layout->start <= layout->size);
}

static void show(struct heap_types *types, uint32_t number)
{
	_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
	const char *name = NULL, *package = NULL;
	uint32_t chosen = 0;
	if (error_ignore(heap_types_name(types, number, &name)))
		assert(name[0]);
	if (error_ignore(heap_types_package(types, number, &package)))
		assert(package);
	for (uint64_t offset = 0; offset < 64; offset += 8)
		error_ignore(heap_types_path(types, number, offset, &writer));
	error_ignore(heap_types_path(types, number, UINT64_MAX, &writer));
	if (error_ignore(heap_types_choose(types, number, 64, true, &chosen)))
		assert(chosen <= heap_types_count(types));
	heap_types_fills(types, number, 64);
}

/* What the types can be the types of; what they lead to becomes types as well. */
static void lay_out_all(struct binary *binary, const struct module *module)
{
	struct runtime runtime = { .target = binary->target, .binary = binary };
	_cleanup_(heap_types_cleanup) struct heap_types *types = NULL;
	uint32_t number = 0;
	if (!error_ignore(heap_types_create(&runtime, &types)))
		abort();
	for (uint64_t at = module->types; at < module->types_end && at < module->types + 4096;
	     at += 8) {
		for (unsigned form = 0; form < HEAP_FORM_COUNT; form++)
			error_ignore(heap_types_intern(types, (enum heap_form)form, at, &number));
		error_ignore(heap_types_dynamic(types, at, &number));
		error_ignore(heap_types_pointee(types, at, 8, &number));
	}
	for (uint32_t i = 0; i <= heap_types_count(types) && i < 4096; i++) {
		check_layout(types, i);
		show(types, i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const releases[] = { "go1.19.13", "go1.22.12", "go1.26.8", "go1.27.0" };
	struct memory memory = { .target = { &operations, (char *)(uintptr_t) "fuzz" } };
	struct module module = { .moduledata = BASE + HEAD, .types = BASE + HEAD };
	struct binary binary = { .target = &memory.target, .modules = &module, .module_count = 1 };
	if (size < 2)
		return 0;
	const char *release = releases[data[0] % ARRAY_SIZE(releases)];
	uint8_t *image = make_image(data + 2, size - 2, data[1] & 1 ? PF_R : PF_R | PF_W);
	memory.bytes = image;
	memory.size = HEAD + size - 2;
	module.types_end = BASE + memory.size;
	if (!error_ignore(layout_find(release, ELF_AMD64, NULL, &binary.layout)) ||
	    !error_ignore(elf_open_image(image, memory.size, "fuzz", &module.elf)))
		abort();
	read_all(&binary);
	lay_out_all(&binary, &module);
	elf_destroy(module.elf);
	return 0;
}
