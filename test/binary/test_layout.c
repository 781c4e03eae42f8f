/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "binary/layout.h"

/*
 * What the table says, against facts that were read off the runtime's sources by hand, and how a
 * release is chosen. That the table equals what the toolchains put into programs is test_dwarf.c.
 */

static struct layout found(const char *release, enum elf_machine machine,
			   enum layout_precision precision, const char *used)
{
	struct layout layout;
	struct layout_match match;

	check_ok(layout_find(release, machine, &match, &layout));
	if (match.precision != precision || strcmp(match.release, used) != 0)
		fail_msg("%s: precision %d, release %s; expected %d, %s", release, match.precision,
			 match.release, precision, used);
	return layout;
}

static void known_releases_have_known_members(void **state)
{
	(void)state;
	struct layout old = found("go1.19.13", ELF_AMD64, LAYOUT_EXACT, "go1.19.13");
	assert_int_equal(old.g_goid, 152);
	assert_int_equal(old.g_sched_pc, 64);
	assert_int_equal(old.func_id_wrapper, 21);
	assert_int_equal(old.heap_arena_l2_bits, 22);
	assert_int_equal(old.sema_table_entry_stride, 64);
	assert_false(layout_has(old.g_parent_goid));
	assert_true(layout_has(old.timer_status_waiting));

	/* 1.23 has a member more before goid, the syscall's frame pointer; 1.25 lost gobuf's ret. */
	struct layout middle = found("go1.23.12", ELF_AMD64, LAYOUT_EXACT, "go1.23.12");
	assert_int_equal(middle.g_goid, 160);
	assert_int_equal(middle.timer_when_size, 16);
	assert_false(layout_has(middle.timer_status_waiting));

	struct layout late = found("go1.27.0", ELF_AMD64, LAYOUT_EXACT, "go1.27.0");
	assert_int_equal(late.g_goid, 152);
	assert_false(layout_has(late.gobuf_ret));
	assert_true(layout_has(late.module_typedesclen));
	assert_false(layout_has(late.module_typelinks));
	/* The two words of a pointer that may be traced: the second is the truth. */
	assert_int_equal(late.sudog_elem_vu - late.sudog_elem, 8);

	struct layout arm = found("go1.26.8", ELF_ARM64, LAYOUT_EXACT, "go1.26.8");
	assert_int_equal(arm.sema_table_entry_stride, 128); /* a cache line there */
	assert_int_equal(arm.g_goid, late.g_goid);
}

static void patches_move_members(void **state)
{
	(void)state;
	/* Within Go 1.23: .2 and .3 changed runtime.timer, .4 runtime.work, .12 runtime.m. */
	struct layout first = found("go1.23.1", ELF_AMD64, LAYOUT_EXACT, "go1.23.1");
	struct layout second = found("go1.23.2", ELF_AMD64, LAYOUT_EXACT, "go1.23.2");
	struct layout third = found("go1.23.3", ELF_AMD64, LAYOUT_EXACT, "go1.23.3");
	struct layout fourth = found("go1.23.4", ELF_AMD64, LAYOUT_EXACT, "go1.23.4");
	struct layout last = found("go1.23.12", ELF_AMD64, LAYOUT_EXACT, "go1.23.12");
	assert_int_not_equal(first.timer_is_sending, second.timer_is_sending);
	assert_int_not_equal(second.timer_size, third.timer_size);
	assert_int_not_equal(third.work_size, fourth.work_size);
	assert_int_not_equal(fourth.m_alllink, last.m_alllink);
}

static void experiments_move_members(void **state)
{
	(void)state;
	struct layout plain = found("go1.26.8", ELF_AMD64, LAYOUT_EXACT, "go1.26.8");
	struct layout without = found("go1.26.8-X:nogreenteagc", ELF_AMD64, LAYOUT_EXACT,
				      "go1.26.8 X:nogreenteagc");
	assert_true(without.p_size < plain.p_size);
	struct layout before = found("go1.25.5", ELF_AMD64, LAYOUT_EXACT, "go1.25.5");
	struct layout with = found("go1.25.5 X:greenteagc", ELF_AMD64, LAYOUT_EXACT,
				   "go1.25.5 X:greenteagc");
	assert_true(with.p_size > before.p_size);

	/* Changes nothing that is known: the release stays exact. */
	struct layout boring = found("go1.25.5 X:boringcrypto", ELF_AMD64, LAYOUT_EXACT,
				     "go1.25.5 X:boringcrypto");
	assert_memory_equal(&boring, &before, sizeof(boring));

	struct layout both = found("go1.25.5 X:greenteagc,boringcrypto", ELF_AMD64, LAYOUT_EXACT,
				   "go1.25.5 X:greenteagc,boringcrypto");
	assert_memory_equal(&both, &with, sizeof(both));
	struct layout old_maps = found("go1.24.13 X:noswissmap,synctest", ELF_AMD64, LAYOUT_EXACT,
				       "go1.24.13 X:noswissmap,synctest");
	assert_true(layout_has(old_maps.hmap_buckets));
	assert_false(layout_has(old_maps.swiss_map_dir_ptr));
}

