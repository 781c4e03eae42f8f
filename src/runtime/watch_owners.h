/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_WATCH_OWNERS_H
#define DOWSE_RUNTIME_WATCH_OWNERS_H

#include "model/goroutine.h"
#include "runtime/watch.h"

/*
 * Which test started a goroutine: by the slot that its labels lead to; where the program has set
 * labels of its own, by who started it, as far back as that is known; else by the name of the function
 * that did. A goroutine's owner is the number of the test's slot, plus 1. A test has ended when the
 * goroutine that ran it has, and all have when goroutine 1 ends the program.
 *
 * `slots` are what the program wrote, `count` of them, of which the first lies at `address` there.
 */
struct watch_owners {
	const struct watch_slot *slots;
	uint64_t count;
	uint64_t address;
	uint64_t ending; /* id of the goroutine that ends the program; 0: none does */
};

/* Of all goroutines. */
struct error *watch_owners_tell(const struct watch_owners *owners, struct goroutines *goroutines)
	must_use;

/* The test's name, copied into the arena: "TestCheckout/retry", cut where it is very long. NULL: none. */
struct error *watch_owner_name(const struct watch_owners *owners, uint32_t owner,
			       struct arena *arena, const char **ret) must_use;

/* False of what package testing runs the others in. */
bool watch_slot_is_test(const struct watch_slot *slot);

#endif
