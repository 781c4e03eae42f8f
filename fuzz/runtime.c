/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any changes to the memory of a Go process, to what dowse reads of it, and to the layout that it
 * goes by: see changes.h. Whatever they are, what is handed out can be read, and is the same when it
 * is asked for again.
 */
#include <assert.h>

#include "base/writer.h"
#include "changes.h"
#include "heap/roots.h"
#include "leak/live/look.h"
#include "runtime/dump.h"
#include "runtime/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHANGE_BYTES 8

static struct subject subject;

/* Each root's pointers follow those of the one before, and lead into the heap. */
static void look_for_roots(void)
{
	_cleanup_(address_range_vector_deinit) struct address_range_vector heap = { 0 };
	_cleanup_(heap_roots_deinit) struct heap_roots roots = { 0 };
	size_t pointers = 0;
	if (!error_ignore(heap_ranges_read(subject.runtime, &heap)) ||
	    !error_ignore(heap_roots_find(subject.runtime, NULL, &heap, &roots)))
		return;
	for (size_t i = 0; i < roots.list.count; i++) {
		const struct heap_root *root = &roots.list.items[i];
		assert(root->first == pointers);
		assert(root->goroutine == HEAP_NO_GOROUTINE ||
		       root->goroutine < roots.goroutines->list.count);
		pointers += root->count;
	}
	assert(pointers == roots.pointers.count);
	for (size_t i = 0; i < pointers; i++)
		assert(heap_ranges_has(&heap, roots.pointers.items[i].value));
}

static size_t look(bool reopen)
{
	const struct runtime_goroutines_options options = { .with_waits = true, .arguments = true };
	const struct goroutine_filter filter = { .min_wait_ns = -1, .system = true };
	_cleanup_(runtime_cleanup) struct runtime *opened = NULL;
	_cleanup_(runtime_goroutines_cleanup) struct goroutines *goroutines = NULL;
	_cleanup_(goroutine_group_vector_deinit) struct goroutine_group_vector groups = { 0 };
	_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
	struct runtime_counters counters;
	if (reopen && !error_ignore(runtime_open(&subject.recorded->target, &opened)))
		return 0;
	const struct runtime *used = reopen ? opened : subject.runtime;
	(void)error_ignore(runtime_counters_read((struct runtime *)(uintptr_t)used, &counters));
	if (!reopen)
		look_for_roots();
	if (!error_ignore(
		    runtime_goroutines((struct runtime *)(uintptr_t)used, &options, &goroutines)))
		return 0;
	for (size_t i = 0; i < goroutines->list.count; i++) {
		const struct goroutine *goroutine = &goroutines->list.items[i];
		assert(goroutine->stack && goroutine->state_note && goroutine->state_text);
		runtime_dump_goroutine(used, goroutines, goroutine, &writer);
	}
	assert(goroutines->list.count == 0 || writer_text(&writer));
	must_succeed(goroutines_group(goroutines, &filter, &groups));
	uint64_t grouped = 0;
	for (size_t i = 0; i < groups.count; i++)
		grouped += groups.items[i].count;
	assert(grouped == goroutines->list.count);
	return goroutines->list.count;
}

static void start(void)
{
	subject_open(&subject, false);
	subject.recorded->noting = true;
	assert(look(false) > 4);
	subject.recorded->noting = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!subject.recorded)
		start();
	if (subject_change(&subject, data, size))
		look(size % CHANGE_BYTES == 1);
	subject_restore(&subject);
	return 0;
}
