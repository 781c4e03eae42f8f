/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any changes to the memory of a Go process, to what dowse reads of it, and to the layout that it
 * goes by. fuzz/with_program starts the process and names it in DOWSE_FUZZ_PID; its memory is
 * recorded once. An input is a list of changes of eight bytes each:
 *
 *	which of the first look's reads (u16), which word of it (u16), how (u8), and with what (u8, u16)
 *
 * Whatever they are, what is handed out can be read, and is the same when it is asked for again.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../test/runtime/recorded.h"
#include "base/writer.h"
#include "heap/roots.h"
#include "leak/live/look.h"
#include "runtime/dump.h"
#include "runtime/layout_check.h"
#include "runtime/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHANGES_MAX 24

struct change {
	uint16_t read;
	uint16_t word;
	uint8_t how;
	uint8_t small;
	uint16_t with;
};

struct undo {
	uint8_t *at;
	uint64_t was;
};

static struct recorded *recorded;
static struct runtime *runtime;

static void fail(struct error *error)
{
	if (!error)
		return;
	fprintf(stderr, "%s\n", error->message);
	error_destroy(error);
	abort();
}

/* Each root's pointers follow those of the one before, and lead into the heap. */
static void look_for_roots(void)
{
	_cleanup_(address_range_vector_deinit) struct address_range_vector heap = { 0 };
	_cleanup_(heap_roots_deinit) struct heap_roots roots = { 0 };
	size_t pointers = 0;
	if (!error_ignore(heap_ranges_read(runtime, &heap)) ||
	    !error_ignore(heap_roots_find(runtime, NULL, &heap, &roots)))
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
	if (reopen && !error_ignore(runtime_open(&recorded->target, &opened)))
		return 0;
	const struct runtime *used = reopen ? opened : runtime;
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
	fail(goroutines_group(goroutines, &filter, &groups));
	uint64_t grouped = 0;
	for (size_t i = 0; i < groups.count; i++)
		grouped += groups.items[i].count;
	assert(grouped == goroutines->list.count);
	return goroutines->list.count;
}

static void start(void)
{
	const char *pid = getenv("DOWSE_FUZZ_PID");
	if (!pid) {
		fprintf(stderr, "DOWSE_FUZZ_PID is not set: use fuzz/with_program\n");
		abort();
	}
	fail(recorded_open((pid_t)strtol(pid, NULL, 10), &recorded));
	fail(runtime_open(&recorded->target, &runtime));
	recorded->noting = true;
	assert(look(false) > 4);
	recorded->noting = false;
}

static uint8_t *word_of(uint16_t read, uint16_t word)
{
	const struct target_extent *extent = &recorded->reads.items[read % recorded->reads.count];
	uint64_t words = (extent->end - extent->start + 7) / 8;
	return recorded_word(recorded, (extent->start + word % MAX(words, 1) * 8) & ~(uint64_t)7);
}

static uint64_t changed(const struct change *change, uint64_t was)
{
	static const uint64_t odd[] = { 0, 1, 8, 255, 65536, UINT32_MAX, INT64_MAX, UINT64_MAX };
	const uint8_t *other = word_of(change->with, change->small);
	uint64_t word = was;
	switch (change->how % 5) {
	case 0:
		return odd[change->small % ARRAY_SIZE(odd)];
	case 1:
		return was ^ (uint64_t)1 << change->small % 64;
	case 2:
		if (other)
			memcpy(&word, other, sizeof(word));
		return word;
	case 3:
		return was + (uint64_t)(int64_t)(int16_t)change->with;
	default:
		return change->with;
	}
}

/* The layout may come with a file: what runtime_open() lets pass has to be survived. */
static void change_layout(const struct change *change, struct layout *layout)
{
	int32_t *value = &layout->values[change->word % LAYOUT_FIELDS];
	switch (change->small % 4) {
	case 0:
		*value = LAYOUT_ABSENT;
		break;
	case 1:
		*value = (int32_t)((uint32_t)change->with << 16 | 0xffff) & INT32_MAX;
		break;
	default:
		*value = change->with;
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct undo undo[CHANGES_MAX];
	size_t count = 0;
	bool reopen = size % sizeof(struct change) == 1;
	if (!runtime)
		start();
	struct layout *layout = (struct layout *)(uintptr_t)&runtime_binary(runtime)->layout;
	const struct layout was = *layout;
	for (size_t i = 0; i + sizeof(struct change) <= size && count < CHANGES_MAX;
	     i += sizeof(struct change)) {
		struct change change;
		memcpy(&change, data + i, sizeof(change));
		if (change.how % 8 == 7) {
			change_layout(&change, layout);
			continue;
		}
		uint8_t *at = word_of(change.read, change.word);
		if (!at)
			continue;
		undo[count].at = at;
		memcpy(&undo[count].was, at, sizeof(undo[count].was));
		uint64_t word = changed(&change, undo[count++].was);
		memcpy(at, &word, sizeof(word));
	}
	if (error_ignore(layout_check(layout)))
		look(reopen);
	*layout = was;
	while (count-- > 0)
		memcpy(undo[count].at, &undo[count].was, sizeof(undo[count].was));
	return 0;
}
