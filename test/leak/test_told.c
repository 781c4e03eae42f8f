/* SPDX-License-Identifier: Apache-2.0 */
#include "base/writer.h"
#include "check.h"
#include "dump/modules.h"
#include "leak/dump/told.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * What a dump tells of leaks, by dumps of a few lines: each shape that is a finding, and beside it those
 * that look like one and are none, or are less certain.
 */
struct judged {
	struct dumps dumps, earlier;
	struct dump_modules modules;
	struct told told;
	bool same;
};

static void judged_deinit(struct judged *judged)
{
	told_deinit(&judged->told);
	dump_modules_deinit(&judged->modules);
	dumps_deinit(&judged->dumps);
	dumps_deinit(&judged->earlier);
}

static void read_text(const struct writer *text, struct dumps *ret)
{
	const struct dumps_options options = { 0 };
	int file = memfd_create("dump", MFD_CLOEXEC);
	assert_true(file >= 0);
	assert_int_equal(write(file, text->bytes, text->length), text->length);
	assert_int_equal(lseek(file, 0, SEEK_SET), 0);
	check_ok(dumps_read(file, "dump", NULL, 0, &options, ret));
	close(file);
	assert_int_equal(ret->list.count, 1);
}

/* Takes both texts; `earlier` may be NULL. */
static void judge(struct writer *text, struct writer *earlier, struct judged *ret)
{
	*ret = (struct judged){ 0 };
	read_text(text, &ret->dumps);
	if (earlier)
		read_text(earlier, &ret->earlier);
	struct dump *dump = ret->dumps.list.items[0];
	check_ok(dump_modules_add(&ret->modules, &dump->goroutines));
	check_ok(told_judge(dump, earlier ? ret->earlier.list.items[0] : NULL, &ret->modules.rule,
			    &ret->told, &ret->same));
	writer_deinit(text);
	if (earlier)
		writer_deinit(earlier);
}

static const struct finding *find(const struct judged *judged, enum rule_id rule)
{
	const struct finding_vector *list = &judged->told.findings.list;
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].rule == rule)
			return &list->items[i];
	}
	return NULL;
}

static void expect(const struct judged *judged, enum rule_id rule, enum certainty certainty,
		   uint64_t count)
{
	const struct finding *finding = find(judged, rule);
	assert_non_null(finding);
	assert_int_equal(finding->certainty, certainty);
	assert_int_equal(finding->count, count);
}

static size_t findings_in(const struct judged *judged)
{
	return judged->told.findings.list.count;
}

/* A goroutine that main.run has started at line 9, in main.work; minutes of 0 are not told. */
static void add(struct writer *text, unsigned id, const char *state, unsigned minutes)
{
	writer_printf(text, "goroutine %u [%s", id, state);
	if (minutes)
		writer_printf(text, ", %u minutes", minutes);
	writer_string(text, "]:\nmain.work()\n\t/src/main.go:20 +0x1\n"
			    "created by main.run in goroutine 1\n\t/src/main.go:9 +0x2\n\n");
}

static void add_call(struct writer *text, unsigned id, const char *state, const char *calls)
{
	writer_printf(text, "goroutine %u [%s]:\n%s", id, state, calls);
	writer_string(text, "created by main.run in goroutine 1\n\t/src/main.go:9 +0x2\n\n");
}

/* Each came at another time and has waited since; the program started others in between. */
static void a_crowd_by_age(void **state)
{
	(void)state;
	static const struct {
		const char *words;
		enum rule_id rule;
		enum certainty certainty;
	} cases[] = {
		{ "chan receive", RULE_RECEIVE_WITHOUT_SENDER, CERTAINTY_LIKELY },
		{ "chan send", RULE_SEND_WITHOUT_RECEIVER, CERTAINTY_LIKELY },
		{ "select", RULE_UNBOUNDED_GOROUTINES, CERTAINTY_SUSPECT },
		/* Their timers wake them. */
		{ "sleep", RULE_UNBOUNDED_GOROUTINES, CERTAINTY_SUSPECT },
		{ "sync.Cond.Wait", RULE_UNBOUNDED_GOROUTINES, CERTAINTY_SUSPECT },
		{ "something new", RULE_UNBOUNDED_GOROUTINES, CERTAINTY_SUSPECT },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct writer text = WRITER_TO_MEMORY;
		struct judged judged;
		for (unsigned j = 0; j < 50; j++)
			add(&text, 100 + j * 10, cases[i].words, 100 - j);
		judge(&text, NULL, &judged);
		expect(&judged, cases[i].rule, cases[i].certainty, 50);
		judged_deinit(&judged);
	}
}

