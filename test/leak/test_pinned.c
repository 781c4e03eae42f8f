/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "leak/live/pinned.h"

#define MIB (UINT64_C(1) << 20)

/* A heap of 100 MiB in a process that has collected its garbage. */
#define HEAP (100 * MIB)

static const struct heap_view_field bytes = { .kind = HEAP_VIEW_SLICE, .element_size = 1 };
static const struct heap_view_field structs = { .kind = HEAP_VIEW_SLICE, .element_size = 48 };
static const struct heap_view_field strings = { .kind = HEAP_VIEW_STRING, .element_size = 1 };
static const struct heap_view_field pointers = { .kind = HEAP_VIEW_POINTER, .element_size = 48 };

struct expected {
	bool told;
	enum rule_id rule;
	enum certainty certainty;
};

static void check(const struct pinned_group *group, const struct heap_view_field *field,
		  uint64_t heap, bool old, struct expected expected)
{
	struct pinned_verdict verdict;
	bool told = pinned_judge(group, field, heap, old, &verdict);
	assert_int_equal(told, expected.told);
	if (!told)
		return;
	assert_string_equal(rules_get(verdict.rule)->code, rules_get(expected.rule)->code);
	assert_int_equal(verdict.certainty, expected.certainty);
}

#define LIKELY(rule)  ((struct expected){ true, RULE_##rule, CERTAINTY_LIKELY })
#define SUSPECT(rule) ((struct expected){ true, RULE_##rule, CERTAINTY_SUSPECT })
#define SILENT        ((struct expected){ .told = false })

/* Parts from the middle of 1,000 arrays. */
static struct pinned_group parts(uint64_t lost)
{
	return (struct pinned_group){
		.arrays = 1000,
		.views = 1000,
		.bytes = lost + 16000,
		.used = 16000,
		.lost = lost,
	};
}

static void by_what_is_pinned(void **state)
{
	(void)state;
	struct pinned_group group = parts(50 * MIB);
	check(&group, &bytes, HEAP, true, LIKELY(SUBSLICE_PINS_ARRAY));
	check(&group, &strings, HEAP, true, LIKELY(SUBSTRING_PINS_STRING));
	check(&group, &pointers, HEAP, true, LIKELY(ELEMENT_PINS_ARRAY));
	group.views = 5000;
	check(&group, &bytes, HEAP, true, LIKELY(VIEWS_PIN_BUFFER));
	group.dropped = 60 * MIB;
	check(&group, &structs, HEAP, true, LIKELY(DROPPED_ELEMENTS_KEPT));
}

static void by_how_much(void **state)
{
	(void)state;
	struct pinned_group group = parts(MIB - 1);
	check(&group, &bytes, 2 * MIB, true, SILENT);
	group = parts(2 * MIB);
	check(&group, &bytes, 2 * HEAP, true, SILENT); /* 1 % */
	check(&group, &bytes, HEAP, true, SUSPECT(SUBSLICE_PINS_ARRAY));
	check(&group, &bytes, 10 * MIB, true, LIKELY(SUBSLICE_PINS_ARRAY));
	check(&group, &bytes, 10 * MIB, false, SUSPECT(SUBSLICE_PINS_ARRAY));
	group = parts(64 * MIB);
	check(&group, &bytes, 10 * HEAP, true, LIKELY(SUBSLICE_PINS_ARRAY));
}

/* One buffer of 30 MiB that is empty. */
static struct pinned_group buffer(uint32_t written, uint32_t blank)
{
	return (struct pinned_group){
		.arrays = 1,
		.views = 1,
		.empty = 1,
		.bytes = 30 * MIB,
		.room = 30 * MIB,
		.written = written,
		.blank = blank,
	};
}

static void by_what_was_written(void **state)
{
	(void)state;
	struct pinned_group group = buffer(1, 0);
	/* One alone may be a batch that was just sent; many are not all empty by chance. */
	check(&group, &structs, HEAP, true, SUSPECT(SPARE_CAPACITY));
	group.arrays = 16;
	check(&group, &structs, HEAP, true, LIKELY(SPARE_CAPACITY));
	group = buffer(0, 1); /* made with that room */
	check(&group, &structs, HEAP, true, SILENT);
	group = buffer(0, 0); /* the bytes are not there */
	check(&group, &structs, HEAP, true, SUSPECT(SPARE_CAPACITY));
}

/* A few bytes from the beginning of each of so many arrays. */
static struct pinned_group heads(uint64_t arrays)
{
	return (struct pinned_group){
		.arrays = arrays,
		.views = arrays,
		.bytes = 30 * MIB,
		.used = 16 * arrays,
		.room = 30 * MIB - 16 * arrays,
		.blank = 8,
	};
}

static void heads_of_what_was_read(void **state)
{
	(void)state;
	struct pinned_group group = heads(1000);
	check(&group, &bytes, HEAP, true, LIKELY(SUBSLICE_PINS_ARRAY));
	group.used = group.bytes / 4;
	check(&group, &bytes, HEAP, true, SUSPECT(SUBSLICE_PINS_ARRAY));
	group = heads(3);
	check(&group, &bytes, HEAP, true, SUSPECT(SUBSLICE_PINS_ARRAY));
	group.written = 8;
	check(&group, &bytes, HEAP, true, LIKELY(SUBSLICE_PINS_ARRAY));
	/* Of structs it is a list that became shorter, or one that was just emptied. */
	check(&group, &structs, HEAP, true, SUSPECT(SPARE_CAPACITY));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_what_is_pinned),
		cmocka_unit_test(by_how_much),
		cmocka_unit_test(by_what_was_written),
		cmocka_unit_test(heads_of_what_was_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
