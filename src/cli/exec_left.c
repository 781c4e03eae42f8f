/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/exec_judge.h"
#include "leak/live/left.h"

struct ignored exec_ignored(const struct options *options)
{
	return (struct ignored){
		.top = options->ignore_top.items,
		.top_count = options->ignore_top.count,
		.any = options->ignore_any.items,
		.any_count = options->ignore_any.count,
	};
}

bool exec_wants_left(const struct exec *exec, enum exec_moment moment)
{
	return moment == EXEC_AT_EXIT && exec->told->plan.tests &&
	       strcmp(exec->invocation->options.fail_on, "left") == 0;
}

/* What is there but no finding, where that is asked for; lives in the findings' arena. */
struct error *exec_left(const struct exec *exec, const struct watch_owners *owners,
			struct live_look *live, const struct findings *told,
			struct diagnosis *diagnosis)
{
	const struct ignored ignored = exec_ignored(&exec->invocation->options);
	_cleanup_(crowds_deinit) struct crowds crowds = { 0 };
	TRY(live_left_find(&live->evidence, told->list.items, told->list.count, &crowds));
	struct left_behind *left = arena_allocate(&live->findings.arena,
						  (crowds.list.count + 1) * sizeof(*left));
	if (!left)
		return error_no_memory();
	diagnosis->left = left;
	for (size_t i = 0; i < crowds.list.count; i++) {
		const struct crowd *crowd = &crowds.list.items[i];
		if (ignored_has(&ignored, crowd->example))
			continue;
		*left = (struct left_behind){
			.count = crowd->count,
			.state = crowd->example->state_text,
			.place = crowd->place,
			.created_by = crowd->creation,
			.example = crowd->example->id,
			.package = diagnosis->package,
		};
		TRY(watch_owner_name(owners, crowd->example->owner, &live->findings.arena,
				     &left->test));
		left++;
		diagnosis->left_count++;
	}
	return NULL;
}
