/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

#include "core_maker.h"
#include "target/core.h"

static struct error *open_made(const struct core_maker *maker, size_t size, const char *executable,
			       struct target **ret)
{
	struct core_options options = { .executable = executable };
	_cleanup_(close_descriptor) int file = core_maker_open(maker, size);
	return core_open(file, "made", &options, ret);
}

static struct error *open_whole(const struct core_maker *maker, struct target **ret)
{
	return open_made(maker, maker->size, NULL, ret);
}

/* Two neighbours, a gap, one that goes on beyond its bytes, and one of which there are none. */
static void make_usual(struct core_maker *maker)
{
	core_maker_thread(maker, 4242, 0x401000);
	core_maker_process(maker, 4242, "shop");
	core_maker_thread(maker, 4243, 0x402000);
	core_maker_load(maker, 0x500000, PF_R | PF_W, 4096, 4096, 2);
	core_maker_load(maker, 0x400000, PF_R | PF_X, 4096, 4096, 1);
	core_maker_load(maker, 0x501000, PF_R, 4096, 12288, 3);
	core_maker_load(maker, 0x600000, PF_R, 0, 4096, 0);
	core_maker_finish(maker);
}

static void test_reading(void **state)
{
	(void)state;
	struct core_maker maker = { 0 };
	_cleanup_(target_cleanup) struct target *core = NULL;
	uint8_t bytes[8192];
	make_usual(&maker);
	check_ok(open_whole(&maker, &core));
	check_ok(target_read(core, 0x400ffc, bytes, 4));
	assert_int_equal(bytes[3], 1);
	/* Over the seam of two segments. */
	check_ok(target_read(core, 0x500ff0, bytes, 32));
	assert_true(bytes[15] == 2 && bytes[16] == 3);
	/* Beyond what the core has, between segments, and around the end of all addresses. */
	check_error(target_read(core, 0x501ffc, bytes, 8), ERROR_FAULT, "0x501ffc");
	check_error(target_read(core, 0x600000, bytes, 1), ERROR_FAULT, "0x600000");
	check_error(target_read(core, 0x400ff0, bytes, 32), ERROR_FAULT, "");
	check_error(target_read(core, UINT64_MAX - 3, bytes, 8), ERROR_FAULT, "");
	check_ok(target_read(core, 0, bytes, 0));
	struct target_range ranges[] = {
		{ .address = 0x501000, .length = 4096, .into = bytes },
		{ .address = 0x700000, .length = 1, .into = bytes + 4096 },
		{ .address = 0x400000, .length = 4096, .into = bytes + 4096 },
	};
	check_ok(target_read_ranges(core, ranges, 3));
	assert_true(ranges[0].done && !ranges[1].done && ranges[2].done);
	assert_true(bytes[4095] == 3 && bytes[4096] == 1);
}

static void test_facts(void **state)
{
	(void)state;
	struct core_maker maker = { 0 };
	_cleanup_(target_cleanup) struct target *core = NULL;
	int info[32] = { SIGSEGV };
	core_maker_note(&maker, NT_SIGINFO, info, sizeof(info));
	make_usual(&maker);
	check_ok(open_whole(&maker, &core));
	const struct core_facts *facts = core_facts(core);
	assert_non_null(facts);
	assert_int_equal(facts->pid, 4242);
	assert_string_equal(facts->program, "shop");
	assert_int_equal(facts->signal, SIGSEGV);
	assert_true(facts->held == 3 * 4096 && facts->memory == 6 * 4096);
	assert_true(facts->cut == 0 && facts->warning_count == 0);
	assert_true(facts->written_unix_ns > 0);
	size_t count = 0;
	const struct target_thread *threads = target_threads(core, &count);
	assert_int_equal(count, 2);
	assert_true(threads[1].id == 4243 && threads[1].registers.pc == 0x402000);
	assert_true(threads[1].stopped && threads[1].namespace_id == 4243);
	assert_false(target_runs(core));
	assert_true(facts->file_size == maker.size && facts->file_data <= facts->file_size);
	/* No process of this machine is meant. */
	assert_int_equal(target_pid(core), 0);
}

