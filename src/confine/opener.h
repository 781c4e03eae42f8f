/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CONFINE_OPENER_H
#define DOWSE_CONFINE_OPENER_H

#include "confine/policy.h"
#include "confine/protocol.h"

/*
 * The broker's way to files: what policy.h allows is opened for the worker, to be read and no
 * more. Paths start where the worker's would: from a folder that it was given before, or from the
 * current one.
 */

/*
 * Answer one of REQUEST_OPEN, _STATUS, _LINK, _LIST. `directory` came along with the request, or
 * is -1. *ret_descriptor is what the reply brings, or stays -1.
 */
void opener_answer(struct policy *policy, const struct request *request, int directory,
		   struct reply_message *reply, int *ret_descriptor);

#endif
