/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/waits_rule.h"

#include <string.h>

#include "base/map.h"

static bool stands_in(const struct goroutine *goroutine, const char *function)
{
	enum { LOOK_AT = 6 };
	for (uint32_t i = 0; i < goroutine->stack->count && i < LOOK_AT; i++) {
		if (strcmp(goroutine->stack->frames[i].function, function) == 0)
			return true;
	}
	return false;
}

/* Do two or more of the crowd send on one channel? */
static struct error *shares_channel(const struct live_evidence *evidence,
				    const struct crowds *crowds, const struct crowd *crowd,
				    bool *ret)
{
	_cleanup_(map_deinit) struct map seen = { 0 };
	size_t count = 0;
	*ret = false;
	for (uint32_t i = crowd->first; i != CROWD_END && !*ret; i = crowds->next[i], count++) {
		const struct wait *wait = &evidence->goroutines->list.items[i].wait;
		struct map_slot *slot;
		if (!wait->channel_count)
			continue;
		TRY(map_insert(&seen, wait->channels[0].address, 0, &slot));
		*ret = seen.count <= count;
	}
	return NULL;
}

static struct error *channel_rule(const struct live_evidence *evidence, const struct crowds *crowds,
				  const struct crowd *crowd, enum rule_id *ret)
{
	const struct goroutine *example = crowd->example;
	bool shared;
	if (!example->wait.channels[0].send) {
		*ret = stands_in(example, "runtime.chanrecv2") ? RULE_RANGE_WITHOUT_CLOSE
							       : RULE_RECEIVE_WITHOUT_SENDER;
		return NULL;
	}
	*ret = RULE_SEND_TO_FULL_CHANNEL;
	if (example->wait.channels[0].capacity)
		return NULL;
	TRY(shares_channel(evidence, crowds, crowd, &shared));
	*ret = shared ? RULE_FIRST_RESULT_WINS : RULE_SEND_WITHOUT_RECEIVER;
	return NULL;
}

struct error *waits_rule(const struct live_evidence *evidence, const struct crowds *crowds,
			 const struct crowd *crowd, enum rule_id *ret)
{
	switch (crowd->example->wait.kind) {
	case WAIT_CHANNEL:
		return channel_rule(evidence, crowds, crowd, ret);
	case WAIT_NIL_CHANNEL:
		*ret = RULE_NIL_CHANNEL;
		return NULL;
	case WAIT_EMPTY_SELECT:
		*ret = RULE_SELECT_WITHOUT_CASES;
		return NULL;
	case WAIT_WAITGROUP:
		*ret = RULE_WAITGROUP_NEVER_DONE;
		return NULL;
	case WAIT_COND:
		*ret = RULE_COND_NEVER_SIGNALLED;
		return NULL;
	case WAIT_MUTEX:
	case WAIT_RWMUTEX_READ:
	case WAIT_RWMUTEX_WRITE:
		*ret = RULE_LOCK_NEVER_RELEASED;
		return NULL;
	default:
		*ret = RULE_SELECT_NEVER_READY;
		return NULL;
	}
}
