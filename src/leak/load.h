/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LOAD_H
#define DOWSE_LEAK_LOAD_H

#include "model/place.h"

/* Many goroutines that wait at one place: are they load, or do they leak? Of processes and of dumps. */

/* For the network, mostly: somebody outside. */
bool load_waits_for_descriptor(const struct goroutine *goroutine);

/* Since an earlier moment, of those that one statement starts. */
struct load_change {
	uint64_t kept;  /* were there */
	uint64_t fresh; /* have come */
	uint64_t gone;  /* had been started, and have ended */
};

/* Many have come, and none but a few has ended. */
bool load_change_grows(const struct load_change *change);

/*
 * Do so many that were started there come in pairs with those that wait for a descriptor, as the
 * writer beside each reader of a connection? These are bounded, and so are they.
 */
bool load_is_paired(const struct goroutine_group_vector *groups, const struct place *creation,
		    uint64_t count);

/* Does each serve a client that is still there, or a stream of one of whom that is not known? */
bool load_is_served(const struct goroutine_group_vector *groups, const struct goroutine *example,
		    uint64_t count);

#endif
