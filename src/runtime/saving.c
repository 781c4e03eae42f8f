/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/saving.h"

#include <string.h>

#include "runtime/scrub.h"
#include "target/descriptor_table.h"
#include "target/procfs.h"
#include "target/snapshot.h"

#define DESCRIPTORS_MAX ((size_t)1 << 20)

struct saving {
	struct runtime *runtime;
	const struct saving_options *options;
	struct snapshot_writer *writer;
	struct saving_result result;
	char *incomplete;
};

static struct error *flush(void *argument, enum snapshot_kind kind, const void *bytes, size_t size)
{
	struct saving *saving = argument;
	return snapshot_writer_section(saving->writer, kind, bytes, size);
}

static struct snapshot_section section_of(struct saving *saving, enum snapshot_kind kind)
{
	return (struct snapshot_section){
		.kind = kind,
		.flush = flush,
		.argument = saving,
		.bytes = WRITER_TO_MEMORY,
	};
}

/* Of a release that the table does not have, read in debug information, which is left out. */
static struct error *save_layout(struct saving *saving, struct snapshot_section *section)
{
	_cleanup_(free_pointer) char *text = NULL;
	TRY(layout_write(&runtime_binary(saving->runtime)->layout, &text));
	return snapshot_section_text(section, "layout", text);
}

static struct error *save_facts(struct saving *saving)
{
	_cleanup_(snapshot_section_deinit) struct snapshot_section section =
		section_of(saving, SNAPSHOT_FACTS);
	struct target *target = runtime_target(saving->runtime);
	TRY(snapshot_section_text(&section, "go.release",
				  runtime_binary(saving->runtime)->release));
	TRY(snapshot_section_number(&section, "now_ns", (int64_t)target_now(target)));
	if (runtime_binary(saving->runtime)->layout_source == LAYOUT_FROM_DWARF)
		TRY(save_layout(saving, &section));
	for (size_t i = 0; i < saving->options->fact_count; i++)
		TRY(snapshot_section_text(&section, saving->options->facts[i].name,
					  saving->options->facts[i].value));
	return snapshot_section_end(&section);
}

static struct error *save_threads(struct saving *saving)
{
	_cleanup_(snapshot_section_deinit) struct snapshot_section section =
		section_of(saving, SNAPSHOT_THREADS);
	size_t count;
	const struct target_thread *threads = target_threads(runtime_target(saving->runtime),
							     &count);
	for (size_t i = 0; i < count; i++)
		TRY(snapshot_section_thread(&section, &threads[i]));
	return snapshot_section_end(&section);
}

static struct error *save_mappings(struct saving *saving)
{
	_cleanup_(snapshot_section_deinit) struct snapshot_section section =
		section_of(saving, SNAPSHOT_MAPPINGS);
	const struct target_mapping *mappings;
	size_t count;
	TRY(target_mappings(runtime_target(saving->runtime), &mappings, &count));
	for (size_t i = 0; i < count; i++)
		TRY(snapshot_section_mapping(&section, &mappings[i]));
	return snapshot_section_end(&section);
}

static int compare_numbers(const void *left, const void *right)
{
	pid_t a = *(const pid_t *)left, b = *(const pid_t *)right;
	return a < b ? -1 : a > b;
}

/* Those of the process at this moment; a file that is read again brings its own. */
static struct error *save_descriptors_of(struct saving *saving, struct snapshot_section *section,
					 struct descriptor_table *table)
{
	struct target *target = runtime_target(saving->runtime);
	_cleanup_(free_pointer) pid_t *numbers = NULL;
	_cleanup_(close_descriptor) int directory = -1;
	size_t count = 0;
	if (!error_ignore(procfs_open(target_pid(target), &directory)) ||
	    !error_ignore(procfs_list_at(directory, "fd", &numbers, &count)))
		return NULL;
	if (count)
		qsort(numbers, count, sizeof(*numbers), compare_numbers);
	for (size_t i = 0; i < MIN(count, DESCRIPTORS_MAX); i++) {
		struct descriptor descriptor;
		if (error_ignore(descriptor_table_find(table, numbers[i], &descriptor)))
			TRY(snapshot_section_descriptor(section, numbers[i], &descriptor));
	}
	return NULL;
}

/* Of a snapshot, those that it has; a core knows none. */
static struct error *save_descriptors_again(struct saving *saving, struct snapshot_section *section)
{
	const struct target *target = runtime_target(saving->runtime);
	if (!snapshot_is_target(target))
		return NULL;
	const struct snapshot_descriptor_vector *all = &snapshot_records(target)->descriptors;
	for (size_t i = 0; i < all->count; i++)
		TRY(snapshot_section_descriptor(section, all->items[i].number,
						&all->items[i].descriptor));
	return snapshot_section_end(section);
}

