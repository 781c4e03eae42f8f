/* SPDX-License-Identifier: Apache-2.0 */

/*
 * print-types PID: what the library says of the types of a process, for test_types.py to compare
 * with what the process itself says. One question a line of standard input:
 *
 *	candidates MASK SIZE	the names of what an object with these pointers may be
 *	sites TYPE		where the program allocates it: kind and function
 *	group ADDRESS		the name of what a map's groups are, by their own descriptor
 *	masks			every descriptor's slots against the collector's mask in it
 *	layout FORM ADDRESS	size, start, stride, slots and what they lead to
 *	name FORM ADDRESS	name and package
 *	path FORM ADDRESS OFFSET
 *	pointee ADDRESS OFFSET	the name of what that word leads to
 *	dynamic WORD		the name of what an interface with that word leads to
 *	choose FORM ADDRESS SIZE POINTERS
 *	fills FORM ADDRESS SIZE
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "binary/allocations.h"
#include "binary/type.h"
#include "heap/types.h"
#include "runtime/runtime.h"
#include "target/process.h"

#define MASK_MAX (1 << 20)

static const char *const forms[] = {
#define FORM(id, suffix) #id,
	HEAP_FORMS(FORM)
#undef FORM
};

struct tally {
	uint64_t compared, pointers, programs, incomplete, wrong, maps;
};

static struct error *number_of(struct heap_types *types, const char *form, const char *address,
			       uint32_t *ret)
{
	for (unsigned i = 0; i < ARRAY_SIZE(forms); i++) {
		if (strcmp(forms[i], form) == 0)
			return heap_types_intern(types, (enum heap_form)i,
						 strtoull(address, NULL, 16), ret);
	}
	return error_new(ERROR_USAGE, "there is no form %s", form);
}

static const char *name_of(struct heap_types *types, uint32_t type)
{
	const char *name = "-";
	if (type != HEAP_TYPE_UNKNOWN && !error_ignore(heap_types_name(types, type, &name)))
		return "?";
	return name;
}

/* Whether the descriptor has the mask itself: not where the runtime unrolls or builds it. */
static struct error *has_mask(const struct binary *binary, const struct type *type, bool *ret)
{
	const struct layout *layout = &binary->layout;
	uint8_t kind = 0;
	TRY(type_bytes(binary, type->address + (uint64_t)layout->type_kind, &kind, 1));
	if (layout_has(layout->type_flag_gc_mask_on_demand))
		*ret = !(type->flags & layout->type_flag_gc_mask_on_demand);
	else
		*ret = !(kind & 1 << 6);
	return NULL;
}

/* The bits that the layout says, word by word. */
static void draw(const struct heap_type_layout *layout, uint64_t size, uint8_t *bits, size_t words)
{
	memset(bits, 0, words);
	for (uint64_t at = layout->start; at < size; at += layout->stride) {
		for (size_t i = 0; i < layout->slot_count; i++) {
			uint64_t word = (at + layout->slots[i].offset) / 8;
			if (word < words)
				bits[word]++;
		}
		if (!layout->stride)
			return;
	}
}

static struct error *compare(const struct binary *binary, const struct type *type,
			     const struct heap_type_layout *layout, uint64_t size,
			     struct tally *tally)
{
	size_t words = (size_t)(size / 8), masked = (size_t)(type->pointer_bytes / 8);
	uint64_t mask = 0;
	_cleanup_(free_pointer) uint8_t *bits = calloc(words + 1, 1);
	_cleanup_(free_pointer) uint8_t *truth = calloc(masked / 8 + 1, 1);
	if (!bits || !truth)
		return error_no_memory();
	if (masked) {
		TRY(type_bytes(binary, type->address + (uint64_t)binary->layout.type_gc_data, &mask,
			       8));
		TRY(type_bytes(binary, mask, truth, (masked + 7) / 8));
	}
	draw(layout, size, bits, words);
	bool same = true;
	for (size_t i = 0; i < words; i++)
		same = same && bits[i] == (i < masked && (truth[i / 8] >> i % 8 & 1));
	tally->compared++;
	tally->pointers += masked != 0;
	if (same)
		return NULL;
	char name[512] = "?";
	tally->wrong++;
	if (tally->wrong <= 10 &&
	    error_ignore(type_name(binary, type->address, name, sizeof(name))))
		printf("wrong\t%" PRIx64 "\t%s\n", type->address, name);
	return NULL;
}