static void test_mappings(void **state)
{
	(void)state;
	struct core_maker maker = { 0 };
	_cleanup_(target_cleanup) struct target *core = NULL;
	const struct target_mapping *m = NULL;
	size_t count = 0;
	/* The file has a page more than the core, before it and between. */
	core_maker_file(&maker, 0x3ff000, 0x402000, 7, "/nowhere/shop (deleted)");
	make_usual(&maker);
	check_ok(open_whole(&maker, &core));
	check_ok(target_mappings(core, &m, &count));
	assert_int_equal(count, 6);
	for (size_t i = 1; i < count; i++)
		assert_true(m[i - 1].end <= m[i].start && m[i].start < m[i].end);
	assert_true(m[0].start == 0x3ff000 && m[0].end == 0x400000 && m[0].offset == 7 * 4096);
	assert_string_equal(m[0].path, "/nowhere/shop");
	assert_true(m[0].deleted && m[0].inode != 0);
	assert_true(m[1].start == 0x400000 && m[1].offset == 8 * 4096 && m[1].executable);
	assert_true(m[2].start == 0x401000 && m[2].end == 0x402000 && !m[2].writable);
	assert_true(m[3].start == 0x500000 && m[3].writable && m[3].inode == 0);
	int file = -1;
	check_error(target_open_file(core, &m[0], &file), ERROR_NOT_FOUND, "/nowhere/shop");
}

/* Every length is an error or a target that says what is missing; nothing ever crashes. */
static void test_cut_anywhere(void **state)
{
	(void)state;
	struct core_maker maker = { 0 };
	size_t opened = 0;
	make_usual(&maker);
	for (size_t size = 0; size < maker.size; size += size < 4096 + 1500 ? 1 : 61) {
		_cleanup_(target_cleanup) struct target *core = NULL;
		uint8_t byte;
		struct error *error = open_made(&maker, size, NULL, &core);
		if (error) {
			assert_true(error->code == ERROR_CORRUPT ||
				    error->code == ERROR_UNSUPPORTED);
			assert_non_null(strstr(error->message, "made"));
			error_destroy(error);
			continue;
		}
		opened++;
		const struct core_facts *facts = core_facts(core);
		assert_true(facts->cut > 0 && facts->warning_count > 0);
		assert_true(facts->held + facts->cut == 3 * 4096);
		/* The last segment of the file is the first one that goes. */
		assert_false(error_ignore(target_read(core, 0x501fff, &byte, 1)));
	}
	assert_true(opened > 100);
}

static void test_lies(void **state)
{
	(void)state;
	struct core_maker maker = { 0 };
	_cleanup_(target_cleanup) struct target *core = NULL;
	const struct target_mapping *m = NULL;
	size_t count = 0;
	uint8_t byte;
	core_maker_load(&maker, 0x400000, PF_R, 4096, (uint64_t)1 << 63, 1);
	core_maker_load(&maker, 0x401000, PF_R, 4096, 4096, 2);        /* inside of the first */
	core_maker_load(&maker, UINT64_MAX - 10, PF_R, 4096, 4096, 3); /* over the end */
	core_maker_load(&maker, 0x300000, PF_R, 4096, 0, 4);           /* smaller than its bytes */
	core_maker_finish(&maker);
	check_ok(open_whole(&maker, &core));
	check_ok(target_mappings(core, &m, &count));
	assert_int_equal(count, 3);
	for (size_t i = 1; i < count; i++)
		assert_true(m[i - 1].end <= m[i].start);
	check_ok(target_read(core, 0x400fff, &byte, 1));
	assert_int_equal(byte, 1);
	check_error(target_read(core, 0x401000, &byte, 1), ERROR_FAULT, "");
	check_ok(target_read(core, 0x300000, &byte, 1));
	assert_int_equal(byte, 4);
}

