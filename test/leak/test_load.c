/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "leak/load.h"
#include "model/synthetic.h"

struct bench {
	struct goroutines goroutines;
	struct goroutine_group_vector groups;
};

static void bench_end(struct bench *bench)
{
	goroutine_group_vector_deinit(&bench->groups);
	goroutines_deinit(&bench->goroutines);
}

static const struct goroutine *add(struct bench *bench, unsigned count, const char *state,
				   const char *frames, const char *creator)
{
	const struct goroutine *last = NULL;
	for (unsigned i = 0; i < count; i++)
		last = synthetic_add(&bench->goroutines, state, frames, creator);
	return last;
}

static void group(struct bench *bench)
{
	const struct goroutine_filter filter = { .min_wait_ns = -1 };
	check_ok(goroutines_group(&bench->goroutines, &filter, &bench->groups));
}

#define SERVE   "net/http.(*Server).Serve@server.go:3"
#define HANDLER "main.stream@events.go:9 net/http.(*conn).serve@server.go:1"
#define READER                                                                                     \
	"internal/poll.runtime_pollWait@netpoll.go:1 "                                             \
	"net/http.(*connReader).backgroundRead@server.go:6"
#define STARTER "net/http.(*connReader).startBackgroundRead@server.go:5"

static bool is_served(unsigned handlers, unsigned readers, const char *frames)
{
	_cleanup_(bench_end) struct bench bench = { 0 };
	add(&bench, handlers, "select", frames, SERVE);
	add(&bench, readers, "IO wait", READER, STARTER);
	group(&bench);
	return load_is_served(&bench.groups, &bench.goroutines.list.items[0], handlers);
}

static void handlers_are_excused_while_their_clients_are_there(void **state)
{
	(void)state;
	assert_true(is_served(100, 100, HANDLER));
	assert_true(is_served(100, 80, HANDLER));
	/* Whose clients have gone. */
	assert_false(is_served(100, 79, HANDLER));
	assert_false(is_served(100, 0, HANDLER));
	assert_false(is_served(100, 100, "main.work@work.go:3"));
	/* Many streams have one connection. */
	assert_true(is_served(100, 1,
			      "main.stream@events.go:9 "
			      "net/http.(*http2serverConn).runHandler@h2_bundle.go:1"));
	assert_true(is_served(100, 0,
			      "main.stream@events.go:9 "
			      "google.golang.org/grpc.(*Server).handleStream@server.go:1"));
}

static void writers_come_in_pairs_with_readers(void **state)
{
	(void)state;
	const struct place creation = { .function = "main.serve", .file = "ws.go", .line = 2 };
	const struct place other = { .function = "main.other", .file = "ws.go", .line = 2 };
	const struct place unknown = { 0 };
	_cleanup_(bench_end) struct bench bench = { 0 };
	add(&bench, 80, "IO wait", "net.(*conn).Read@net.go:1 main.read@ws.go:9",
	    "main.serve@ws.go:1");
	add(&bench, 100, "select", "main.write@ws.go:20", "main.serve@ws.go:2");
	group(&bench);
	assert_true(load_is_paired(&bench.groups, &creation, 100));
	assert_false(load_is_paired(&bench.groups, &creation, 101));
	assert_false(load_is_paired(&bench.groups, &other, 100));
	assert_false(load_is_paired(&bench.groups, &unknown, 100));
}

static void growth_is_what_comes_and_does_not_end(void **state)
{
	(void)state;
	const struct {
		struct load_change change;
		bool grows;
	} cases[] = {
		{ { .kept = 1, .fresh = 10 }, true },
		{ { .kept = 1, .fresh = 9 }, false },
		{ { .kept = 0, .fresh = 1000 }, false }, /* who was there? */
		{ { .kept = 200, .fresh = 10 }, true },
		{ { .kept = 201, .fresh = 10 }, false }, /* too few of them */
		{ { .kept = 100, .fresh = 40, .gone = 2 }, true },
		{ { .kept = 100, .fresh = 40, .gone = 3 }, false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (load_change_grows(&cases[i].change) != cases[i].grows)
			fail_msg("case %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handlers_are_excused_while_their_clients_are_there),
		cmocka_unit_test(writers_come_in_pairs_with_readers),
		cmocka_unit_test(growth_is_what_comes_and_does_not_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
