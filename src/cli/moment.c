/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/moment.h"

#include "cli/heap_index.h"
#include "cli/keep.h"
#include "target/traced.h"

/*
 * Have the evidence stand still, to be read for as long as that takes: a process is forked, and where
 * that is refused copied while it is stopped; a file stands still by itself. What --save asks for is
 * kept as well.
 */
struct moment {
	uint64_t pause_ns;
	uint64_t began_ns;
	uint64_t fork_ns; /* how long the fork lived; 0: there was none, or it still does */
	bool copied;
};

/* `with_data`: a copy has objects without pointers, too; a fork has them anyway. */
static struct error *moment_begin(struct invocation *invocation, struct evidence *evidence,
				  bool with_data, struct moment *ret)
{
	struct moment moment = { .began_ns = traced_now_ns() };
	const struct keep_options wanted = {
		.with_data = with_data,
		.max_pause_ns = (uint64_t)invocation->options.max_pause_ns,
		.max_memory = invocation->options.max_memory,
	};
	TRY(keep_moment(invocation, evidence));
	if (target_pid(evidence->target) && !evidence->fork)
		TRY(keep_still(evidence, &wanted, &moment.copied));
	if (evidence->on_fork)
		evidence->on_fork(evidence->on_fork_argument);
	moment.pause_ns = evidence->pause_ns;
	*ret = moment;
	return NULL;
}

/* Memory has been read: let the fork go. The runtime looks at the process itself again. */
static void moment_end(struct evidence *evidence, struct moment *moment)
{
	if (!evidence->fork)
		return;
	runtime_look_at(evidence->runtime, evidence->target);
	target_destroy(TAKE_PTR(evidence->fork));
	if (!moment->copied)
		moment->fork_ns = traced_now_ns() - moment->began_ns;
}

struct error *moment_heap(struct invocation *invocation, struct evidence *evidence,
			  struct heap **ret, uint64_t *ret_pause_ns, uint64_t *ret_fork_ns)
{
	return moment_heap_with(invocation, evidence, NULL, NULL, ret, ret_pause_ns, ret_fork_ns);
}

struct error *moment_heap_with(struct invocation *invocation, struct evidence *evidence,
			       moment_reader *reader, void *argument, struct heap **ret,
			       uint64_t *ret_pause_ns, uint64_t *ret_fork_ns)
{
	const struct heap_room room = { .limit = invocation->options.max_memory };
	_cleanup_(heap_cleanup) struct heap *heap = NULL;
	struct moment moment;
	TRY(moment_begin(invocation, evidence, reader != NULL, &moment));
	struct error *error = heap_index_take(invocation, evidence, &heap);
	if (!error && !heap)
		error = heap_read_within(evidence->runtime, &room, &heap);
	if (!error && reader)
		error = heap_search(heap);
	if (!error && reader)
		error = reader(argument, heap);
	moment_end(evidence, &moment);
	TRY(evidence_explain(evidence, error));
	evidence_note_gap(evidence);
	for (size_t i = 0; i < heap->warning_count; i++)
		TRY(evidence_warn(evidence, heap->warnings[i]));
	TRY(heap_search(heap));
	*ret_pause_ns = moment.pause_ns;
	*ret_fork_ns = moment.fork_ns;
	*ret = TAKE_PTR(heap);
	return NULL;
}
