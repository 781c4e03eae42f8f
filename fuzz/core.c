/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as a core, as far as everything that dowse does with one. Whatever its headers claim,
 * mappings are in order, what can be read can be read twice, and memory is not taken for what is
 * not there.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/runtime.h"
#include "target/core.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define READ_SIZE ((size_t)9000)

static void read_around(struct target *core, uint64_t address)
{
	uint8_t first[READ_SIZE], second[READ_SIZE];
	static const size_t sizes[] = { 1, 8, 4096, READ_SIZE };
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct target_range ranges[] = {
			{ .address = address, .length = sizes[i], .into = first },
			{ .address = address, .length = sizes[i], .into = second },
		};
		assert(error_ignore(target_read_ranges(core, ranges, 2)));
		assert(ranges[0].done == ranges[1].done);
		assert(!ranges[0].done || !memcmp(first, second, sizes[i]));
	}
}

static void read_mappings(struct target *core)
{
	const struct target_mapping *mappings = NULL;
	size_t count = 0;
	assert(error_ignore(target_mappings(core, &mappings, &count)));
	for (size_t i = 0; i < count; i++) {
		assert(mappings[i].start < mappings[i].end);
		assert(!i || mappings[i - 1].end <= mappings[i].start);
		if (i < 64) {
			read_around(core, mappings[i].start);
			read_around(core, mappings[i].end - 100);
		}
	}
}

static void read_facts(const struct target *core)
{
	const struct core_facts *facts = core_facts(core);
	size_t threads = 0;
	target_threads(core, &threads);
	assert(facts && facts->threads == threads && facts->held <= facts->memory);
	assert(strlen(facts->program) <= 16 && strlen(facts->command) <= 80);
	assert(facts->executable_found == !facts->problem);
	for (size_t i = 0; i < facts->warning_count; i++)
		assert(facts->warnings[i][0]);
}

static void look(struct target *core)
{
	struct runtime *runtime = NULL;
	struct goroutines *goroutines = NULL;
	struct runtime_goroutines_options options = { .with_waits = true };
	if (!error_ignore(runtime_open(core, &runtime)))
		return;
	if (error_ignore(runtime_goroutines(runtime, &options, &goroutines)))
		runtime_goroutines_destroy(goroutines);
	runtime_destroy(runtime);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(close_descriptor) int file = memfd_create("fuzz", MFD_CLOEXEC);
	_cleanup_(target_cleanup) struct target *core = NULL;
	if (file < 0 || write(file, data, size) != (ssize_t)size)
		return 0;
	if (!error_ignore(core_open(file, "fuzz", NULL, &core)))
		return 0;
	read_facts(core);
	read_mappings(core);
	look(core);
	return 0;
}
