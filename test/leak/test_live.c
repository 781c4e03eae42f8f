/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "fix/fix.h"
#include "leak/live/live.h"
#include "model/synthetic.h"

#define SECOND INT64_C(1000000000)

/* What the detectors find in goroutines; the first one made is goroutine 1. */
struct bench {
	struct goroutines goroutines;
	struct goroutine_group_vector groups;
	struct findings findings;
	bool guessed;
};

static void bench_begin(struct bench *bench)
{
	*bench = (struct bench){ 0 };
	synthetic_add(&bench->goroutines, "sleep", "time.Sleep@sleep.go:1 main.main@main.go:1",
		      NULL);
}

static void bench_find(struct bench *bench)
{
	struct goroutine_filter filter = { .min_wait_ns = -1 };
	check_ok(goroutines_group(&bench->goroutines, &filter, &bench->groups));
	struct live_evidence evidence = {
		.goroutines = &bench->goroutines,
		.groups = &bench->groups,
		.guessed = bench->guessed,
	};
	check_ok(live_find(&evidence, &(struct live_notes){ 0 }, &bench->findings));
	check_ok(fix_findings(&bench->findings));
}

static void bench_end(struct bench *bench)
{
	findings_deinit(&bench->findings);
	goroutine_group_vector_deinit(&bench->groups);
	goroutines_deinit(&bench->goroutines);
}

#define BENCH(name)                                                                                \
	_cleanup_(bench_end) struct bench name;                                                    \
	bench_begin(&name)

static struct goroutine *add_nil(struct bench *bench, const char *frames, const char *creator)
{
	struct goroutine *goroutine = synthetic_add(&bench->goroutines, "chan receive (nil chan)",
						    frames, creator);
	goroutine->wait.kind = WAIT_NIL_CHANNEL;
	return goroutine;
}

static void a_nil_channel_is_proved(void **state)
{
	(void)state;
	BENCH(bench);
	for (int i = 0; i < 40; i++)
		add_nil(&bench, "main.watch@cart.go:57", "main.start@cart.go:55")->wait_ns = i *
											     SECOND;
	/* Another way to the same place is part of the same finding. */
	add_nil(&bench, "main.watch@cart.go:57 main.outer@cart.go:9", "main.start@cart.go:55")
		->wait_ns = 20 * SECOND;
	bench_find(&bench);
	assert_int_equal(bench.findings.list.count, 1);
	const struct finding *finding = &bench.findings.list.items[0];
	assert_int_equal(finding->rule, RULE_NIL_CHANNEL);
	assert_int_equal(finding->certainty, CERTAINTY_PROVED);
	assert_int_equal(finding->count, 41);
	assert_int_equal(finding->bytes, 41 * 2048);
	assert_string_equal(finding->place.function, "main.watch");
	assert_int_equal(finding->place.line, 57);
	assert_int_equal(finding->created_by.line, 55);
	assert_true(finding->wait_min_ns == 0 && finding->wait_max_ns == 39 * SECOND);
	assert_string_equal(finding->title, "41 goroutines receive from a nil channel");
	assert_non_null(strstr(finding->fix, "cart.go:55"));
	assert_non_null(strstr(finding->fix, "main.watch"));
}

/* Who has come since the last collection has waited for less than all others, and nobody knows how long. */
static void unknown_waits_are_the_shortest(void **state)
{
	(void)state;
	BENCH(bench);
	add_nil(&bench, "main.watch@cart.go:57", "main.start@cart.go:55")->wait_ns = 28 * SECOND;
	add_nil(&bench, "main.watch@cart.go:57", "main.start@cart.go:55")->wait_ns = -1;
	add_nil(&bench, "main.watch@cart.go:57", "main.start@cart.go:55")->wait_ns = 20 * SECOND;
	bench_find(&bench);
	assert_int_equal(bench.findings.list.count, 1);
	assert_true(bench.findings.list.items[0].wait_min_ns == -1);
	assert_true(bench.findings.list.items[0].wait_max_ns == 28 * SECOND);
	assert_true(bench.groups.items[0].newer || bench.groups.items[1].newer);
}

static void sends_selects_and_single_ones_are_told_as_such(void **state)
{
	(void)state;
	BENCH(bench);
	add_nil(&bench, "main.send@a.go:1", NULL)->wait.send = true;
	synthetic_add(&bench.goroutines, "select (no cases)", "main.block@a.go:2", NULL)
		->wait.kind = WAIT_EMPTY_SELECT;
	bench_find(&bench);
	assert_int_equal(bench.findings.list.count, 2);
	assert_string_equal(bench.findings.list.items[0].title,
			    "a goroutine sends to a nil channel");
	assert_int_equal(bench.findings.list.items[1].rule, RULE_SELECT_WITHOUT_CASES);
}

/* Goroutine 1, the runtime's own, those in a bubble, and what does not wait at all. */
static void what_may_not_be_reported_is_not(void **state)
{
	(void)state;
	BENCH(bench);
	bench.goroutines.list.items[0].wait.kind = WAIT_EMPTY_SELECT;
	bench.goroutines.list.items[0].state_text = "select (no cases)";
	add_nil(&bench, "main.a@a.go:1", NULL)->system = true;
	add_nil(&bench, "main.b@a.go:2", NULL)->bubble = 7;
	add_nil(&bench, "main.c@a.go:3", NULL)->state = GOROUTINE_RUNNABLE;
	bench_find(&bench);
	assert_int_equal(bench.findings.list.count, 0);
	for (size_t i = 0; i < bench.goroutines.list.count; i++)
		assert_false(live_never_wakes(&bench.goroutines, &bench.goroutines.list.items[i]));
}

