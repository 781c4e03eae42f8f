/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_REMOTE_H
#define DOWSE_CLI_REMOTE_H

#include "cli/cli.h"
#include "cli/target.h"
#include "http/endpoint.h"

/*
 * URLs among the words of the command line. What is secret in them is taken out before anything else
 * reads the words, out of what `ps` shows, too; their addresses, and whom to trust, are looked up before
 * dowse confines itself. In the worker they are fetched into files without a name.
 */

/* Put what may be shown in the place of every word that is a URL. */
struct error *remote_take_words(struct invocation *invocation) must_use;

/* At the end, before the invocation's memory goes. */
void remote_let_go(void);

/* Look up whom they name. */
struct error *remote_prepare(const struct invocation *invocation) must_use;

/* Those whom the worker may have connections to; borrowed. */
const struct http_endpoint *remote_endpoints(size_t *ret_count);

/* What a program's net/http/pprof is asked for where its host and port stand alone. */
enum remote_part {
	REMOTE_AS_NAMED,
	REMOTE_GOROUTINES,
	REMOTE_HEAP,
};

/* Is it a URL that was read? */
bool remote_is(const char *operand);

/* One that names all that net/http/pprof serves: http://HOST:PORT, http://HOST:PORT/debug/pprof/? */
bool remote_is_whole(const char *operand);

/* Fetch it. As named, the whole is what the verb is about. The target's path is what may be shown. */
struct error *remote_fetch(const char *operand, enum remote_part part, struct cli_target *ret)
	must_use;

#endif
