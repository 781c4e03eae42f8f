/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check.h"
#include "report/page.h"
#include "report/page_bundle.h"

#define BEGIN "<script type=\"application/json\">"
#define END   "</script>\n"

/* What stands between the two halves of the bundle. */
static void check_between(const char *documents, const char *expected)
{
	_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
	page_html(documents, strlen(documents), &writer);
	size_t length = writer.length - page_bundle_head_length - page_bundle_tail_length;
	const char *text = writer_text(&writer);
	assert_non_null(text);
	assert_memory_equal(text, page_bundle_head, page_bundle_head_length);
	assert_int_equal(length, strlen(expected));
	assert_memory_equal(text + page_bundle_head_length, expected, length);
	assert_memory_equal(text + page_bundle_head_length + length, page_bundle_tail,
			    page_bundle_tail_length);
}

static void test_documents(void **state)
{
	(void)state;
	check_between("", "");
	check_between("{\"dowse\":1}\n", BEGIN "{\"dowse\":1}" END);
	check_between("{}\n{\"a\":[]}", BEGIN "{}" END BEGIN "{\"a\":[]}" END);
	check_between("\n\n", "");
}

static void test_nothing_ends_the_element(void **state)
{
	(void)state;
	check_between("{\"a\":\"</script><!--\"}\n",
		      BEGIN "{\"a\":\"\\u003c/script\\u003e\\u003c!--\"}" END);
	check_between("[\"&lt;\"]\n", BEGIN "[\"\\u0026lt;\"]" END);
	check_between("[\"<<>>\"]\n", BEGIN "[\"\\u003c\\u003c\\u003e\\u003e\"]" END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_nothing_ends_the_element),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
