/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <sys/sysmacros.h>

#include "target/maps.h"

static struct error *parse(const char *text, struct maps *ret)
{
	struct file_bytes bytes = { .bytes = (uint8_t *)strdup(text), .size = strlen(text) };
	return maps_parse(&bytes, ret);
}

static void test_lines(void **state)
{
	(void)state;
	_cleanup_(maps_deinit) struct maps maps = { 0 };
	check_ok(parse(
		"00400000-004b2000 r-xp 00001000 fe:01 131077                     /opt/a b/shop\n"
		"c000000000-c004000000 rw-p 00000000 00:00 0 \n"
		"7f0000000000-7f0000001000 r--s 00002000 103:0a 42 /tmp/x (deleted)\n"
		"7f0000002000-7f0000003000 ---p 00000000 00:00 0\n"
		"7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0                          [stack]\n"
		"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]\n",
		&maps));
	assert_int_equal(maps.mappings.count, 6);
	const struct target_mapping *m = maps.mappings.items;
	assert_true(m[0].start == 0x400000 && m[0].end == 0x4b2000 && m[0].offset == 0x1000);
	assert_true(m[0].readable && !m[0].writable && m[0].executable && !m[0].shared);
	assert_true(m[0].device == makedev(0xfe, 1) && m[0].inode == 131077);
	assert_string_equal(m[0].path, "/opt/a b/shop");
	assert_false(m[0].deleted);
	assert_string_equal(m[1].path, "");
	assert_true(m[1].writable && !m[1].executable && m[1].inode == 0);
	assert_true(m[2].shared && m[2].deleted && m[2].device == makedev(0x103, 0xa));
	assert_string_equal(m[2].path, "/tmp/x");
	assert_string_equal(m[3].path, "");
	assert_false(m[3].readable || m[3].writable || m[3].executable);
	assert_string_equal(m[4].path, "[stack]");
	assert_int_equal(m[5].end, 0xffffffffff601000);

	assert_ptr_equal(maps_find(&maps, 0x400000), &m[0]);
	assert_ptr_equal(maps_find(&maps, 0x4b1fff), &m[0]);
	assert_null(maps_find(&maps, 0x4b2000));
	assert_null(maps_find(&maps, 0));
	assert_ptr_equal(maps_find(&maps, 0xc000000000), &m[1]);
	assert_ptr_equal(maps_find(&maps, 0x7ffffffde123), &m[4]);
}

static void test_nonsense(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"x\n",     "00400000 r-xp 0 0:0 0\n", "5-4 r-xp 0 00:00 0 /x\n",
		"1-2 r\n", "1-2 r-xp 0 0000 0 /x\n",  "\n",
	};
	struct maps maps;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_error(parse(bad[i], &maps), ERROR_CORRUPT, "not understood");
	check_ok(parse("", &maps));
	assert_int_equal(maps.mappings.count, 0);
	maps_deinit(&maps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_nonsense),
	};
	return cmocka_run_group_tests_name("target/maps", tests, NULL, NULL);
}
