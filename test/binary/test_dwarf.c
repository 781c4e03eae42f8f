/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "binary/dwarf.h"

/*
 * Two readers of debug information that share no line, that of this library and Go's own (which
 * made the table), must agree on programs that real toolchains build here and now. Then the
 * reader is given broken debug information.
 */

static char *program_path(const char *name)
{
	char *path = NULL;
	const char *build = getenv("BUILD_DIR");

	assert_true(asprintf(&path, "%s/test/layouts/%s", build ? build : "/tmp/dowse-test", name) >
		    0);
	return path;
}

/* Build the program of tools/layouts with one toolchain; the go command keeps what it compiled. */
static char *program_build(const char *name, const char *toolchain, const char *environment,
			   const char *flags)
{
	char *path = program_path(name);
	char *command = NULL;
	const char *source = getenv("SOURCE_DIR");

	/* Under the toolchain's own go command: the one on the path may not know the experiment. */
	assert_true(asprintf(&command,
			     "mkdir -p \"$(dirname '%s')\" && "
			     "root=$(GOTOOLCHAIN=%s go env GOROOT) && "
			     "GOTOOLCHAIN=local GOROOT=$root GOFLAGS= GO111MODULE=off "
			     "CGO_ENABLED=0 %s \"$root/bin/go\" build %s -o '%s' "
			     "'%s/tools/layouts/program/main.go'",
			     path, toolchain, environment, flags, path, source ? source : ".") > 0);
	if (system(command) != 0)
		fail_msg("cannot build with %s: %s", toolchain, command);
	free(command);
	return path;
}

static struct elf *program_open(const char *path)
{
	struct elf *elf;
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(descriptor >= 0);
	check_ok(elf_open(descriptor, path, &elf));
	close(descriptor);
	return elf;
}

static void table_equals_program(const char *name, const char *toolchain, const char *release,
				 const char *environment, const char *flags)
{
	char *path = program_build(name, toolchain, environment, flags);
	struct elf *elf = program_open(path);
	struct layout table;
	struct layout alone;
	struct layout filled;
	struct layout_match match;
	size_t described = 0;

	check_ok(layout_find(release, elf_machine(elf), &match, &table));
	assert_int_equal(match.precision, LAYOUT_EXACT);
	check_ok(dwarf_layout(elf, NULL, &alone));
	check_ok(dwarf_layout(elf, &table, &filled));
	for (size_t i = 0; i < LAYOUT_FIELDS; i++) {
		described += alone.values[i] != LAYOUT_ABSENT;
		if (filled.values[i] != table.values[i])
			fail_msg("%s: %s is %d in the program, %d in the table", release,
				 layout_members[i].field, filled.values[i], table.values[i]);
		if (alone.values[i] != LAYOUT_ABSENT && alone.values[i] != table.values[i])
			fail_msg("%s: %s is %d in the program alone, %d in the table", release,
				 layout_members[i].field, alone.values[i], table.values[i]);
	}
	/* Each release has between 75 and 93 % of the fields; the program uses nearly all. */
	assert_true(described >= LAYOUT_FIELDS * 7 / 10);
	assert_true(layout_has(alone.g_goid));
	assert_true(layout_has(alone.func_id_wrapper));
	elf_destroy(elf);
	free(path);
}

static void oldest_release(void **state)
{
	(void)state;
	table_equals_program("1.19", "go1.19.13", "go1.19.13", "", "");
}

static void middle_release_linked_as_pie(void **state)
{
	(void)state;
	table_equals_program("1.23", "go1.23.12", "go1.23.12", "", "-buildmode=pie");
}

static void first_release_with_dwarf_5(void **state)
{
	(void)state;
	table_equals_program("1.25", "go1.25.5", "go1.25.5", "", "-ldflags=-compressdwarf=false");
}

static void other_machine(void **state)
{
	(void)state;
	table_equals_program("1.26-arm64", "go1.26.8", "go1.26.8", "GOARCH=arm64", "");
}

static void experiment(void **state)
{
	(void)state;
	table_equals_program("1.26-nogreenteagc", "go1.26.8", "go1.26.8-X:nogreenteagc",
			     "GOEXPERIMENT=nogreenteagc", "");
}

