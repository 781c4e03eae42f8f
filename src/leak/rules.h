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
 * The rules that work: RULE(id, code, name, the highest certainty it may claim, what it means).
 * The code is the scenario that a rule serves; several rules may share one.
 */
#define RULES(RULE)                                                                                \
	RULE(NIL_CHANNEL, "L6", "nil-channel", PROVED,                                             \
	     "a goroutine sends to or receives from a nil channel")                                \
	RULE(SELECT_WITHOUT_CASES, "L7", "select-without-cases", PROVED,                           \
	     "a goroutine waits in a select that has no case, or only nil channels")               \
	RULE(UNBOUNDED_GOROUTINES, "L17", "unbounded-goroutines", LIKELY,                          \
	     "very many goroutines stand at one place")

enum rule_id {
#define RULE(id, code, name, at_most, summary) RULE_##id,
	RULES(RULE)
#undef RULE
		RULE_COUNT,
};

struct rule {
	enum rule_id id;
	const char *code;
	const char *name;
	const char *summary;
	enum certainty at_most;
	const char *evidence; /* what dowse looks at */
	const char *leaky;    /* a program's part that leaks */
	const char *fixed;    /* the same without the leak */
	const char *wrong;    /* when the finding is no leak */
};

const struct rule *rules_get(enum rule_id id);

/* By code ("L6") or name; the first from `*next` on, which is moved past it. NULL at the end. */
const struct rule *rules_find(const char *text, size_t *next);

/* A set of rules, one bit each, from "L6,unbounded-goroutines". Unknown ones are ERROR_USAGE. */
struct error *rules_parse(const char *text, uint64_t *ret) must_use;

#define RULES_ALL ((UINT64_C(1) << RULE_COUNT) - 1)

#endif
