/* SPDX-License-Identifier: Apache-2.0 */

/*
 * name_variables PID [code]: what the library says of a process's global variables, for
 * test_variables.py to compare with what the process and Go's own tools say.
 *
 *	variable NAME ADDRESS SIZE TYPED	every one
 *	opened MILLISECONDS			what it took to find them
 *	reference ADDRESS NAME NAME NAME	with a second argument, "code", for every word of data
 *	word ADDRESS DESCRIPTOR POINTER ARRAY VERDICT	the same, where a type was found, and what
 *						debug information says to that
 *	local PC NAME PLACE SIZE OFFSET DESCRIPTOR	for every pc behind "f"
 *	kept SAME OTHER				for "p": how often debug information says somewhere in
 *						a function that a parameter is where it is kept, and
 *						that it is elsewhere in front of the frame
 *	part ADDRESS NAME DESCRIPTOR OFFSET POINTER ARRAY	for every address on standard input,
 *						in hexadecimal; "none" where nothing is known
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/vector.h"
#include "binary/frame_variables.h"
#include "binary/references.h"
#include "binary/type.h"
#include "target/process.h"

static double milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void print_part(struct variables *variables, uint64_t address)
{
	const struct variable *variable = variables_find(variables, address);
	struct variable_part part;
	if (!variable)
		printf("part\t%" PRIx64 "\tnone\n", address);
	else if (!variables_part(variables, variable->type, address - variable->address, &part))
		printf("part\t%" PRIx64 "\t%s\tnone\n", address, variable->name);
	else
		printf("part\t%" PRIx64 "\t%s\t%" PRIx64 "\t%" PRIu64 "\t%d\t%d\n", address,
		       variable->name, part.descriptor, part.offset, part.pointer, part.array);
}

static struct error *print_frame(struct variables *variables, uint64_t pc)
{
	_cleanup_(frame_variable_vector_deinit) struct frame_variable_vector list = { 0 };
	struct variable_part part = { 0 };
	TRY(frame_variables_find(variables, pc, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct frame_variable *variable = &list.items[i];
		bool known = variables_part(variables, variable->type, variable->offset, &part);
		printf("local\t%" PRIx64 "\t%s\t%" PRId64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIx64
		       "\n",
		       pc, variable->name, variable->place, variable->size, variable->offset,
		       known && !part.pointer ? part.descriptor : 0);
	}
	return NULL;
}

/* Of one place in a function; its own parameters come before those of calls inlined there. */
static struct error *compare_kept(struct variables *variables, uint64_t pc, size_t *same,
				  size_t *other)
{
	_cleanup_(frame_variable_vector_deinit) struct frame_variable_vector list = { 0 };
	TRY(frame_variables_find(variables, pc, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct frame_variable *kept = &list.items[i];
		for (size_t j = 0; kept->stale && j < list.count; j++) {
			const struct frame_variable *told = &list.items[j];
			if (told->stale || told->offset || told->place < 0 ||
			    strcmp(told->name, kept->name) != 0)
				continue;
			if (told->place == kept->place && told->type == kept->type)
				++*same;
			else
				++*other;
			break;
		}
	}
	return NULL;
}

static struct error *print_kept(const struct binary *binary, struct variables *variables)
{
	const struct pclntab *table = binary->modules[0].functions;
	size_t same = 0, other = 0;
	for (size_t i = 0; i < pclntab_function_count(table); i++) {
		struct function function;
		if (!pclntab_function_at(table, i, &function))
			continue;
		uint64_t size = function.end - function.entry;
		for (uint64_t part = 1; part < 4; part++)
			TRY(compare_kept(variables, function.entry + size * part / 4, &same,
					 &other));
	}
	printf("kept\t%zu\t%zu\n", same, other);
	return NULL;
}

static struct error *add_words(uint64_t from, uint64_t to, struct u64_vector *ret)
{
	for (uint64_t address = from; address < to; address += sizeof(uint64_t))
		TRY(u64_vector_append(ret, &address));
	return NULL;
}

/* Whether a value of this type can be what machine code says is there. */
static bool is_meant(const struct type *type, const struct variable_part *found)
{
	if (!found->pointer)
		return type->address == found->descriptor;
	return type->element == found->descriptor &&
	       (type->kind == TYPE_SLICE || type->kind == TYPE_POINTER);
}

/* One floor down a type; false: there is none, or a pointer's array was asked for. */
static bool step_down(const struct binary *binary, struct type *type, uint64_t *offset)
{
	struct type_field field;
	uint64_t next = 0, begin = 0;
	for (size_t i = 0; type->kind == TYPE_STRUCT && i < type->count; i++) {
		if (!error_ignore(type_field(binary, type, i, &field)) || field.offset > *offset)
			break;
		next = field.type;
		begin = field.offset;
	}
	*offset -= begin;
	if (type->kind == TYPE_ARRAY)
		next = type->element;
	if (!next || !error_ignore(type_read(binary, next, type)))
		return false;
	if (type->size)
		*offset %= type->size;
	return true;
}

/* A pointer to an array is told of as one to its elements. */
static bool is_array_of(const struct binary *binary, uint64_t descriptor, uint64_t element)
{
	struct type type;
	return error_ignore(type_read(binary, descriptor, &type)) && type.kind == TYPE_ARRAY &&
	       type.element == element;
}

static const char *verdict_on(const struct binary *binary, struct variables *variables,
			      uint64_t address, const struct variable_part *found)
{
	const struct variable *variable = variables_find(variables, address);
	struct variable_part part;
	struct type type;
	if (!variable ||
	    !variables_part(variables, variable->type, address - variable->address, &part))
		return "unknown";
	if (part.pointer)
		return part.descriptor == found->descriptor ||
				       (found->array &&
					is_array_of(binary, part.descriptor, found->descriptor))
			       ? "right"
			       : "wrong";
	if (!error_ignore(type_read(binary, part.descriptor, &type)))
		return "unreadable";
	uint64_t offset = part.offset % MAX(type.size, 1);
	do {
		if (offset == found->offset && is_meant(&type, found))
			return "right";
		if (type.kind == TYPE_POINTER && found->array &&
		    is_array_of(binary, type.element, found->descriptor))
			return "right";
	} while (step_down(binary, &type, &offset));
	return type.kind == TYPE_INTERFACE || type.kind == TYPE_UNSAFE_POINTER ? "any" : "wrong";
}

static struct error *find_references(const struct binary *binary)
{
	_cleanup_(variables_cleanup) struct variables *variables = NULL;
	_cleanup_(references_cleanup) struct references *references = NULL;
	_cleanup_(u64_vector_deinit) struct u64_vector words = { 0 };
	const struct module *module = &binary->modules[0];
	struct variable_part part;
	TRY(variables_open(binary, &variables));
	TRY(add_words(module->data, module->data_end, &words));
	TRY(add_words(module->bss, module->bss_end, &words));
	double start = milliseconds();
	TRY(references_find(binary, words.items, words.count, &references));
	printf("scanned\t%zu\t%.2f\n", words.count, milliseconds() - start);
	start = milliseconds();
	TRY(references_find_types(references));
	printf("followed\t%.2f\n", milliseconds() - start);
	for (size_t i = 0; i < words.count; i++) {
		if (references_name(references, i, 0))
			printf("reference\t%" PRIx64, words.items[i]);
		for (size_t j = 0; references_name(references, i, j); j++)
			printf("\t%s", references_name(references, i, j));
		if (references_name(references, i, 0))
			printf("\n");
		if (references_part(references, i, &part))
			printf("word\t%" PRIx64 "\t%" PRIx64 "\t%d\t%d\t%s\n", words.items[i],
			       part.descriptor, part.pointer, part.array,
			       verdict_on(binary, variables, words.items[i], &part));
	}
	return NULL;
}

static struct error *run(pid_t pid, bool code)
{
	_cleanup_(target_cleanup) struct target *target = NULL;
	_cleanup_(binary_cleanup) struct binary *binary = NULL;
	_cleanup_(variables_cleanup) struct variables *variables = NULL;
	char line[256];
	TRY(process_open(pid, &target));
	TRY(binary_open(target, &binary));
	if (code)
		return find_references(binary);
	double start = milliseconds();
	TRY(variables_open(binary, &variables));
	printf("opened\t%.2f\n", milliseconds() - start);
	if (variables_problem(variables))
		printf("problem\t%s\n", variables_problem(variables));
	for (size_t i = 0; i < variables_count(variables); i++) {
		const struct variable *variable = variables_at(variables, i);
		printf("variable\t%s\t%" PRIx64 "\t%" PRIu64 "\t%d\n", variable->name,
		       variable->address, variable->size, variable->type != 0);
	}
	while (fgets(line, sizeof(line), stdin)) {
		if (line[0] == 'f')
			TRY(print_frame(variables, strtoull(line + 1, NULL, 16)));
		else if (line[0] == 'p')
			TRY(print_kept(binary, variables));
		else
			print_part(variables, strtoull(line, NULL, 16));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: %s PID [code]\n", argv[0]);
		return 2;
	}
	struct error *error = run((pid_t)strtol(argv[1], NULL, 10), argc == 3);
	if (error) {
		fprintf(stderr, "%s\n", error->message);
		error_destroy(error);
		return 1;
	}
	return 0;
}