static void test_notes_that_lie(void **state)
{
	(void)state;
	/* A size that leads out of the region, a count of files without room for them. */
	for (int what = 0; what < 3; what++) {
		struct core_maker maker = { 0 };
		_cleanup_(target_cleanup) struct target *core = NULL;
		uint64_t files[8] = { what == 1 ? UINT64_MAX : 1, 4096, 1, 2, 3 };
		if (what) {
			memset(&files[5], 'x', 3 * sizeof(files[0])); /* no end of the string */
			core_maker_note(&maker, NT_FILE, files, sizeof(files));
		}
		make_usual(&maker);
		if (!what) {
			Elf64_Nhdr header = { 5, UINT32_MAX, NT_PRSTATUS };
			memcpy(maker.bytes + 4096, &header, sizeof(header));
		}
		check_ok(open_whole(&maker, &core));
		assert_int_equal(core_facts(core)->threads, what ? 2 : 0);
		assert_int_equal(core_facts(core)->warning_count, 1);
		assert_null(core_facts(core)->executable);
	}
}

static void test_other_machines(void **state)
{
	(void)state;
	static const struct {
		size_t offset;
		uint8_t byte;
		const char *words;
	} changes[] = {
		{ EI_CLASS, ELFCLASS32, "32-bit" },        { 18, EM_AARCH64, "arm64" },
		{ 18, 0x77, "another machine" },           { 16, ET_EXEC, "no core" },
		{ 54, 32, "program headers of 32 bytes" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		struct core_maker maker = { 0 };
		struct target *core = NULL;
		make_usual(&maker);
		maker.bytes[changes[i].offset] = changes[i].byte;
		struct error *error = open_whole(&maker, &core);
		assert_non_null(error);
		assert_non_null(strstr(error->message, changes[i].words));
		error_destroy(error);
	}
}

/* More segments than e_phnum can count: the number stands in the first section header. */
static void test_many_segments(void **state)
{
	(void)state;
	enum { COUNT = 70000 };
	size_t table = COUNT * sizeof(Elf64_Phdr);
	size_t size = sizeof(Elf64_Ehdr) + table + 4096 + sizeof(Elf64_Shdr);
	uint8_t *bytes = calloc(1, size);
	assert_non_null(bytes);
	struct core_maker maker = { 0 };
	core_maker_finish(&maker);
	Elf64_Ehdr header;
	memcpy(&header, maker.bytes, sizeof(header));
	header.e_phnum = PN_XNUM;
	header.e_shoff = size - sizeof(Elf64_Shdr);
	memcpy(bytes, &header, sizeof(header));
	Elf64_Phdr *headers = (Elf64_Phdr *)(bytes + sizeof(header));
	headers[0] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = sizeof(header) + table };
	for (size_t i = 1; i < COUNT; i++)
		headers[i] = (Elf64_Phdr){ .p_type = PT_LOAD,
					   .p_flags = PF_R,
					   .p_vaddr = i << 13,
					   .p_offset = sizeof(header) + table,
					   .p_filesz = 4096,
					   .p_memsz = 4096 };
	Elf64_Shdr section = { .sh_info = COUNT };
	memcpy(bytes + size - sizeof(section), &section, sizeof(section));
	/* Whole; and without its end, which has the count. */
	for (int cut = 0; cut < 2; cut++) {
		_cleanup_(target_cleanup) struct target *core = NULL;
		_cleanup_(close_descriptor) int file = memfd_create("core", MFD_CLOEXEC);
		const struct target_mapping *m = NULL;
		size_t count = 0, length = size - (cut ? sizeof(section) : 0);
		assert_int_equal(write(file, bytes, length), length);
		check_ok(core_open(file, "made", NULL, &core));
		check_ok(target_mappings(core, &m, &count));
		assert_int_equal(count, COUNT - 1);
	}
	free(bytes);
}

/* An executable of two pages, whose first names a build. */
static void make_executable(uint8_t file[8192], char id)
{
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_phoff = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	};
	Elf64_Phdr notes = { .p_type = PT_NOTE, .p_offset = 256, .p_filesz = 24 };
	Elf64_Nhdr note = { 4, 8, 4 };
	memset(file, 0, 4096);
	memset(file + 4096, 9, 4096);
	memcpy(file, &header, sizeof(header));
	memcpy(file + sizeof(header), &notes, sizeof(notes));
	memcpy(file + 256, &note, sizeof(note));
	memcpy(file + 256 + sizeof(note), "Go\0", 4);
	memset(file + 256 + sizeof(note) + 4, id, 8);
}

