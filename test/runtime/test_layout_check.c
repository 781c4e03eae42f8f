/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "runtime/layout_check.h"

static struct layout layout_of(const char *release)
{
	struct layout layout;
	assert_null(layout_find(release, ELF_AMD64, NULL, &layout));
	return layout;
}

static void test_every_release_passes(void **state)
{
	(void)state;
	char release[16];
	size_t count = 0;
	for (; layout_release(count, &release); count++) {
		struct layout layout = layout_of(release);
		assert_null(layout_check(&layout));
	}
	assert_true(count > 50);
}

static void refuse(const struct layout *layout)
{
	struct error *error = layout_check(layout);
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_CORRUPT);
	error_destroy(error);
}

static void test_members_must_lie_inside(void **state)
{
	(void)state;
	const struct layout good = layout_of("go1.26.8");
	struct layout layout = good;
	layout.g_m = layout.g_size - 8;
	assert_null(layout_check(&layout));
	layout.g_m = layout.g_size - 7;
	refuse(&layout);
	layout = good;
	layout.sudog_is_select = layout.sudog_size - 1;
	assert_null(layout_check(&layout));
	layout.sudog_is_select = layout.sudog_size;
	refuse(&layout);
	layout = good;
	layout.hchan_elemtype = INT32_MAX;
	refuse(&layout);
	layout.hchan_elemtype = INT32_MIN;
	refuse(&layout);
	layout = good;
	layout.poll_desc_wg = layout.poll_desc_size;
	refuse(&layout);
	layout = good;
	layout.mspan_state = layout.mspan_size;
	refuse(&layout);
}

static void test_sizes_must_make_sense(void **state)
{
	(void)state;
	const struct layout good = layout_of("go1.26.8");
	struct layout layout = good;
	layout.m_size = INT32_MAX;
	refuse(&layout);
	layout = good;
	layout.defer_size = 0;
	refuse(&layout);
	/* What has no size is not copied. */
	layout.defer_size = LAYOUT_ABSENT;
	assert_null(layout_check(&layout));
	layout.g_size = LAYOUT_ABSENT;
	assert_true(!error_ignore(layout_check(&layout)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_release_passes),
		cmocka_unit_test(test_members_must_lie_inside),
		cmocka_unit_test(test_sizes_must_make_sense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
