/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_WAITS_RULE_H
#define DOWSE_LEAK_LIVE_WAITS_RULE_H

#include "leak/live/crowd.h"

/* Which rule goroutines answer to that will never be woken, by what they wait for and how. */
struct error *waits_rule(const struct live_evidence *evidence, const struct crowds *crowds,
			 const struct crowd *crowd, enum rule_id *ret) must_use;

#endif
