/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/place.h"
#include "model/synthetic.h"

static const char *const modules[] = { "shop", "corp/lib", "std" };
static const struct place_rule rule = { .modules = modules, .module_count = ARRAY_SIZE(modules) };

static void the_programs_own_code_is_known(void **state)
{
	(void)state;
	static const char *const users[] = {
		"main.main",
		"main.(*Cart).watch.func1",
		"main.Map[...].Get",
		"shop/cart.Add",
		"shop.Open",
		"corp/lib/queue.(*Q).Push",
		"example.com/shop/cart.(*Cart).Add",
		"gopkg.in/yaml%2ev3.Unmarshal",
		"golang.org/x/sync/errgroup.(*Group).Go.func1",
		"example%2ecom.Run",
		"github.com/a/b.F[go.shape.struct { net/http.x int }]",
	};
	static const char *const library[] = {
		"net/http.(*conn).serve",
		"runtime.gopark",
		"time.Sleep",
		"internal/poll.(*FD).Read",
		"vendor/golang.org/x/net/http2/hpack.(*Decoder).Write",
		"sync.(*Map).Range[github.com/a/b.T]",
		"slices.Sort[...]",
		"shopping/cart.Add",
		"corp.F",
		"main_test.Outside",
		"_cgoexp_1234_callback",
		"",
		"?",
	};
	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		if (!place_is_users(&rule, users[i]))
			fail_msg("%s", users[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(library); i++) {
		if (place_is_users(&rule, library[i]))
			fail_msg("%s", library[i]);
	}
}

static void the_place_is_the_innermost_of_the_users_frames(void **state)
{
	(void)state;
	_cleanup_(goroutines_deinit) struct goroutines goroutines = { 0 };
	struct place place = goroutine_place(
		synthetic_add(
			&goroutines, "IO wait",
			"main.hidden@!h.go:1 net.Read@net.go:1 shop/a.F@a.go:7 main.main@m.go:2",
			"main.start@m.go:9"),
		&rule);
	assert_string_equal(place.function, "shop/a.F");
	assert_string_equal(place.file, "a.go");
	assert_int_equal(place.line, 7);

	place = goroutine_place(synthetic_add(&goroutines, "IO wait", "net.Read@net.go:1",
					      "net/http.(*Server).Serve@server.go:9"),
				&rule);
	assert_string_equal(place.function, "net/http.(*Server).Serve");

	place = goroutine_place(
		synthetic_add(&goroutines, "IO wait", "runtime.x@!r.go:1 net.Read@net.go:3", NULL),
		&rule);
	assert_string_equal(place.function, "net.Read");
	place = goroutine_place(synthetic_add(&goroutines, "running", "", NULL), &rule);
	assert_null(place.function);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_programs_own_code_is_known),
		cmocka_unit_test(the_place_is_the_innermost_of_the_users_frames),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
