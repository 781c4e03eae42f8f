/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <elf.h>

#include "base/file.h"
#include "binary/build_info.h"
#include "binary/build_quote.h"

#define ADDRESS      0x400000
#define BLOCK_OFFSET 128

/* One writable segment: headers, then the block: its magic, and what a seed of the fuzzer has. */
static struct elf *image_of(const char *path, uint64_t bss)
{
	static const char magic[] = "\xff Go buildinf:\x08";
	struct file_bytes file = { 0 };
	struct elf *elf = NULL;
	check_ok(file_read(path, 1 << 20, &file));
	size_t size = BLOCK_OFFSET + 15 + file.size;
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_phoff = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	};
	Elf64_Phdr segment = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W,
		.p_vaddr = ADDRESS,
		.p_filesz = size,
		.p_memsz = size + bss,
	};
	uint8_t *image = calloc(1, size);
	assert_non_null(image);
	memcpy(image, &header, sizeof(header));
	memcpy(image + sizeof(header), &segment, sizeof(segment));
	memcpy(image + BLOCK_OFFSET, magic, 15);
	memcpy(image + BLOCK_OFFSET + 15, file.bytes, file.size);
	file_bytes_deinit(&file);
	check_ok(elf_open_image(image, size, "test", &elf));
	return elf;
}

static void strings_in_the_block(void **state)
{
	(void)state;
	_cleanup_(elf_cleanup) struct elf *elf = image_of("fuzz/corpus/build_info/inline", 0);
	struct build_info info = { 0 };
	check_ok(build_info_read(elf, &info));
	assert_string_equal(info.release, "go1.26.8");
	assert_string_equal(info.path, "example.com/shop");
	assert_string_equal(info.main.path, "example.com/shop");
	assert_string_equal(info.main.version, "(devel)");
	assert_string_equal(info.main.sum, "");
	assert_null(info.main.replaced_by);
	assert_int_equal(info.module_count, 1);
	assert_string_equal(info.modules[0].path, "golang.org/x/sys");
	assert_string_equal(info.modules[0].version, "v0.1.0");
	assert_string_equal(info.modules[0].sum, "h1:abc=");
	assert_string_equal(info.modules[0].replaced_by, "../sys");
	assert_int_equal(info.setting_count, 3);
	assert_string_equal(build_info_setting(&info, "-ldflags"), "-s -w -X \"main.v=a b\"");
	assert_string_equal(build_info_setting(&info, "CGO_ENABLED"), "0");
	assert_string_equal(build_info_setting(&info, "odd key"), "as it stands");
	assert_null(build_info_setting(&info, "GOOS"));
	build_info_deinit(&info);
}

/* As Go 1.17 and earlier wrote it: dowse must know the release to refuse it. */
static void pointers_in_the_block(void **state)
{
	(void)state;
	_cleanup_(elf_cleanup) struct elf *elf = image_of("fuzz/corpus/build_info/pointers", 0);
	struct build_info info = { 0 };
	check_ok(build_info_read(elf, &info));
	assert_string_equal(info.release, "go1.17");
	assert_null(info.path);
	assert_int_equal(info.setting_count, 0);
	build_info_deinit(&info);
}

static void a_program_without(void **state)
{
	(void)state;
	struct file_bytes file = { 0 };
	check_ok(file_read("fuzz/corpus/elf/segments-alone", 1 << 20, &file));
	uint8_t *copy = malloc(file.size);
	assert_non_null(copy);
	memcpy(copy, file.bytes, file.size);
	uint8_t *magic = memmem(copy, file.size, "Go buildinf", 11);
	assert_non_null(magic);
	*magic = 'g';
	struct elf *elf = NULL;
	struct build_info info = { 0 };
	check_ok(elf_open_image(copy, file.size, "bare", &elf));
	check_error(build_info_read(elf, &info), ERROR_NOT_GO, "bare: has no Go build information");
	elf_destroy(elf);
	file_bytes_deinit(&file);
}

static void check_unquoted(const char *quoted, char stop, const char *expected, size_t used)
{
	struct arena arena = { 0 };
	const char *text = NULL;
	size_t taken = 0;
	check_ok(build_unquote(&arena, quoted, strlen(quoted), stop, &text, &taken));
	assert_string_equal(text, expected);
	assert_int_equal(taken, used);
	arena_deinit(&arena);
}

static void quotes_as_in_go(void **state)
{
	(void)state;
	check_unquoted("key=value", '=', "key", 3);
	check_unquoted("key=value", '\0', "key=value", 9);
	check_unquoted("\"a=b\"=c", '=', "a=b", 5);
	check_unquoted("`a\\n=b`=c", '=', "a\\n=b", 7);
	check_unquoted("\"\\t\\x41\\101\\u00e9\\U0001F600\\\"\"", '\0',
		       "\tAA\xc3\xa9\xf0\x9f\x98\x80\"", 30);
	check_unquoted("", '=', "", 0);
	/* What is quoted badly is taken as it stands. */
	check_unquoted("\"open", '\0', "\"open", 5);
	check_unquoted("\"\\q\"", '\0', "\"\\q\"", 4);
	check_unquoted("\"\\U00110000\"", '\0', "\"\\U00110000\"", 12);
	check_unquoted("\"\\", '\0', "\"\\", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_in_the_block),
		cmocka_unit_test(pointers_in_the_block),
		cmocka_unit_test(a_program_without),
		cmocka_unit_test(quotes_as_in_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