/* Workers of a pool: started together, and whoever has worked last has waited least. */
static void a_pool_is_none(void **state)
{
	(void)state;
	struct writer text = WRITER_TO_MEMORY;
	struct judged judged;
	for (unsigned i = 0; i < 50; i++)
		add(&text, 100 + i, "chan receive", 1 + i * 37 % 50);
	judge(&text, NULL, &judged);
	assert_null(find(&judged, RULE_RECEIVE_WITHOUT_SENDER));
	assert_int_equal(findings_in(&judged), 0);
	judged_deinit(&judged);
}

/* A goroutine that writes beside each that reads a connection is load. */
static void partners_of_connections_are_none(void **state)
{
	(void)state;
	for (unsigned readers = 0; readers <= 50; readers += 50) {
		struct writer text = WRITER_TO_MEMORY;
		struct judged judged;
		for (unsigned i = 0; i < 50; i++)
			add(&text, 100 + i * 10, "chan receive", 100 - i);
		for (unsigned i = 0; i < readers; i++)
			writer_printf(&text,
				      "goroutine %u [IO wait]:\nmain.read()\n\t/src/main.go:30\n"
				      "created by main.run in goroutine 1\n\t/src/main.go:10\n\n",
				      5000 + i);
		judge(&text, NULL, &judged);
		assert_int_equal(findings_in(&judged), readers ? 0 : 1);
		judged_deinit(&judged);
	}
}

/* From `before` goroutines to `now`; all of then are there, but for `lost` of them. */
static void grow(struct judged *ret, unsigned before, unsigned now, unsigned lost, bool cut,
		 unsigned minutes)
{
	struct writer text = WRITER_TO_MEMORY, earlier = WRITER_TO_MEMORY;
	for (unsigned i = 0; i < before; i++)
		add(&earlier, 100 + i * 3, "chan receive", 5);
	if (cut)
		earlier.length -= 20;
	for (unsigned i = lost; i < now; i++)
		add(&text, 100 + i * 3, "chan receive", minutes);
	judge(&text, &earlier, ret);
}

static void growth_since_the_earlier_dump(void **state)
{
	(void)state;
	struct judged judged;
	grow(&judged, 50, 100, 0, false, 65);
	assert_true(judged.same);
	expect(&judged, RULE_RECEIVE_WITHOUT_SENDER, CERTAINTY_LIKELY, 100);
	/* Fifty in an hour. */
	assert_int_equal(find(&judged, RULE_RECEIVE_WITHOUT_SENDER)->growth_per_hour, 50);
	judged_deinit(&judged);

	/* What an earlier dump that breaks off does not have it may have lost. */
	grow(&judged, 50, 100, 0, true, 65);
	expect(&judged, RULE_UNBOUNDED_GOROUTINES, CERTAINTY_SUSPECT, 100);
	judged_deinit(&judged);

	/* Less than minutes apart: clients that have come, and stay for a while. */
	grow(&judged, 50, 100, 0, false, 5);
	expect(&judged, RULE_UNBOUNDED_GOROUTINES, CERTAINTY_SUSPECT, 100);
	judged_deinit(&judged);

	/* They come and go. */
	grow(&judged, 50, 100, 25, false, 65);
	assert_int_equal(findings_in(&judged), 0);
	judged_deinit(&judged);

	/* As many as before. */
	grow(&judged, 50, 50, 0, false, 65);
	assert_int_equal(findings_in(&judged), 0);
	judged_deinit(&judged);
}

/* Two replicas have what every process starts with in common, and no more. */
static void another_process_is_no_earlier_dump(void **state)
{
	(void)state;
	struct writer text = WRITER_TO_MEMORY, earlier = WRITER_TO_MEMORY;
	struct judged judged;
	add(&text, 6, "select", 0);
	add(&earlier, 6, "select", 0);
	for (unsigned i = 0; i < 100; i++) {
		add(&earlier, 1000 + i * 2, "chan receive", 5);
		add(&text, 1001 + i * 2, "chan receive", 5);
	}
	judge(&text, &earlier, &judged);
	assert_false(judged.same);
	assert_null(find(&judged, RULE_RECEIVE_WITHOUT_SENDER));
	judged_deinit(&judged);
}

static const char locks[] =
	"sync.runtime_SemacquireMutex(0xc000010004, 0x0, 0x1)\n\t/go/sema.go:1\n"
	"sync.(*Mutex).lockSlow(0xc000010000)\n\t/go/mutex.go:1\n"
	"sync.(*Mutex).Lock(...)\n\t/go/mutex.go:2\n"
	"main.(*Stock).take(0xc000020000)\n\t/src/main.go:8 +0x1\n";

