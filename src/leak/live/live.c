/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/live.h"

static const struct live_detector *const detectors[] = {
#define DETECTOR(name) &live_##name,
	LIVE_DETECTORS(DETECTOR)
#undef DETECTOR
};

_Static_assert(ARRAY_SIZE(detectors) <= LIVE_DETECTORS_MAX, "more detectors than places for notes");

struct error *live_read(const struct live_evidence *evidence, struct live_notes *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(detectors); i++) {
		if (detectors[i]->read)
			TRY(detectors[i]->read(evidence, &ret->of[i]));
	}
	return NULL;
}

void live_notes_deinit(struct live_notes *notes)
{
	for (size_t i = 0; i < ARRAY_SIZE(detectors); i++) {
		if (notes->of[i])
			detectors[i]->forget(notes->of[i]);
	}
	*notes = (struct live_notes){ 0 };
}

struct error *live_find(const struct live_evidence *evidence, const struct live_notes *notes,
			struct findings *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(detectors); i++)
		TRY(detectors[i]->find(evidence, notes->of[i], ret));
	findings_sort(ret);
	return findings_check(ret);
}
