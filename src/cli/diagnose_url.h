/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_DIAGNOSE_URL_H
#define DOWSE_CLI_DIAGNOSE_URL_H

#include "cli/telling.h"

/*
 * `dowse http://HOST:PORT`: what net/http/pprof tells of goroutines and of the heap, as one diagnosis;
 * with --over twice. `operand` is one for which remote_is_whole() holds.
 */
struct error *diagnose_url(struct invocation *invocation, const char *operand,
			   struct telling *telling, enum cli_status *ret) must_use;

#endif
