/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any text as a condition on objects of a Go process. The first two bytes choose the type. What is
 * wrong is told with the place; else each object of the type has an answer, the same again.
 */
#include <assert.h>
#include <string.h>

#include "changes.h"
#include "heap/condition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASKED 64 /* objects at most */

static struct subject subject;
static struct heap *heap;

static void start(void)
{
	subject_open(&subject, false);
	must_succeed(heap_read(subject.runtime, &heap));
	must_succeed(heap_search(heap));
	assert(heap_types_count(heap->types) > 16);
}

static size_t choose(uint32_t type, uint32_t *ret)
{
	size_t count = 0;
	for (uint32_t i = 0; i < heap->scan.graph.object_count && count < ASKED; i++) {
		if (heap_is_reached(heap, i) && heap_object_type(heap, i) == type)
			ret[count++] = i;
	}
	return count;
}

static void ask(struct heap_condition *condition, uint32_t type)
{
	uint32_t vertices[ASKED] = { 0 };
	uint8_t answers[ASKED], again[ASKED] = { 0 };
	size_t count = choose(type, vertices);
	memset(answers, 0xff, sizeof(answers));
	must_succeed(heap_condition_ask(condition, vertices, count, answers));
	must_succeed(heap_condition_ask(condition, vertices, count, again));
	for (size_t i = 0; i < count; i++)
		assert(answers[i] <= CONDITION_UNREADABLE && answers[i] == again[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(heap_condition_cleanup) struct heap_condition *condition = NULL;
	uint16_t number;
	if (!subject.recorded)
		start();
	if (size < sizeof(number))
		return 0;
	memcpy(&number, data, sizeof(number));
	uint32_t type = 1 + number % heap_types_count(heap->types);
	size -= sizeof(number);
	_cleanup_(free_pointer) char *text = malloc(size + 1);
	if (!text)
		abort();
	memcpy(text, data + sizeof(number), size);
	text[size] = '\0';
	struct error *error = heap_condition_parse(heap, type, text, &condition);
	if (!error)
		ask(condition, type);
	assert(!error || error->code == ERROR_USAGE);
	error_destroy(error);
	return 0;
}