static void a_guessed_layout_proves_nothing(void **state)
{
	(void)state;
	BENCH(bench);
	bench.guessed = true;
	add_nil(&bench, "main.watch@cart.go:57", NULL);
	bench_find(&bench);
	assert_int_equal(bench.findings.list.items[0].certainty, CERTAINTY_LIKELY);
	assert_non_null(bench.findings.list.items[0].settle);
}

/* A select whose channels were missed, for the process ran on, is not one without cases. */
static void a_torn_select_proves_nothing(void **state)
{
	(void)state;
	BENCH(bench);
	bench.goroutines.torn = true;
	synthetic_add(&bench.goroutines, "select", "main.block@a.go:2", NULL)->wait.kind =
		WAIT_EMPTY_SELECT;
	bench_find(&bench);
	assert_int_equal(bench.findings.list.count, 0);
	add_nil(&bench, "main.watch@cart.go:57", NULL);
	goroutine_group_vector_deinit(&bench.groups);
	bench_find(&bench);
	assert_int_equal(bench.findings.list.count, 1);
}

/* `count` goroutines that wait at one place, each for a channel of its own unless `shared`. */
static void add_crowd(struct bench *bench, unsigned count, int64_t wait_ns, bool shared, bool send)
{
	for (unsigned i = 0; i < count; i++) {
		struct goroutine *goroutine =
			synthetic_add(&bench->goroutines, send ? "chan send" : "chan receive",
				      "main.work@work.go:3", "main.serve@work.go:1");
		goroutine->wait_ns = wait_ns;
		synthetic_wait_channel(&bench->goroutines, goroutine, shared ? 1000 : 1000 + i,
				       send);
	}
}

static void crowds_are_suspected_by_size_and_age(void **state)
{
	(void)state;
	const struct {
		unsigned count;
		int64_t wait_ns;
		bool shared, send;
		size_t found;
	} cases[] = {
		{ 1000, -1, false, false, 1 }, /* large, of unknown age */
		{ 999, -1, false, false, 0 },
		{ 100, 10 * SECOND, false, false, 1 }, /* notable, and old */
		{ 100, 10 * SECOND - 1, false, false, 0 },
		{ 99, 3600 * SECOND, false, false, 0 },
		{ 100, 10 * SECOND, true, true, 1 },     /* senders of one channel */
		{ 999, 3600 * SECOND, true, false, 0 },  /* an idle pool of workers */
		{ 1000, 3600 * SECOND, true, false, 1 }, /* no pool is so large */
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		BENCH(bench);
		add_crowd(&bench, cases[i].count, cases[i].wait_ns, cases[i].shared, cases[i].send);
		bench_find(&bench);
		if (bench.findings.list.count != cases[i].found)
			fail_msg("case %zu", i);
		if (!cases[i].found)
			continue;
		const struct finding *finding = &bench.findings.list.items[0];
		assert_int_equal(finding->rule, RULE_UNBOUNDED_GOROUTINES);
		assert_int_equal(finding->certainty, CERTAINTY_SUSPECT);
		assert_non_null(finding->settle);
		assert_non_null(strstr(finding->fix, "work.go:3"));
	}
}

static void load_is_not_suspected(void **state)
{
	(void)state;
	BENCH(bench);
	for (unsigned i = 0; i < 2000; i++) {
		/* A reader for each connection, and the writer beside it. */
		synthetic_add(&bench.goroutines, "IO wait",
			      "net.(*conn).Read@net.go:1 main.read@ws.go:9", "main.serve@ws.go:1")
			->wait.kind = WAIT_DESCRIPTOR;
		synthetic_add(&bench.goroutines, "select", "main.write@ws.go:20",
			      "main.serve@ws.go:2")
			->wait_ns = 3600 * SECOND;
	}
	for (unsigned i = 0; i < 2000; i++) {
		struct goroutine *busy = synthetic_add(&bench.goroutines, "runnable",
						       "main.busy@b.go:1", "main.main@m.go:1");
		busy->state = GOROUTINE_RUNNABLE;
	}
	bench_find(&bench);
	assert_int_equal(bench.findings.list.count, 0);
}

/* Idle connections of the same server do not excuse handlers that hang. */
static void hanging_handlers_are_suspected_beside_idle_connections(void **state)
{
	(void)state;
	BENCH(bench);
	const char *serve = "net/http.(*Server).Serve@server.go:3";
	for (unsigned i = 0; i < 2000; i++) {
		synthetic_add(&bench.goroutines, "IO wait", "net/http.(*conn).serve@server.go:2",
			      serve)
			->wait.kind = WAIT_DESCRIPTOR;
		synthetic_add(&bench.goroutines, "select",
			      "main.handler@h.go:9 net/http.(*conn).serve@server.go:1", serve);
	}
	bench_find(&bench);
	assert_int_equal(bench.findings.list.count, 1);
	assert_string_equal(bench.findings.list.items[0].place.function, "main.handler");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nil_channel_is_proved),
		cmocka_unit_test(unknown_waits_are_the_shortest),
		cmocka_unit_test(sends_selects_and_single_ones_are_told_as_such),
		cmocka_unit_test(what_may_not_be_reported_is_not),
		cmocka_unit_test(a_guessed_layout_proves_nothing),
		cmocka_unit_test(a_torn_select_proves_nothing),
		cmocka_unit_test(crowds_are_suspected_by_size_and_age),
		cmocka_unit_test(load_is_not_suspected),
		cmocka_unit_test(hanging_handlers_are_suspected_beside_idle_connections),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