static struct error *check_mask(const struct binary *binary, struct heap_types *types,
				const struct type *type, const struct heap_type_layout *layout,
				struct tally *tally)
{
	bool plain = false;
	TRY(has_mask(binary, type, &plain));
	if (!plain || type->size / 8 > MASK_MAX)
		tally->programs++;
	else if (!layout->complete)
		tally->incomplete++;
	else
		return compare(binary, type, layout, type->size, tally);
	(void)types;
	return NULL;
}

/* The descriptor of a map's buckets or groups has a mask, too. */
static struct error *check_map(const struct binary *binary, struct heap_types *types,
			       const struct type *map, struct tally *tally)
{
	const struct layout *layout = &binary->layout;
	const struct heap_type_layout *slots = NULL;
	struct type group;
	uint64_t address = 0;
	uint32_t number = 0;
	bool swiss = layout_has(layout->swiss_map_size);
	TRY(type_bytes(binary, map->address + (uint64_t)layout->map_type_group, &address, 8));
	TRY(type_read(binary, address, &group));
	TRY(heap_types_intern(types, swiss ? HEAP_MAP_GROUPS : HEAP_MAP_BUCKETS, map->address,
			      &number));
	TRY(heap_types_layout(types, number, &slots));
	tally->maps++;
	if (slots->size != group.size)
		printf("wrong\t%" PRIx64 "\tsize of a map's group\n", map->address);
	return check_mask(binary, types, &group, slots, tally);
}

static struct error *check_type(const struct binary *binary, struct heap_types *types,
				uint64_t address, struct tally *tally)
{
	struct type type;
	uint32_t number = 0;
	const struct heap_type_layout *layout = NULL;
	TRY(type_read(binary, address, &type));
	TRY(heap_types_intern(types, HEAP_VALUE, address, &number));
	TRY(heap_types_layout(types, number, &layout));
	TRY(check_mask(binary, types, &type, layout, tally));
	return type.kind == TYPE_MAP ? check_map(binary, types, &type, tally) : NULL;
}

static struct error *check_masks(const struct binary *binary, struct heap_types *types)
{
	struct tally tally = { 0 };
	for (size_t i = 0; i < binary->module_count; i++) {
		_cleanup_(u64_vector_deinit) struct u64_vector list = { 0 };
		TRY(type_list(binary, &binary->modules[i], &list));
		for (size_t j = 0; j < list.count; j++)
			TRY(check_type(binary, types, list.items[j], &tally));
	}
	printf("masks\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
	       "\n",
	       tally.compared, tally.pointers, tally.programs, tally.incomplete, tally.wrong,
	       tally.maps);
	return NULL;
}

static struct error *print_layout(struct heap_types *types, uint32_t type)
{
	const struct heap_type_layout *layout = NULL;
	TRY(heap_types_layout(types, type, &layout));
	printf("layout\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%d", name_of(types, type),
	       layout->size, layout->start, layout->stride, layout->complete);
	for (size_t i = 0; i < layout->slot_count; i++)
		printf("\t%" PRIu64 "=%s%s", layout->slots[i].offset,
		       layout->slots[i].dynamic ? "dynamic" : "",
		       layout->slots[i].dynamic ? "" : name_of(types, layout->slots[i].pointee));
	printf("\n");
	return NULL;
}

static struct error *print_path(struct heap_types *types, uint32_t type, const char *offset)
{
	_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
	TRY(heap_types_path(types, type, strtoull(offset, NULL, 10), &writer));
	const char *text = writer_text(&writer);
	printf("path\t%s\n", text ? text : "");
	return NULL;
}

static struct error *print_name(struct heap_types *types, uint32_t type)
{
	const char *package = NULL;
	TRY(heap_types_package(types, type, &package));
	printf("name\t%s\t%s\n", name_of(types, type), package);
	return NULL;
}

/* Questions that begin with a form and an address. */
static struct error *answer_of_type(struct heap_types *types, char **words, size_t count)
{
	uint32_t type = 0;
	TRY(number_of(types, words[1], words[2], &type));
	if (strcmp(words[0], "layout") == 0)
		return print_layout(types, type);
	if (strcmp(words[0], "name") == 0)
		return print_name(types, type);
	if (strcmp(words[0], "path") == 0 && count > 3)
		return print_path(types, type, words[3]);
	if (strcmp(words[0], "fills") == 0 && count > 3) {
		printf("fills\t%d\n", heap_types_fills(types, type, strtoull(words[3], NULL, 10)));
		return NULL;
	}
	if (strcmp(words[0], "choose") == 0 && count > 4) {
		TRY(heap_types_choose(types, type, strtoull(words[3], NULL, 10), words[4][0] == '1',
				      &type));
		printf("choose\t%s\n", name_of(types, type));
		return NULL;
	}
	return error_new(ERROR_USAGE, "%s is no question", words[0]);
}

