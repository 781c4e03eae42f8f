/* SPDX-License-Identifier: Apache-2.0 */
#include "target/core_writer_notes.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/procfs.h>

#include "base/file.h"
#include "target/procfs.h"

#define PAGE       ((uint64_t)4096)
#define NOTE_NAME  "CORE"
#define LINUX_NAME "LINUX"
#define AUXV_MAX   ((size_t)64 << 10)

static void align_note(struct writer *notes)
{
	while (notes->length % 4)
		writer_char(notes, 0);
}

static void note_begin(struct writer *notes, const char *owner, uint32_t type, size_t size)
{
	Elf64_Nhdr header = {
		.n_namesz = (Elf64_Word)strlen(owner) + 1,
		.n_descsz = (Elf64_Word)size,
		.n_type = type,
	};
	writer_bytes(notes, &header, sizeof(header));
	writer_bytes(notes, owner, header.n_namesz);
	align_note(notes);
}

static void note(struct writer *notes, const char *owner, uint32_t type, const void *bytes,
		 size_t size)
{
	note_begin(notes, owner, type, size);
	writer_bytes(notes, bytes, size);
	align_note(notes);
}

static void note_status(struct writer *notes, const struct target_thread *thread)
{
	struct elf_prstatus status = {
		.pr_pid = thread->namespace_id,
		.pr_fpvalid = thread->sets.extended_size > 0,
	};
	memcpy(&status.pr_reg, thread->sets.general,
	       MIN(thread->sets.general_size, sizeof(status.pr_reg)));
	note(notes, NOTE_NAME, NT_PRSTATUS, &status, sizeof(status));
}

static void note_vectors(struct writer *notes, const struct target_thread *thread)
{
	const struct target_register_sets *sets = &thread->sets;
	if (sets->extended_size < sizeof(elf_fpregset_t))
		return;
	note(notes, NOTE_NAME, NT_PRFPREG, sets->extended, sizeof(elf_fpregset_t));
	note(notes, LINUX_NAME, NT_X86_XSTATE, sets->extended, sets->extended_size);
}

static void note_process(struct writer *notes, pid_t pid)
{
	struct elf_prpsinfo info = { .pr_sname = 'R' };
	_cleanup_(free_pointer) char *command = NULL;
	struct process_facts facts;

	info.pr_pid = pid;
	if (pid && error_ignore(process_facts_read(pid, &facts))) {
		info.pr_pid = facts.inner_pid;
		info.pr_ppid = facts.parent;
		info.pr_uid = facts.uid;
		memcpy(info.pr_fname, facts.name, strnlen(facts.name, sizeof(info.pr_fname) - 1));
	}
	if (pid && error_ignore(process_command_line(pid, sizeof(info.pr_psargs) - 1, &command)))
		snprintf(info.pr_psargs, sizeof(info.pr_psargs), "%s", command);
	note(notes, NOTE_NAME, NT_PRPSINFO, &info, sizeof(info));
}

static void note_auxiliary(struct writer *notes, pid_t pid)
{
	_cleanup_(file_bytes_deinit) struct file_bytes vector = { 0 };
	char path[48];
	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	if (pid && error_ignore(file_read(path, AUXV_MAX, &vector)) && vector.size)
		note(notes, NOTE_NAME, NT_AUXV, vector.bytes, vector.size);
}

/* Which file lies behind which mapping. */
static void note_files(struct writer *notes, const struct target_mapping *mappings, size_t count)
{
	_cleanup_(writer_deinit) struct writer names = WRITER_TO_MEMORY;
	_cleanup_(writer_deinit) struct writer places = WRITER_TO_MEMORY;
	uint64_t files = 0;

	for (size_t i = 0; i < count; i++) {
		const struct target_mapping *mapping = &mappings[i];
		if (!mapping->inode || !mapping->path[0])
			continue;
		uint64_t place[3] = { mapping->start, mapping->end, mapping->offset / PAGE };
		writer_bytes(&places, place, sizeof(place));
		writer_bytes(&names, mapping->path, strlen(mapping->path) + 1);
		files++;
	}
	uint64_t head[2] = { files, PAGE };
	if (!files || places.os_error || names.os_error)
		return;
	note_begin(notes, NOTE_NAME, NT_FILE, sizeof(head) + places.length + names.length);
	writer_bytes(notes, head, sizeof(head));
	writer_bytes(notes, places.bytes, places.length);
	writer_bytes(notes, names.bytes, names.length);
	align_note(notes);
}

/* The process's own notes stand behind the status of its first thread: there they are looked for. */
struct error *core_notes_make(const struct core_source *source,
			      const struct target_mapping *mappings, size_t mapping_count,
			      struct writer *notes, size_t *ret_apart)
{
	size_t count, apart = 0;
	const struct target_thread *threads = target_threads(source->target, &count);
	bool first = true;

	for (size_t i = 0; i < count; i++) {
		if (!threads[i].sets.general) {
			apart++;
			continue;
		}
		note_status(notes, &threads[i]);
		if (first) {
			note_process(notes, source->pid);
			note_auxiliary(notes, source->pid);
			note_files(notes, mappings, mapping_count);
			first = false;
		}
		note_vectors(notes, &threads[i]);
	}
	if (first)
		return error_new(ERROR_UNSUPPORTED,
				 "%s: no thread's registers are known, and a core begins with them",
				 target_name(source->target));
	if (notes->os_error)
		return error_no_memory();
	*ret_apart = apart;
	return NULL;
}
