/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <errno.h>

static void errors_say_what_and_where(void **state)
{
	(void)state;
	check_error(error_new(ERROR_CORRUPT, "%s: %d", "core", 7), ERROR_CORRUPT, "core: 7");
	check_error(error_os(ESRCH, "process %d", 4), ERROR_GONE, "process 4: No such process");
	check_error(error_os(EACCES, "x"), ERROR_PERMISSION, "Permission denied");
	check_error(error_wrap(error_new(ERROR_FAULT, "inner %%"), "outer %d", 1), ERROR_FAULT,
		    "outer 1: inner %");
}

static void success_and_want_of_memory_pass_unchanged(void **state)
{
	(void)state;
	assert_null(error_wrap(NULL, "nothing"));
	struct error *error = error_wrap(error_no_memory(), "anything");
	assert_int_equal(error->code, ERROR_NO_MEMORY);
	assert_string_equal(error->message, "out of memory");
	error_destroy(error);
	error_destroy(error); /* static: harmless */
	error_destroy(NULL);
	assert_true(error_ignore(NULL));
	assert_false(error_ignore(error_new(ERROR_OTHER, "dropped")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_say_what_and_where),
		cmocka_unit_test(success_and_want_of_memory_pass_unchanged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