static struct error *print_group(const struct binary *binary, struct heap_types *types,
				 const char *address)
{
	uint64_t map = strtoull(address, NULL, 16), group = 0;
	uint32_t type = 0;
	TRY(type_bytes(binary, map + (uint64_t)binary->layout.map_type_group, &group, 8));
	TRY(heap_types_intern(types, HEAP_ARRAY, group, &type));
	printf("group\t%s\n", name_of(types, type));
	return NULL;
}

static struct error *print_candidates(struct heap_types *types, const char *mask, const char *size)
{
	uint32_t found[64];
	size_t count = 0;
	const struct heap_shape shape = {
		.mask = strtoull(mask, NULL, 16),
		.size = (uint32_t)strtoul(size, NULL, 10),
		.kind = SHAPE_POINTERS,
	};
	TRY(heap_types_candidates(types, &shape, found, ARRAY_SIZE(found), &count));
	printf("candidates\t%zu", count);
	for (size_t i = 0; i < count && i < ARRAY_SIZE(found); i++)
		printf("\t%s", name_of(types, found[i]));
	printf("\n");
	return NULL;
}

static struct error *print_sites(const struct binary *binary, const char *wanted)
{
	static const char *const kinds[] = { "value", "array", "map", "channel" };
	_cleanup_(allocation_vector_deinit) struct allocation_vector list = { 0 };
	TRY(allocations_find(binary, &list));
	printf("sites\t%zu", list.count);
	for (size_t i = 0; i < list.count; i++) {
		struct function function;
		char name[512];
		TRY(type_name(binary, list.items[i].type, name, sizeof(name)));
		if (strcmp(name, wanted) == 0 &&
		    binary_function(binary, list.items[i].pc - 1, &function))
			printf("\t%s %s", kinds[list.items[i].kind], function.name);
	}
	printf("\n");
	return NULL;
}

static struct error *answer(const struct binary *binary, struct heap_types *types, char **words,
			    size_t count)
{
	uint32_t type = 0;
	if (strcmp(words[0], "masks") == 0)
		return check_masks(binary, types);
	if (strcmp(words[0], "group") == 0 && count > 1)
		return print_group(binary, types, words[1]);
	if (strcmp(words[0], "candidates") == 0 && count > 2)
		return print_candidates(types, words[1], words[2]);
	if (strcmp(words[0], "sites") == 0 && count > 1)
		return print_sites(binary, words[1]);
	if (strcmp(words[0], "dynamic") == 0 && count > 1) {
		TRY(heap_types_dynamic(types, strtoull(words[1], NULL, 16), &type));
		printf("dynamic\t%s\n", name_of(types, type));
		return NULL;
	}
	if (strcmp(words[0], "pointee") == 0 && count > 2) {
		TRY(heap_types_pointee(types, strtoull(words[1], NULL, 16),
				       strtoull(words[2], NULL, 10), &type));
		printf("pointee\t%s\n", name_of(types, type));
		return NULL;
	}
	if (count > 2)
		return answer_of_type(types, words, count);
	return error_new(ERROR_USAGE, "%s is no question", words[0]);
}

static struct error *answer_all(pid_t pid)
{
	_cleanup_(target_cleanup) struct target *target = NULL;
	_cleanup_(runtime_cleanup) struct runtime *runtime = NULL;
	_cleanup_(heap_types_cleanup) struct heap_types *types = NULL;
	char line[1024];
	TRY(process_open(pid, &target));
	TRY(runtime_open(target, &runtime));
	TRY(heap_types_create(runtime, &types));
	while (fgets(line, sizeof(line), stdin)) {
		char *words[6], *rest = NULL;
		size_t count = 0;
		for (char *word = strtok_r(line, " \n", &rest); word && count < ARRAY_SIZE(words);
		     word = strtok_r(NULL, " \n", &rest))
			words[count++] = word;
		if (count)
			TRY(answer(runtime_binary(runtime), types, words, count));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s PID\n", argv[0]);
		return 2;
	}
	struct error *error = answer_all((pid_t)strtol(argv[1], NULL, 10));
	if (error) {
		fprintf(stderr, "%s\n", error->message);
		error_destroy(error);
		return 1;
	}
	return 0;
}
