/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/load.h"

#include <string.h>

#include "base/text.h"

#define FRESH_LEAST   10 /* fewer come with any request */
#define FRESH_PERCENT 5  /* of those that were there */
#define GONE_PERCENT  5  /* of those that have come: a few may end, where very many come */

/* Of so many in a hundred that wait for a descriptor, one for each. */
#define PAIRED_PERCENT 80

#define POLL_DEPTH 3 /* frames: it is called by one that is inlined, or not */

bool load_change_grows(const struct load_change *change)
{
	return change->fresh >= FRESH_LEAST && change->kept &&
	       change->fresh * 100 >= change->kept * FRESH_PERCENT &&
	       change->gone * 100 <= change->fresh * GONE_PERCENT;
}

static bool has_frame(const struct goroutine *goroutine, const char *function, uint32_t depth)
{
	const struct stack *stack = goroutine->stack;
	for (uint32_t i = 0; i < stack->count && i < depth; i++) {
		if (text_equal(stack->frames[i].function, function))
			return true;
	}
	return false;
}

/* Where waits were not decoded the state still tells, of counted stacks their frames alone. */
bool load_waits_for_descriptor(const struct goroutine *goroutine)
{
	return goroutine->wait.kind == WAIT_DESCRIPTOR ||
	       (goroutine->state_text && strstr(goroutine->state_text, "IO wait")) ||
	       has_frame(goroutine, "internal/poll.runtime_pollWait", POLL_DEPTH);
}

/*
 * The goroutine of the connection that a crowd's member serves: another go statement of the same
 * function started it, or that function is on its own stack.
 */
static bool is_partner(const struct goroutine *goroutine, const struct place *creation)
{
	if (text_equal(goroutine->creator.function, creation->function))
		return goroutine->creator.line != creation->line;
	return has_frame(goroutine, creation->function, UINT32_MAX);
}

bool load_is_paired(const struct goroutine_group_vector *groups, const struct place *creation,
		    uint64_t count)
{
	uint64_t paired = 0;
	for (size_t i = 0; i < groups->count && creation->function; i++) {
		const struct goroutine_group *group = &groups->items[i];
		if (load_waits_for_descriptor(group->example) &&
		    is_partner(group->example, creation))
			paired += group->total;
	}
	return creation->function && paired * 100 >= count * PAIRED_PERCENT;
}

/*
 * Beside a handler of HTTP/1 the library reads from the connection, until the client goes. Of many
 * streams on one connection nothing is there for each: it is not known whether clients still wait.
 */
static const char *const of_streams[] = {
	"net/http.(*http2serverConn).runHandler",
	"net/http/internal/http2.(*serverConn).runHandler",
	"golang.org/x/net/http2.(*serverConn).runHandler",
	"google.golang.org/grpc.(*Server).handleStream",
};

bool load_is_served(const struct goroutine_group_vector *groups, const struct goroutine *example,
		    uint64_t count)
{
	uint64_t clients = 0;
	for (size_t i = 0; i < ARRAY_SIZE(of_streams); i++) {
		if (has_frame(example, of_streams[i], UINT32_MAX))
			return true;
	}
	if (!has_frame(example, "net/http.(*conn).serve", UINT32_MAX))
		return false;
	for (size_t i = 0; i < groups->count; i++) {
		const struct goroutine_group *group = &groups->items[i];
		if (has_frame(group->example, "net/http.(*connReader).backgroundRead", UINT32_MAX))
			clients += group->total;
	}
	return clients * 100 >= count * PAIRED_PERCENT;
}