static void newest_release(void **state)
{
	(void)state;
	table_equals_program("1.27", "go1.27.0", "go1.27.0", "", "");
}

static void no_debug_information_is_said(void **state)
{
	(void)state;
	char *path = program_build("stripped", "go1.26.8", "", "-ldflags=-w");
	struct elf *elf = program_open(path);
	struct layout layout = { .g_goid = 7 };

	check_error(dwarf_layout(elf, NULL, &layout), ERROR_NOT_FOUND, "no debug information");
	assert_int_equal(layout.g_goid, 7);
	elf_destroy(elf);
	free(path);
}

/* xorshift: the same faults in every run. */
static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

struct broken {
	uint8_t *bytes;
	size_t size;
	const uint8_t *original;
	struct elf_section section;
};

/* The reader must come back, with a layout or with an error that says where. */
static bool broken_try(const struct broken *broken)
{
	struct elf *elf;
	int descriptor = memfd_create("broken", MFD_CLOEXEC);

	assert_true(descriptor >= 0);
	for (size_t written = 0; written < broken->size;) {
		ssize_t count = write(descriptor, broken->bytes + written, broken->size - written);
		assert_true(count > 0);
		written += (size_t)count;
	}
	check_ok(elf_open(descriptor, "broken", &elf));
	close(descriptor);
	struct layout layout;
	struct error *error = dwarf_layout(elf, NULL, &layout);
	bool failed = error != NULL;
	if (error) {
		assert_true(error->code == ERROR_CORRUPT || error->code == ERROR_NOT_FOUND ||
			    error->code == ERROR_LIMIT);
		assert_non_null(strstr(error->message, "broken"));
		error_destroy(error);
	}
	elf_destroy(elf);
	return failed;
}

static size_t section_break(struct broken *broken, uint64_t *seed, int tries)
{
	size_t failures = 0;

	for (int i = 0; i < tries; i++) {
		uint64_t at[8];
		for (size_t k = 0; k < ARRAY_SIZE(at); k++) {
			at[k] = broken->section.offset + random_next(seed) % broken->section.size;
			broken->bytes[at[k]] = (uint8_t)random_next(seed);
		}
		failures += broken_try(broken);
		for (size_t k = 0; k < ARRAY_SIZE(at); k++)
			broken->bytes[at[k]] = broken->original[at[k]];
	}
	return failures;
}

static void broken_debug_information_is_survived(void **state)
{
	(void)state;
	char *path = program_build("uncompressed", "go1.26.8", "", "-ldflags=-compressdwarf=false");
	struct elf *elf = program_open(path);
	struct file_bytes file;
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t seed = 0x9e3779b97f4a7c15;
	size_t failures = 0;

	check_ok(file_map(descriptor, path, &file));
	close(descriptor);
	struct broken broken = {
		.bytes = malloc(file.size),
		.size = file.size,
		.original = file.bytes,
	};
	assert_non_null(broken.bytes);
	memcpy(broken.bytes, file.bytes, file.size);
	assert_false(broken_try(&broken));

	broken.section = *elf_find_section(elf, ".debug_abbrev");
	failures += section_break(&broken, &seed, 40);
	broken.section = *elf_find_section(elf, ".debug_info");
	failures += section_break(&broken, &seed, 40);
	/* A fault among the abbreviations that Go uses cannot stay unseen. */
	assert_true(failures > 10);

	/* Cut short: every unit's end is beyond the section's. */
	memset(broken.bytes + broken.section.offset, 0xfe, 4);
	assert_true(broken_try(&broken));

	free(broken.bytes);
	file_bytes_deinit(&file);
	elf_destroy(elf);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oldest_release),
		cmocka_unit_test(middle_release_linked_as_pie),
		cmocka_unit_test(first_release_with_dwarf_5),
		cmocka_unit_test(other_machine),
		cmocka_unit_test(experiment),
		cmocka_unit_test(newest_release),
		cmocka_unit_test(no_debug_information_is_said),
		cmocka_unit_test(broken_debug_information_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
