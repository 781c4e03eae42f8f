/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/profile/look.h"
#include "model/quantity.h"

/*
 * L26, of one heap profile: a place that has freed next to nothing of what it ever allocated, and
 * that has a large share of what is in use. A table that is loaded once looks the same, and so does
 * whatever has started a minute ago: never more than a suspicion.
 */
#define BYTES_LEAST   ((int64_t)16 << 20)
#define SHARE_PERCENT 10 /* of what is in use */
#define KEPT_PERCENT  95 /* of what was allocated */
#define OBJECTS_LEAST 1000
#define FINDINGS_MAX  5

static struct error *report(const struct profile_evidence *evidence, uint32_t site, int64_t bytes,
			    int64_t objects, struct findings *ret)
{
	const struct profile_site *at = &evidence->sites.list[site];
	char text[QUANTITY_SIZE];
	struct finding finding = profile_finding(at, RULE_GROWING_SITE);
	finding.certainty = CERTAINTY_SUSPECT;
	finding.count = (uint64_t)objects;
	finding.bytes = bytes;
	finding.place_word = "allocated by";
	finding.subject = at->place.function;
	finding.title = findings_text(ret, "%s frees next to nothing of the %s that it allocated",
				      at->place.function, quantity_bytes(bytes, text));
	finding.why =
		"Almost all that was ever allocated there is still in use, object by object. That is how a leak looks, and how a table does that is loaded once.";
	finding.settle =
		"One profile cannot tell a leak from a cache. Take a second one after a while at comparable load, and compare: dowse BEFORE AFTER.";
	return finding_vector_append(&ret->list, &finding);
}

static struct error *kept_find(const struct profile_evidence *evidence, struct findings *ret)
{
	unsigned found = 0;
	if (evidence->before || evidence->inuse_bytes < 0 || evidence->alloc_bytes < 0 ||
	    evidence->inuse_objects < 0)
		return NULL;
	int64_t total = evidence->sites.totals[evidence->inuse_bytes];
	for (uint32_t i = 0; i < evidence->sites.count && found < FINDINGS_MAX; i++) {
		int64_t bytes = profile_sites_value(&evidence->sites, i,
						    (uint32_t)evidence->inuse_bytes);
		int64_t objects = profile_sites_value(&evidence->sites, i,
						      (uint32_t)evidence->inuse_objects);
		int64_t allocated = profile_sites_value(&evidence->sites, i,
							(uint32_t)evidence->alloc_bytes);
		if (bytes < BYTES_LEAST || objects < OBJECTS_LEAST ||
		    bytes < total / 100 * SHARE_PERCENT || bytes < allocated / 100 * KEPT_PERCENT)
			continue;
		TRY(report(evidence, i, bytes, objects, ret));
		found++;
	}
	return NULL;
}

const struct profile_detector profile_kept = { .find = kept_find };
