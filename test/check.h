/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TEST_CHECK_H
#define DOWSE_TEST_CHECK_H

/* What every unit test includes: cmocka, and assertions on errors as values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* The expression must succeed. */
#define check_ok(expression)                                                                       \
	do {                                                                                       \
		struct error *check_error_ = (expression);                                         \
		if (check_error_)                                                                  \
			fail_msg("%s: %s", #expression, check_error_->message);                    \
	} while (0)

/* The expression must fail with that code, and with a message that holds `part`. */
#define check_error(expression, expected_code, part)                                               \
	do {                                                                                       \
		struct error *check_error_ = (expression);                                         \
		assert_non_null(check_error_);                                                     \
		if (check_error_->code != (expected_code) ||                                       \
		    !strstr(check_error_->message, (part)))                                        \
			fail_msg("%s: code %d, \"%s\"", #expression, check_error_->code,           \
				 check_error_->message);                                           \
		error_destroy(check_error_);                                                       \
	} while (0)

#endif
