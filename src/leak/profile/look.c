/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/profile/look.h"

#include <string.h>

#include "profile/merge.h"

#define TOP_ROWS 10

static const char *const names[] = {
#define SUBJECT(id, text) text,
	PROFILE_SUBJECTS(SUBJECT)
#undef SUBJECT
};

static const struct profile_detector *const detectors[] = {
#define DETECTOR(name) &profile_##name,
	PROFILE_DETECTORS(DETECTOR)
#undef DETECTOR
};

const char *profile_subject_name(enum profile_subject subject)
{
	return names[subject];
}

/* Both count contentions: a mutex's are noted by who unlocks it. */
static bool is_of_unlocks(const struct profile *profile)
{
	for (uint32_t i = 0; i < profile->function_count; i++) {
		if (profile_text_is(profile, profile->functions[i].name, "sync.(*Mutex).Unlock") ||
		    profile_text_is(profile, profile->functions[i].name, "runtime.unlock"))
			return true;
	}
	return false;
}

enum profile_subject profile_subject_of(const struct profile *profile)
{
	static const enum profile_subject counted[] = { PROFILE_OF_GOROUTINE, PROFILE_OF_LEAK,
							PROFILE_OF_THREADS };
	if (profile_type_find(profile, "inuse_space") >= 0)
		return PROFILE_OF_HEAP;
	for (size_t i = 0; i < ARRAY_SIZE(counted); i++) {
		if (profile_type_find(profile, names[counted[i]]) >= 0)
			return counted[i];
	}
	if (profile_type_find(profile, "contentions") >= 0)
		return is_of_unlocks(profile) ? PROFILE_OF_MUTEX : PROFILE_OF_BLOCK;
	return profile_type_find(profile, "cpu") >= 0 ? PROFILE_OF_CPU : PROFILE_OF_OTHER;
}

int64_t profile_evidence_before(const struct profile_evidence *evidence, uint32_t site,
				uint32_t type)
{
	int64_t found = evidence->before ? profile_sites_find(&evidence->sites_before,
							      &evidence->index_before,
							      &evidence->sites.list[site])
					 : -1;
	return found < 0 ? 0 : profile_sites_value(&evidence->sites_before, (uint32_t)found, type);
}

struct finding profile_finding(const struct profile_site *site, enum rule_id rule)
{
	return (struct finding){
		.rule = rule,
		.bytes = -1,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.wait_min_ns = -1,
		.wait_max_ns = -1,
		.place = site->place,
	};
}

int64_t profile_evidence_pace(const struct profile_evidence *evidence, int64_t growth)
{
	if (evidence->elapsed_ns <= 0)
		return INT64_MIN;
	double pace = (double)growth * 3600e9 / (double)evidence->elapsed_ns;
	return pace > 9e18 || pace < -9e18 ? INT64_MIN : (int64_t)pace;
}

static struct error *open_evidence(struct profile_evidence *evidence)
{
	const struct profile *now = evidence->now, *before = evidence->before;
	evidence->subject = profile_subject_of(now);
	evidence->inuse_bytes = profile_type_find(now, "inuse_space");
	evidence->inuse_objects = profile_type_find(now, "inuse_objects");
	evidence->alloc_bytes = profile_type_find(now, "alloc_space");
	evidence->alloc_objects = profile_type_find(now, "alloc_objects");
	evidence->elapsed_ns = -1;
	bool waits = evidence->subject == PROFILE_OF_GOROUTINE ||
		     evidence->subject == PROFILE_OF_LEAK;
	TRY(profile_sites_make(now, waits, &evidence->sites));
	if (!before)
		return NULL;
	TRY(profile_check_compatible(now, before));
	TRY(profile_sites_make(before, waits, &evidence->sites_before));
	TRY(profile_sites_index(&evidence->sites_before, &evidence->index_before));
	if (now->time_ns > 0 && before->time_ns > 0 && now->time_ns > before->time_ns)
		evidence->elapsed_ns = now->time_ns - before->time_ns;
	return NULL;
}

static struct error *look(struct profile_look *look)
{
	struct profile_evidence *evidence = &look->evidence;
	TRY(open_evidence(evidence));
	/* Of a leak, and of what is to be bounded, what is there counts, not what there was. */
	look->shown = evidence->inuse_bytes >= 0 ? (uint32_t)evidence->inuse_bytes
						 : profile_type_shown(evidence->now);
	if (evidence->now->type_count) {
		TRY(profile_top_make(evidence->now, look->shown, TOP_ROWS, &look->flat,
				     &look->cumulative));
		for (size_t i = 0; i < ARRAY_SIZE(detectors); i++)
			TRY(detectors[i]->find(evidence, &look->findings));
	}
	findings_sort(&look->findings);
	return findings_check(&look->findings);
}

struct error *profile_look(struct profile *now, struct profile *before, struct profile_look *ret)
{
	*ret = (struct profile_look){ .evidence = { .now = now, .before = before } };
	return look(ret);
}

void profile_look_deinit(struct profile_look *look)
{
	profile_sites_deinit(&look->evidence.sites);
	profile_sites_deinit(&look->evidence.sites_before);
	map_deinit(&look->evidence.index_before);
	profile_top_deinit(&look->flat);
	profile_top_deinit(&look->cumulative);
	findings_deinit(&look->findings);
}

uint64_t profile_also(enum profile_wait wait)
{
#define OF(rule) (UINT64_C(1) << RULE_##rule)
	const uint64_t locks = OF(LOCK_NEVER_RELEASED) | OF(DOUBLE_LOCK) |
			       OF(LOCK_HELD_BY_CREATOR) | OF(LOCK_ORDER) |
			       OF(LOCK_ORDER_BY_PARAMETERS);
	switch (wait) {
	case PROFILE_WAIT_RECEIVE:
		return OF(RECEIVE_WITHOUT_SENDER) | OF(RANGE_WITHOUT_CLOSE) | OF(NIL_CHANNEL) |
		       OF(CONTEXT_IGNORED);
	case PROFILE_WAIT_SEND:
		return OF(SEND_WITHOUT_RECEIVER) | OF(FIRST_RESULT_WINS) |
		       OF(SEND_TO_FULL_CHANNEL) | OF(NIL_CHANNEL);
	case PROFILE_WAIT_SELECT:
		return OF(SELECT_NEVER_READY);
	case PROFILE_WAIT_MUTEX:
		return locks;
	case PROFILE_WAIT_RWMUTEX:
		return locks | OF(NESTED_READ_LOCK);
	case PROFILE_WAIT_WAITGROUP:
		return OF(WAITGROUP_NEVER_DONE);
	case PROFILE_WAIT_COND:
		return OF(COND_NEVER_SIGNALLED);
	default:
		return 0;
	}
#undef OF
}