static void unknown_experiments_are_said(void **state)
{
	(void)state;
	struct layout layout;
	struct layout_match match;

	check_ok(layout_find("go1.26.8-X:nogreenteagc,warpdrive", ELF_AMD64, &match, &layout));
	assert_int_equal(match.precision, LAYOUT_NEAREST);
	assert_true(match.unknown_experiment);
	assert_string_equal(match.release, "go1.26.8 X:nogreenteagc");
	check_ok(layout_find("go1.26.8-X:nogreenteagc", ELF_AMD64, &match, &layout));
	assert_false(match.unknown_experiment);
}

static void other_names_of_releases(void **state)
{
	(void)state;
	struct layout layout = found("go1.26.8-custom", ELF_AMD64, LAYOUT_LIKELY, "go1.26.8");
	struct layout same = found("go1.26.8", ELF_AMD64, LAYOUT_EXACT, "go1.26.8");
	assert_memory_equal(&layout, &same, sizeof(layout));
	found("go1.24.13 (vendor 1.24.13-2.el9)", ELF_AMD64, LAYOUT_LIKELY, "go1.24.13");
	found("go1.27rc1", ELF_AMD64, LAYOUT_NEAREST, "go1.27.0");
	found("go1.27-devel_0a1b2c3d Tue Jan 6 10:00:00 2026", ELF_AMD64, LAYOUT_NEAREST,
	      "go1.27.0");

	char newest[16];
	for (size_t i = 0; layout_release(i, &(char[16]){ "" }); i++)
		layout_release(i, &newest);
	found("devel go1.77-abcdef", ELF_AMD64, LAYOUT_NEAREST, newest);
	found("go1.77.3", ELF_AMD64, LAYOUT_NEAREST, newest);
	found("go1.99999999999999999999.5", ELF_AMD64, LAYOUT_NEAREST, newest);
}

static void what_is_too_old_is_refused(void **state)
{
	(void)state;
	struct layout layout = { .g_goid = 7 };

	check_error(layout_find("go1.18.10", ELF_AMD64, NULL, &layout), ERROR_UNSUPPORTED,
		    "go1.18.10");
	check_error(layout_find("go1.4", ELF_AMD64, NULL, &layout), ERROR_UNSUPPORTED, "Go 1.19");
	check_error(layout_find("", ELF_AMD64, NULL, &layout), ERROR_UNSUPPORTED, "Go release");
	check_error(layout_find("devel +0a1b2c3", ELF_AMD64, NULL, &layout), ERROR_UNSUPPORTED,
		    "Go release");
	check_error(layout_find("go1.", ELF_AMD64, NULL, &layout), ERROR_UNSUPPORTED, "go1.");
	assert_int_equal(layout.g_goid, 7);
}

static void minor_releases(void **state)
{
	(void)state;
	assert_int_equal(layout_minor("go1.26.8"), 26);
	assert_int_equal(layout_minor("go1.20"), 20);
	assert_int_equal(layout_minor("devel go1.28-abcdef"), 28);
	assert_int_equal(layout_minor("go1.26.8-X:nogreenteagc"), 26);
	assert_int_equal(layout_minor("go2"), -1);
	assert_int_equal(layout_minor(""), -1);
}

/* Every release is found by its own name, in order; a goroutine is readable in all of them. */
static void every_release_is_found(void **state)
{
	(void)state;
	char name[16];
	int last = 0;
	size_t count = 0;

	for (; layout_release(count, &name); count++) {
		int minor;
		int patch;
		assert_int_equal(sscanf(name, "go1.%d.%d", &minor, &patch), 2);
		assert_true(minor * 1000 + patch > last);
		last = minor * 1000 + patch;
		for (int i = 0; i < 2; i++) {
			struct layout layout;
			struct layout_match match;
			check_ok(layout_find(name, i ? ELF_ARM64 : ELF_AMD64, &match, &layout));
			assert_int_equal(match.precision, LAYOUT_EXACT);
			assert_true(layout_has(layout.g_goid) && layout_has(layout.m_curg) &&
				    layout_has(layout.hchan_recvq_first) &&
				    layout_has(layout.mspan_elemsize) &&
				    layout_has(layout.mheap_heap_arenas) &&
				    layout_has(layout.p_timers_heap) &&
				    layout_has(layout.func_id_wrapper));
			assert_true(layout.g_goid + 8 <= layout.g_size);
		}
	}
	assert_true(count >= 74);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_releases_have_known_members),
		cmocka_unit_test(patches_move_members),
		cmocka_unit_test(experiments_move_members),
		cmocka_unit_test(unknown_experiments_are_said),
		cmocka_unit_test(other_names_of_releases),
		cmocka_unit_test(what_is_too_old_is_refused),
		cmocka_unit_test(minor_releases),
		cmocka_unit_test(every_release_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
