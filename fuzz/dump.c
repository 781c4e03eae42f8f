/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as a text: in the log there may be dumps, compressed or not, in whatever is put around
 * them, and collections. What is handed out is whole: strings that end, stacks with as many frames as
 * they say, members that are there; what it tells of leaks is of goroutines that are there; and a
 * dump that is written as Go text and read again has the same goroutines.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "dump/gctrace.h"
#include "dump/modules.h"
#include "leak/dump/heap_trend.h"
#include "leak/dump/told.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_bytes(const void *bytes, size_t size, const struct dumps_options *options,
		       struct dumps *ret)
{
	int file = memfd_create("fuzz", MFD_CLOEXEC);
	bool good = file >= 0 && write(file, bytes, size) == (ssize_t)size &&
		    lseek(file, 0, SEEK_SET) == 0 &&
		    error_ignore(dumps_read(file, "fuzz", NULL, 0, options, ret));
	if (file >= 0)
		close(file);
	return good;
}

static void check_goroutine(const struct dump *dump, const struct goroutine *goroutine,
			    size_t index)
{
	assert(goroutine->index == index);
	assert(goroutine->stack && strlen(goroutine->state_text) <= 64);
	assert(strlen(goroutine->state_note) < 256);
	assert(dump->form == DUMP_COUNTS || !goroutine->count);
	uint32_t shown = 0;
	for (uint32_t i = 0; i < goroutine->stack->count; i++) {
		const struct frame *frame = &goroutine->stack->frames[i];
		shown += strlen(frame->function) + strlen(frame->file) + 1 > 0 && !frame->hidden;
	}
	assert(shown == goroutine->stack->shown);
}

/* Written and read again it is the same. */
static void check_round_trip(const struct dump *dump)
{
	const struct dumps_options options = { .keep_texts = true };
	const struct goroutine_vector *list = &dump->goroutines.list;
	struct writer text = WRITER_TO_MEMORY;
	struct dumps again = { 0 };
	for (size_t i = 0; i < list->count; i++) {
		if (i)
			writer_char(&text, '\n');
		dump_write(dump, &list->items[i], &text);
	}
	if (read_bytes(text.bytes, text.length, &options, &again)) {
		/* A header may have in its labels what looks like an escaped line: then there is none. */
		const struct dump *other = again.list.count ? again.list.items[0] : NULL;
		if (other && again.list.count == 1 && other->goroutines.list.count == list->count) {
			for (size_t i = 0; i < list->count; i++) {
				const struct goroutine *a = &list->items[i];
				const struct goroutine *b = &other->goroutines.list.items[i];
				assert(a->id == b->id && !strcmp(a->state_text, b->state_text));
				assert(a->wait_ns == b->wait_ns && a->locked == b->locked);
			}
		}
		dumps_deinit(&again);
	}
	writer_deinit(&text);
}

static void check_judgement(struct dump *dump, const struct dump *earlier)
{
	struct dump_modules modules = { 0 };
	struct told told = { 0 };
	bool same = false;
	if (error_ignore(dump_modules_add(&modules, &dump->goroutines)) &&
	    error_ignore(told_judge(dump, earlier, &modules.rule, &told, &same))) {
		for (size_t i = 0; i < told.findings.list.count; i++) {
			const struct finding *finding = &told.findings.list.items[i];
			assert(finding->example && finding->count && *finding->title);
			assert(finding->certainty < CERTAINTY_PROVED || dump->goroutines.complete);
		}
	}
	told_deinit(&told);
	dump_modules_deinit(&modules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gctrace trace = { 0 };
	struct heap_trend heap;
	struct dumps dumps = { 0 };
	const struct dumps_options options = {
		.keep_texts = true,
		.on_trace = gctrace_take,
		.argument = &trace,
	};
	if (read_bytes(data, size, &options, &dumps)) {
		for (size_t i = 0; i < dumps.list.count; i++) {
			struct dump *dump = dumps.list.items[i];
			for (size_t j = 0; j < dump->goroutines.list.count; j++)
				check_goroutine(dump, &dump->goroutines.list.items[j], j);
			if (dump->form == DUMP_STACKS)
				check_round_trip(dump);
			check_judgement(dump, i ? dumps.list.items[i - 1] : NULL);
		}
		dumps_deinit(&dumps);
	}
	assert(error_ignore(heap_trend_find(&trace, &heap)));
	gctrace_deinit(&trace);
	return 0;
}