static void write_file(const char *path, const uint8_t *bytes, size_t size)
{
	_cleanup_(close_descriptor) int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(file >= 0);
	assert_int_equal(write(file, bytes, size), size);
}

static void test_executable(void **state)
{
	(void)state;
	char folder[] = "/tmp/dowse-core-XXXXXX", path[64], other[64];
	uint8_t file[8192], byte;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/shop", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	make_executable(file, 'a');

	/* The core has the first page; the second is in the file alone. */
	struct core_maker maker = { 0 };
	core_maker_file(&maker, 0x400000, 0x402000, 0, path);
	core_maker_load_bytes(&maker, 0x400000, file, 4096, 8192);
	core_maker_finish(&maker);
	write_file(path, file, sizeof(file));
	{
		_cleanup_(target_cleanup) struct target *core = NULL;
		check_ok(open_whole(&maker, &core));
		check_ok(target_read(core, 0x401fff, &byte, 1));
		assert_int_equal(byte, 9);
		assert_true(core_facts(core)->executable_found);
		assert_string_equal(core_facts(core)->executable, path);
	}
	/* A file that was cut: its last page is filled up, the pages behind are none. */
	write_file(path, file, 4096 + 10);
	{
		_cleanup_(target_cleanup) struct target *core = NULL;
		check_ok(open_whole(&maker, &core));
		check_ok(target_read(core, 0x401fff, &byte, 1));
		assert_int_equal(byte, 0);
	}
	/* Another build under the same name is not taken, from the path or from --exe. */
	make_executable(file, 'b');
	write_file(path, file, sizeof(file));
	{
		_cleanup_(target_cleanup) struct target *core = NULL;
		check_ok(open_whole(&maker, &core));
		check_error(target_read(core, 0x401fff, &byte, 1), ERROR_FAULT, "");
		assert_false(core_facts(core)->executable_found);
		assert_non_null(strstr(core_facts(core)->problem, "another build"));
	}
	struct target *refused = NULL;
	check_error(open_made(&maker, maker.size, path, &refused), ERROR_USAGE, "build id");
	check_error(open_made(&maker, maker.size, folder, &refused), ERROR_USAGE, "no file");
	check_error(open_made(&maker, maker.size, other, &refused), ERROR_NOT_FOUND, "--exe");
	/* The right one elsewhere. */
	make_executable(file, 'a');
	write_file(other, file, sizeof(file));
	{
		_cleanup_(target_cleanup) struct target *core = NULL;
		check_ok(open_made(&maker, maker.size, other, &core));
		check_ok(target_read(core, 0x401fff, &byte, 1));
		assert_int_equal(byte, 9);
	}
	unlink(path);
	unlink(other);
	rmdir(folder);
}

/* A core that shrinks while it is read. */
static void test_shrinks(void **state)
{
	(void)state;
	struct core_maker maker = { 0 };
	_cleanup_(target_cleanup) struct target *core = NULL;
	uint8_t byte;
	make_usual(&maker);
	_cleanup_(close_descriptor) int file = core_maker_open(&maker, maker.size);
	check_ok(core_open(file, "made", NULL, &core));
	check_ok(target_read(core, 0x400000, &byte, 1));
	assert_int_equal(ftruncate(file, 5000), 0);
	check_error(target_read(core, 0x400000, &byte, 1), ERROR_FAULT, "0x400000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reading),        cmocka_unit_test(test_facts),
		cmocka_unit_test(test_mappings),       cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_lies),           cmocka_unit_test(test_notes_that_lie),
		cmocka_unit_test(test_other_machines), cmocka_unit_test(test_many_segments),
		cmocka_unit_test(test_executable),     cmocka_unit_test(test_shrinks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
