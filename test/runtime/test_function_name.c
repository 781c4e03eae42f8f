/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "runtime/function_name.h"

/* FuncIDs as any release might number them. */
static const struct layout layout = {
	.func_id_normal = 0,
	.func_id_gopanic = 10,
	.func_id_sigpanic = 20,
	.func_id_panicwrap = 15,
	.func_id_wrapper = 23,
	.func_id_run_finalizers = 18,
	.func_id_run_cleanups = 19,
};

static void type_arguments_are_three_dots(void **state)
{
	(void)state;
	static const struct {
		const char *linked;
		int minor;
		const char *printed;
	} cases[] = {
		{ "main.main", 26, "main.main" },
		{ "runtime.gopanic", 26, "panic" },
		{ "main.Map[go.shape.int,go.shape.string]", 26, "main.Map[...]" },
		{ "main.(*List[go.shape.[]uint8]).Push", 26, "main.(*List[...]).Push" },
		{ "main.Map[...].func1", 19, "main.Map[...].func1" },
		/* Two lists: one before 1.27, where the first bracket to the last are cut. */
		{ "main.(*T[go.shape.int]).m[go.shape.string]", 26, "main.(*T[...]" },
		{ "main.(*T[go.shape.int]).m[go.shape.string]", 27, "main.(*T[...]).m[...]" },
		{ "main.F[go.shape.map[string][]int].func1", 27, "main.F[...].func1" },
		{ "odd]name[", 26, "odd]name[" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		assert_string_equal(function_printed_name(cases[i].linked, cases[i].minor, &arena),
				    cases[i].printed);
		arena_deinit(&arena);
	}
}

static bool shown(const char *linked, int32_t func_id, int32_t callee, bool first, int minor)
{
	return function_is_shown(linked, func_id, callee, first, &layout, minor);
}

static void the_runtimes_own_frames_are_hidden(void **state)
{
	(void)state;
	assert_true(shown("main.main", 0, 0, true, 26));
	assert_true(shown("sync.runtime_Semacquire", 0, 0, true, 26));
	assert_true(shown("runtime/debug.Stack", 0, 0, true, 26));
	assert_false(shown("runtime.gopark", 0, 0, true, 26));
	assert_false(shown("_cgoexp_1234_callback", 0, 0, true, 26));
	assert_true(shown("runtime.Gosched", 0, 0, true, 26));
}

static void methods_of_exported_types_are_shown_from_1_23(void **state)
{
	(void)state;
	assert_true(shown("runtime.(*Frames).Next", 0, 0, true, 23));
	assert_false(shown("runtime.(*Frames).Next", 0, 0, true, 22));
	assert_false(shown("runtime.(*mheap).alloc", 0, 0, true, 23));
	assert_false(shown("runtime.(*mheap).Alloc", 0, 0, true, 23));
	assert_false(shown("runtime.(*Func).raw", 0, 0, true, 23));
}

static void a_panic_in_the_middle_is_shown(void **state)
{
	(void)state;
	assert_false(shown("runtime.gopanic", 10, 0, true, 26));
	assert_true(shown("runtime.gopanic", 10, 0, false, 26));
}

static void a_wrapper_stays_where_it_panicked(void **state)
{
	(void)state;
	assert_false(shown("main.(*T).Method", 23, 0, false, 26));
	assert_true(shown("main.(*T).Method", 23, 15, false, 26));
	assert_true(shown("main.(*T).Method", 23, 20, false, 26));
}

static void finalizers_are_shown_from_1_25(void **state)
{
	(void)state;
	assert_true(shown("runtime.runFinalizers", 18, 0, false, 25));
	assert_false(shown("runtime.runfinq", 18, 0, false, 24));
	assert_true(shown("runtime.runCleanups", 19, 0, false, 25));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(type_arguments_are_three_dots),
		cmocka_unit_test(the_runtimes_own_frames_are_hidden),
		cmocka_unit_test(methods_of_exported_types_are_shown_from_1_23),
		cmocka_unit_test(a_panic_in_the_middle_is_shown),
		cmocka_unit_test(a_wrapper_stays_where_it_panicked),
		cmocka_unit_test(finalizers_are_shown_from_1_25),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
