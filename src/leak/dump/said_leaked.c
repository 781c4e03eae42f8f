/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "leak/dump/gatherings.h"
#include "model/quantity.h"

/*
 * From 1.26 on the runtime looks for goroutines that nobody can wake, when its profile of them is
 * asked for, and marks them. It takes a channel for lost that a weak pointer still leads to.
 */
#define FRAMES_LOOKED 8

#define RULE_BIT(rule) (UINT64_C(1) << (rule))

static bool is_wanted(const struct told_evidence *evidence, const struct goroutine *goroutine)
{
	(void)evidence;
	return strstr(goroutine->state_note, "(leaked)") && told_may_tell(goroutine);
}

/* Counted stacks tell no states; of what is in sync, the frames do. */
static enum rule_id rule_by_frames(const struct goroutine *goroutine)
{
	static const struct {
		const char *head;
		enum rule_id rule;
	} heads[] = {
		{ "sync.(*WaitGroup).Wait", RULE_WAITGROUP_NEVER_DONE },
		{ "sync.(*Cond).Wait", RULE_COND_NEVER_SIGNALLED },
		{ "sync.(*Mutex).", RULE_LOCK_NEVER_RELEASED },
		{ "internal/sync.(*Mutex).", RULE_LOCK_NEVER_RELEASED },
		{ "sync.(*RWMutex).", RULE_LOCK_NEVER_RELEASED },
	};
	const struct stack *stack = goroutine->stack;
	for (uint32_t i = 0; i < stack->count && i < FRAMES_LOOKED; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(heads); j++) {
			if (strncmp(stack->frames[i].function, heads[j].head,
				    strlen(heads[j].head)) == 0)
				return heads[j].rule;
		}
	}
	return RULE_RECEIVE_WITHOUT_SENDER;
}

static enum rule_id rule_of(const struct goroutine *goroutine)
{
	if (goroutine->state == GOROUTINE_UNKNOWN)
		return rule_by_frames(goroutine);
	switch (goroutine->wait.kind) {
	case WAIT_CHANNEL:
		return goroutine->wait.send ? RULE_SEND_WITHOUT_RECEIVER
					    : RULE_RECEIVE_WITHOUT_SENDER;
	case WAIT_SELECT:
		return RULE_SELECT_NEVER_READY;
	case WAIT_MUTEX:
	case WAIT_RWMUTEX_READ:
	case WAIT_RWMUTEX_WRITE:
		return RULE_LOCK_NEVER_RELEASED;
	case WAIT_WAITGROUP:
		return RULE_WAITGROUP_NEVER_DONE;
	case WAIT_COND:
		return RULE_COND_NEVER_SIGNALLED;
	default:
		return RULE_RECEIVE_WITHOUT_SENDER;
	}
}

struct error *told_said_leaked(const struct told_evidence *evidence, struct findings *ret)
{
	char count[QUANTITY_SIZE];
	_cleanup_(gatherings_deinit) struct gathering_vector list = { 0 };
	TRY(gatherings_collect(evidence, is_wanted, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct gathering *one = &list.items[i];
		struct finding finding = gathering_finding(one, rule_of(one->example));
		finding.certainty = CERTAINTY_LIKELY;
		finding.title = findings_text(ret, "%s %s leaked, by the runtime's own search",
					      one->count == 1 ? "a goroutine"
							      : quantity_count(one->count, count),
					      one->count == 1 ? "is" : "goroutines are");
		finding.why =
			"The collector has found nobody who could still reach what it waits for.";
		/* A receive, a send or a select: one of these three. */
		bool unknown = one->example->state == GOROUTINE_UNKNOWN &&
			       finding.rule == RULE_RECEIVE_WITHOUT_SENDER;
		if (unknown) {
			finding.also = RULE_BIT(RULE_SEND_WITHOUT_RECEIVER) |
				       RULE_BIT(RULE_SELECT_NEVER_READY);
			finding.why =
				"The collector has found nobody who could still reach what it waits for; whether it receives, sends or selects there, counted stacks do not say.";
		}
		finding.settle =
			"That search overlooks weak pointers: dowse on the process (dowse PID), a core or a snapshot of it would prove it.";
		TRY(gathering_report(evidence, one, &finding, ret));
	}
	return NULL;
}
