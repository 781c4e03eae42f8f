/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_RULES_H
#define DOWSE_LEAK_RULES_H

#include "base/error.h"

/* How sure a finding is; in order. */
enum certainty {
	CERTAINTY_SUSPECT, /* worth a look; the finding says what would settle it */
	CERTAINTY_LIKELY,  /* strong evidence, named in the finding */
	CERTAINTY_PROVED,  /* no execution of the program can end it */
};

const char *certainty_name(enum certainty certainty);

/* False when the text names none. */
bool certainty_parse(const char *text, enum certainty *ret);

/*
 * The rules that work: RULE(id, its page). Whoever adds one writes
 *
 *	src/leak/catalogue/PAGE.c   rule_PAGE: what it is called, what it means, an example
 *	src/fix/                    fix_PAGE(): what to change, in the program's own names
 *
 * and what finds it: a detector (leak/live/live.h). In the order of the code's number.
 */
#define RULES(RULE)                                                                                \
	RULE(RECEIVE_WITHOUT_SENDER, receive_without_sender)                                       \
	RULE(RANGE_WITHOUT_CLOSE, range_without_close)                                             \
	RULE(SEND_WITHOUT_RECEIVER, send_without_receiver)                                         \
	RULE(FIRST_RESULT_WINS, first_result_wins)                                                 \
	RULE(SEND_TO_FULL_CHANNEL, send_to_full_channel)                                           \
	RULE(NIL_CHANNEL, nil_channel)                                                             \
	RULE(SELECT_WITHOUT_CASES, select_without_cases)                                           \
	RULE(SELECT_NEVER_READY, select_never_ready)                                               \
	RULE(EXIT_STAYS_IN_LOOP, exit_stays_in_loop)                                               \
	RULE(ENDLESS_LOOP, endless_loop)                                                           \
	RULE(CONTEXT_IGNORED, context_ignored)                                                     \
	RULE(CANCEL_NEVER_CALLED, cancel_never_called)                                             \
	RULE(LOCK_NEVER_RELEASED, lock_never_released)                                             \
	RULE(DOUBLE_LOCK, double_lock)                                                             \
	RULE(LOCK_HELD_BY_CREATOR, lock_held_by_creator)                                           \
	RULE(LOCK_ORDER, lock_order)                                                               \
	RULE(LOCK_ORDER_BY_PARAMETERS, lock_order_by_parameters)                                   \
	RULE(UNBOUNDED_GOROUTINES, unbounded_goroutines)                                           \
	RULE(LEAKED_GOROUTINE_HOLDS_MEMORY, leaked_goroutine_holds_memory)                         \
	RULE(LARGE_CAPTURE, large_capture)                                                         \
	RULE(SUBSLICE_PINS_ARRAY, subslice_pins_array)                                             \
	RULE(ELEMENT_PINS_ARRAY, element_pins_array)                                               \
	RULE(DROPPED_ELEMENTS_KEPT, dropped_elements_kept)                                         \
	RULE(SPARE_CAPACITY, spare_capacity)                                                       \
	RULE(VIEWS_PIN_BUFFER, views_pin_buffer)                                                   \
	RULE(SUBSTRING_PINS_STRING, substring_pins_string)                                         \
	RULE(GROWING_GLOBAL, growing_global)                                                       \
	RULE(GROWING_SITE, growing_site)                                                           \
	RULE(MAP_WITHOUT_LIMIT, map_without_limit)                                                 \
	RULE(MAP_KEEPS_STORAGE, map_keeps_storage)                                                 \
	RULE(GROWING_SYNC_MAP, growing_sync_map)                                                   \
	RULE(HEAVY_POOL, heavy_pool)                                                               \
	RULE(TIMER_NOT_STOPPED, timer_not_stopped)                                                 \
	RULE(FILE_NOT_CLOSED, file_not_closed)                                                     \
	RULE(STREAM_NOT_CLOSED, stream_not_closed)                                                 \
	RULE(DEFER_IN_LOOP, defer_in_loop)                                                         \
	RULE(FINALIZER_ON_CYCLE, finalizer_on_cycle)                                               \
	RULE(LARGE_STACKS, large_stacks)                                                           \
	RULE(OUT_OF_MEMORY_AHEAD, out_of_memory_ahead)                                             \
	RULE(WAITGROUP_NEVER_DONE, waitgroup_never_done)                                           \
	RULE(JOB_WITHOUT_STOP, job_without_stop)                                                   \
	RULE(COND_NEVER_SIGNALLED, cond_never_signalled)                                           \
	RULE(NESTED_READ_LOCK, nested_read_lock)

enum rule_id {
#define RULE(id, page) RULE_##id,
	RULES(RULE)
#undef RULE
		RULE_COUNT,
};

struct rule {
	const char *code; /* of the scenario that it serves: "L6"; several rules may share one */
	const char *name; /* in words: "nil-channel" */
	enum certainty at_most;
	const char *summary;
	const char *evidence; /* what dowse looks at */
	const char *leaky;    /* a program's part that leaks */
	const char *fixed;    /* the same without the leak */
	const char *wrong;    /* when the finding is no leak */
};

#define RULE(id, page) extern const struct rule rule_##page;
RULES(RULE)
#undef RULE

const struct rule *rules_get(enum rule_id id);

/* By code ("L6") or name; the first from `*next` on, which is moved past it. NULL at the end. */
const struct rule *rules_find(const char *text, size_t *next);

/* A set of rules, one bit each, from "L6,unbounded-goroutines". Unknown ones are ERROR_USAGE. */
struct error *rules_parse(const char *text, uint64_t *ret) must_use;

#define RULES_ALL ((UINT64_C(1) << RULE_COUNT) - 1)

#endif