static void locks_that_are_long_waited_for(void **state)
{
	(void)state;
	static const struct {
		unsigned id;
		const char *state;
		bool found;
	} cases[] = {
		{ 7, "sync.Mutex.Lock, 6 minutes", true },
		/* Up to 1.19 the frames alone tell for what. */
		{ 7, "semacquire, 6 minutes", true },
		{ 7, "sync.Mutex.Lock, 4 minutes", false },
		{ 7, "sync.Mutex.Lock", false },
		/* Goroutine 1 is never a finding, nor what is in a test's bubble. */
		{ 1, "sync.Mutex.Lock, 6 minutes", false },
		{ 7, "sync.Mutex.Lock, 6 minutes, synctest bubble 3", false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct writer text = WRITER_TO_MEMORY;
		struct judged judged;
		add_call(&text, cases[i].id, cases[i].state, locks);
		add(&text, 50, "select", 0);
		judge(&text, NULL, &judged);
		assert_int_equal(findings_in(&judged), cases[i].found);
		if (cases[i].found) {
			expect(&judged, RULE_LOCK_NEVER_RELEASED, CERTAINTY_SUSPECT, 1);
			assert_non_null(
				strstr(judged.told.findings.list.items[0].why, "0xc000010000"));
		}
		judged_deinit(&judged);
	}
}

/* Waits for the lock in an object, in a method of another. */
static void add_crossed(struct writer *text, unsigned id, const char *state, unsigned lock,
			unsigned owner)
{
	writer_printf(
		text,
		"goroutine %u [%s]:\nsync.(*Mutex).lockSlow(0xc0000%x0008)\n\t/go/mutex.go:1\n"
		"main.(*Account).add(0xc0000%x0000, 0x5)\n\t/src/main.go:8 +0x1\n"
		"main.(*Account).move(0xc0000%x0000, 0xc0000%x0000)\n\t/src/main.go:9 +0x1\n"
		"created by main.run in goroutine 1\n\t/src/main.go:9 +0x2\n\n",
		id, state, lock, lock, owner, lock);
}

static void locks_in_two_orders(void **state)
{
	(void)state;
	static const struct {
		unsigned first, other;
		const char *state;
		bool found;
	} cases[] = {
		{ 7, 1, "sync.Mutex.Lock", true },
		/* Both wait for the same one. */
		{ 7, 2, "sync.Mutex.Lock", false },
		{ 7, 1, "sync.Mutex.Lock, synctest bubble 2", false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct writer text = WRITER_TO_MEMORY;
		struct judged judged;
		add_crossed(&text, cases[i].first, cases[i].state, 1, 2);
		add_crossed(&text, 8, cases[i].state, 3 - cases[i].other, cases[i].other);
		judge(&text, NULL, &judged);
		assert_int_equal(find(&judged, RULE_LOCK_ORDER) != NULL, cases[i].found);
		if (cases[i].found)
			expect(&judged, RULE_LOCK_ORDER, CERTAINTY_SUSPECT, 2);
		judged_deinit(&judged);
	}
	/* Goroutine 1 is told as the other of the two, not as the one that leaks. */
	struct writer text = WRITER_TO_MEMORY;
	struct judged judged;
	add_crossed(&text, 1, "sync.Mutex.Lock", 1, 2);
	add_crossed(&text, 8, "sync.Mutex.Lock", 2, 1);
	judge(&text, NULL, &judged);
	expect(&judged, RULE_LOCK_ORDER, CERTAINTY_SUSPECT, 2);
	assert_int_equal(find(&judged, RULE_LOCK_ORDER)->example->id, 8);
	judged_deinit(&judged);
}

/* By the words of the runtime. */
static void what_the_runtime_says(void **state)
{
	(void)state;
	static const struct {
		unsigned id;
		const char *state;
		enum rule_id rule;
		enum certainty certainty;
	} cases[] = {
		{ 9, "chan receive (leaked)", RULE_RECEIVE_WITHOUT_SENDER, CERTAINTY_LIKELY },
		{ 9, "chan send (leaked)", RULE_SEND_WITHOUT_RECEIVER, CERTAINTY_LIKELY },
		{ 9, "select (leaked)", RULE_SELECT_NEVER_READY, CERTAINTY_LIKELY },
		{ 9, "chan receive (nil chan)", RULE_NIL_CHANNEL, CERTAINTY_PROVED },
		{ 9, "select (no cases)", RULE_SELECT_WITHOUT_CASES, CERTAINTY_PROVED },
		{ 1, "chan receive (leaked)", RULE_COUNT, 0 },
		{ 1, "select (no cases)", RULE_COUNT, 0 },
		{ 9, "chan receive (leaked), synctest bubble 2", RULE_COUNT, 0 },
		{ 9, "chan receive (nil chan), synctest bubble 2", RULE_COUNT, 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct writer text = WRITER_TO_MEMORY;
		struct judged judged;
		add(&text, cases[i].id, cases[i].state, 0);
		add(&text, 50, "chan receive", 0);
		judge(&text, NULL, &judged);
		if (cases[i].rule == RULE_COUNT)
			assert_int_equal(findings_in(&judged), 0);
		else
			expect(&judged, cases[i].rule, cases[i].certainty, 1);
		judged_deinit(&judged);
	}
}

/* Stacks that the runtime's search has counted have no states; frames tell of what is in sync. */
static void leaked_stacks_that_are_counted(void **state)
{
	(void)state;
	static const struct {
		const char *frame;
		enum rule_id rule;
		bool also;
	} cases[] = {
		{ "main.take", RULE_RECEIVE_WITHOUT_SENDER, true },
		{ "sync.(*WaitGroup).Wait", RULE_WAITGROUP_NEVER_DONE, false },
		{ "sync.(*Cond).Wait", RULE_COND_NEVER_SIGNALLED, false },
		{ "sync.(*Mutex).Lock", RULE_LOCK_NEVER_RELEASED, false },
		{ "internal/sync.(*Mutex).lockSlow", RULE_LOCK_NEVER_RELEASED, false },
		{ "sync.(*RWMutex).RLock", RULE_LOCK_NEVER_RELEASED, false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct writer text = WRITER_TO_MEMORY;
		struct judged judged;
		writer_printf(
			&text,
			"goroutineleak profile: total 5\n5 @ 0x1 0x2\n"
			"#\t0x1\t%s+0x1\t/go/a.go:1\n#\t0x2\tmain.work+0x1\t/src/main.go:20\n\n",
			cases[i].frame);
		judge(&text, NULL, &judged);
		expect(&judged, cases[i].rule, CERTAINTY_LIKELY, 5);
		const struct finding *finding = find(&judged, cases[i].rule);
		assert_int_equal(finding->also != 0, cases[i].also);
		judged_deinit(&judged);
	}
}

/* Any name that a program's function may have, and some that none has. */
static void names_of_any_kind(void **state)
{
	(void)state;
	static const char *const names[] = {
		"main.f[...]",
		"main.f[go.shape.int]",
		"main.f[struct { A int; b string }]",
		"main.f[map[string]interface {}]",
		"main.(*T[...]).m-fm",
		"main.init.0.func1",
		"main.glob..func1",
		"main.(*T).m.func1.2.gowrap1",
		"main.f.deferwrap1",
		"main.\346\227\245\346\234\254.func1",
		"\303\261and\303\272.f",
		"gopkg.in/yaml%2ev2.f",
		"gopkg.in/yaml.v2.(*d).f",
		"example%2ecom/x.f",
		"a%2eb%2fc.f",
		"example.com/a.b/c.(*d).f.func1",
		"_/home/u/p.f",
		"command-line-arguments.f",
		"main.</script><script>alert(1)</script>",
	};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct writer text = WRITER_TO_MEMORY;
		struct judged judged;
		writer_printf(&text,
			      "goroutine 9 [chan send (nil chan)]:\n%s(0x1)\n\t/src/x.go:5 +0x1\n",
			      names[i]);
		writer_string(&text,
			      "created by main.run in goroutine 1\n\t/src/main.go:9 +0x2\n\n");
		add(&text, 50, "chan receive", 0);
		judge(&text, NULL, &judged);
		expect(&judged, RULE_NIL_CHANNEL, CERTAINTY_PROVED, 1);
		assert_string_equal(find(&judged, RULE_NIL_CHANNEL)->place.function, names[i]);
		judged_deinit(&judged);
	}
}

/* Who races does not wait, however many there are, and whatever its frames look like. */
static void races_are_no_leaks(void **state)
{
	(void)state;
	struct writer text = WRITER_TO_MEMORY;
	struct judged judged;
	writer_string(
		&text,
		"Write at 0x1 by goroutine 7:\n  sync.(*Mutex).Lock()\n      /go/a.go:1 +0x1\n\n"
		"Previous read at 0x1 by goroutine 8:\n  main.f()\n      /src/a.go:2 +0x1\n\n"
		"Goroutine 8 (running) created at:\n  main.main()\n      /src/a.go:3 +0x1\n");
	judge(&text, NULL, &judged);
	assert_int_equal(judged.dumps.list.items[0]->form, DUMP_RACE);
	assert_int_equal(judged.dumps.list.items[0]->goroutines.list.count, 2);
	assert_int_equal(findings_in(&judged), 0);
	judged_deinit(&judged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crowd_by_age),
		cmocka_unit_test(a_pool_is_none),
		cmocka_unit_test(partners_of_connections_are_none),
		cmocka_unit_test(growth_since_the_earlier_dump),
		cmocka_unit_test(another_process_is_no_earlier_dump),
		cmocka_unit_test(locks_that_are_long_waited_for),
		cmocka_unit_test(locks_in_two_orders),
		cmocka_unit_test(what_the_runtime_says),
		cmocka_unit_test(leaked_stacks_that_are_counted),
		cmocka_unit_test(names_of_any_kind),
		cmocka_unit_test(races_are_no_leaks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
