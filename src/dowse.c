/* SPDX-License-Identifier: Apache-2.0 */
#include "dowse.h"

#include <stdio.h>
#include <string.h>

#include "fix/fix.h"
#include "leak/live/look.h"
#include "target/process.h"

/* The public face of the library: errors become text, findings a struct that only grows. */
struct dowse {
	struct target *target;
	struct runtime *runtime;
	struct live_places places;
	struct live_look look;
};

static struct error *dowse_fill(pid_t pid, unsigned flags, struct dowse *dowse)
{
	TRY(process_open(pid, &dowse->target));
	TRY(runtime_open(dowse->target, &dowse->runtime));
	TRY(live_places_make(&runtime_binary(dowse->runtime)->build_info, &dowse->places));
	TRY(live_look_take(dowse->runtime, &dowse->places, flags & DOWSE_NO_STOP, 0, &dowse->look));
	return fix_findings(&dowse->look.findings);
}

bool dowse_look(int pid, unsigned flags, char message[DOWSE_MESSAGE_SIZE], struct dowse **ret)
{
	struct dowse *dowse = calloc(1, sizeof(*dowse));
	struct error *error = dowse ? dowse_fill(pid, flags, dowse) : error_no_memory();
	if (!error) {
		*ret = dowse;
		return true;
	}
	snprintf(message, DOWSE_MESSAGE_SIZE, "%s", error->message);
	error_destroy(error);
	dowse_destroy(dowse);
	return false;
}

void dowse_destroy(struct dowse *dowse)
{
	if (!dowse)
		return;
	live_look_deinit(&dowse->look);
	live_places_deinit(&dowse->places);
	runtime_destroy(dowse->runtime);
	target_destroy(dowse->target);
	free(dowse);
}

uint64_t dowse_goroutine_count(const struct dowse *dowse)
{
	return goroutines_count(dowse->look.goroutines, false);
}

uint64_t dowse_pause_ns(const struct dowse *dowse)
{
	return dowse->look.goroutines->pause_ns;
}

size_t dowse_finding_count(const struct dowse *dowse)
{
	return dowse->look.findings.list.count;
}

static struct dowse_place dowse_place_of(const struct place *place)
{
	bool known = place->file && strcmp(place->file, "?") != 0;
	return (struct dowse_place){
		.function = place->function,
		.file = known ? place->file : NULL,
		.line = place->line,
	};
}

bool dowse_finding(const struct dowse *dowse, size_t index, struct dowse_finding *ret)
{
	static const enum dowse_certainty certainties[] = {
		[CERTAINTY_SUSPECT] = DOWSE_SUSPECT,
		[CERTAINTY_LIKELY] = DOWSE_LIKELY,
		[CERTAINTY_PROVED] = DOWSE_PROVED,
	};
	if (index >= dowse->look.findings.list.count)
		return false;
	const struct finding *finding = &dowse->look.findings.list.items[index];
	const struct rule *rule = rules_get(finding->rule);
	*ret = (struct dowse_finding){
		.code = rule->code,
		.rule = rule->name,
		.certainty = certainties[finding->certainty],
		.count = finding->count,
		.bytes = finding->bytes,
		.place = dowse_place_of(&finding->place),
		.created_by = dowse_place_of(&finding->created_by),
		.state = finding->state,
		.waits_seconds = finding->wait_max_ns < 0 ? -1 : (double)finding->wait_max_ns / 1e9,
		.title = finding->title,
		.why = finding->why,
		.settle = finding->settle,
		.fix = finding->fix,
	};
	return true;
}

const char *dowse_version(void)
{
	return DOWSE_VERSION;
}