static struct error *save_descriptors(struct saving *saving)
{
	_cleanup_(snapshot_section_deinit) struct snapshot_section section =
		section_of(saving, SNAPSHOT_DESCRIPTORS);
	struct descriptor_table table;
	pid_t pid = target_pid(runtime_target(saving->runtime));
	if (!pid)
		return save_descriptors_again(saving, &section);
	descriptor_table_init(&table, pid);
	struct error *error = save_descriptors_of(saving, &section, &table);
	descriptor_table_deinit(&table);
	TRY(error);
	return snapshot_section_end(&section);
}

struct error *saving_begin(struct runtime *runtime, const struct saving_options *options,
			   struct saving **ret)
{
	_cleanup_(saving_cleanup) struct saving *saving = calloc(1, sizeof(*saving));
	if (!saving)
		return error_no_memory();
	saving->runtime = runtime;
	saving->options = options;
	TRY(snapshot_writer_create(&options->writer, &saving->writer));
	TRY(save_facts(saving));
	TRY(save_threads(saving));
	TRY(save_mappings(saving));
	TRY(save_descriptors(saving));
	*ret = TAKE_PTR(saving);
	return NULL;
}

static struct error *save_selection(struct saving *saving, struct target *target,
				    struct selection *selection)
{
	const struct target_extent *extents;
	size_t count;
	for (;;) {
		TRY(selection_next(selection, &extents, &count));
		if (!count)
			return NULL;
		TRY(snapshot_writer_memory(saving->writer, target, extents, count,
					   saving->options->check, saving->options->argument));
	}
}

/* What ends the reading without ending the writing. */
static bool is_end_of_reading(const struct error *error)
{
	return error->code == ERROR_GONE || error->code == ERROR_LIMIT;
}

static struct error *make_incomplete(struct saving *saving, const char *why)
{
	free(saving->incomplete);
	saving->incomplete = strdup(why);
	return saving->incomplete ? NULL : error_no_memory();
}

struct error *saving_memory(struct saving *saving)
{
	_cleanup_(selection_cleanup) struct selection *selection = NULL;
	_cleanup_(target_cleanup) struct target *scrubbed = NULL;
	TRY(scrub_create(saving->runtime, &scrubbed));
	TRY(selection_create(saving->runtime, &saving->options->selection, &selection));
	struct target *target = scrubbed;
	struct error *error = save_selection(saving, scrubbed, selection);
	if (error && is_end_of_reading(error)) {
		struct error *problem = make_incomplete(saving, error->message);
		error_destroy(error);
		TRY(problem);
		error = NULL;
		target = NULL;
	}
	TRY(error);
	selection_summary(selection, &saving->result.selection);
	if (!saving->incomplete && saving->result.selection.problem)
		TRY(make_incomplete(saving, saving->result.selection.problem));
	return snapshot_writer_memory_end(saving->writer, target, &saving->result.memory);
}

/* What is known only now. */
static struct error *save_outcome(struct saving *saving)
{
	_cleanup_(snapshot_section_deinit) struct snapshot_section section =
		section_of(saving, SNAPSHOT_FACTS);
	const struct saving_result *result = &saving->result;
	TRY(snapshot_section_text(&section, "incomplete", saving->incomplete));
	TRY(snapshot_section_number(&section, "saved.bytes", (int64_t)result->memory.bytes));
	TRY(snapshot_section_number(&section, "saved.zeroes", (int64_t)result->memory.zeroes));
	TRY(snapshot_section_number(&section, "saved.missing", (int64_t)result->memory.missing));
	TRY(snapshot_section_number(&section, "saved.heap", (int64_t)result->selection.heap));
	TRY(snapshot_section_number(&section, "saved.data", (int64_t)result->selection.data));
	return snapshot_section_end(&section);
}

struct error *saving_finish(struct saving *saving, struct saving_result *ret)
{
	TRY(save_outcome(saving));
	TRY(snapshot_writer_finish(saving->writer, &saving->result.size));
	*ret = saving->result;
	ret->incomplete = saving->incomplete;
	return NULL;
}

void saving_destroy(struct saving *saving)
{
	if (!saving)
		return;
	snapshot_writer_destroy(saving->writer);
	free(saving->incomplete);
	free(saving);
}
