/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CONFINE_BROKER_H
#define DOWSE_CONFINE_BROKER_H

#include "confine/policy.h"
#include "confine/protocol.h"

/* Why a broker has stopped serving its worker. */
enum broker_end {
	BROKER_DONE,     /* the worker has closed its end: it has ended, or is about to */
	BROKER_HELPLESS, /* the worker could not be confined: see `why` */
	BROKER_GARBAGE,  /* it sent what is no request */
	BROKER_LATE,     /* it has kept the target stopped for too long */
};

/*
 * Serve until one of these. Whatever was stopped or forked has been let go of when it returns. `why`
 * is filled in for BROKER_HELPLESS.
 */
enum broker_end broker_serve(int socket, struct window *window, struct policy *policy, char *why,
			     size_t size);

#endif
