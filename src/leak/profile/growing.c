/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "leak/profile/look.h"
#include "model/quantity.h"

/*
 * L26: what was allocated at one place and is in use takes more than in the profile before. Profiles
 * are samples: one for each half MiB, so that small growth may be chance. Most growth is a start, a
 * larger load, or a cache that fills. So it is
 *
 *   - nothing below 1 MiB, a tenth of what there was, and four times the deviation of sampling;
 *   - likely when the place had memory in use before, gave back next to nothing of what it has
 *     allocated since, and what it has grew by a quarter;
 *   - else a suspicion.
 */
#define GROWTH_LEAST  ((int64_t)1 << 20)
#define DEVIATIONS    4
#define RATE_USUAL    (512 << 10)
#define KEPT_PERCENT  90 /* of what was allocated between the two */
#define LIKELY_GROWTH 4  /* a quarter */
#define FINDINGS_MAX  20

struct growth {
	uint32_t site;
	int64_t now, before, objects, objects_before;
	int64_t allocated; /* between the two, bytes; -1 unknown */
};

DEFINE_VECTOR(growth_vector, struct growth);

static int64_t less(int64_t left, int64_t right)
{
	int64_t difference;
	return __builtin_sub_overflow(left, right, &difference) ? 0 : difference;
}

static struct growth growth_of(const struct profile_evidence *evidence, uint32_t site)
{
	struct growth growth = { .site = site, .allocated = -1 };
	uint32_t bytes = (uint32_t)evidence->inuse_bytes;
	growth.now = profile_sites_value(&evidence->sites, site, bytes);
	growth.before = profile_evidence_before(evidence, site, bytes);
	if (evidence->inuse_objects >= 0) {
		uint32_t objects = (uint32_t)evidence->inuse_objects;
		growth.objects = profile_sites_value(&evidence->sites, site, objects);
		growth.objects_before = profile_evidence_before(evidence, site, objects);
	}
	if (evidence->alloc_bytes >= 0) {
		uint32_t allocs = (uint32_t)evidence->alloc_bytes;
		growth.allocated = less(profile_sites_value(&evidence->sites, site, allocs),
					profile_evidence_before(evidence, site, allocs));
	}
	return growth;
}

static bool is_growth(const struct profile_evidence *evidence, const struct growth *growth)
{
	int64_t more = less(growth->now, growth->before);
	double rate = evidence->now->period > 0 ? (double)evidence->now->period : RATE_USUAL;
	double chance = sqrt(rate * ((double)growth->now + (double)growth->before));
	return growth->before >= 0 && more >= GROWTH_LEAST && more >= growth->before / 10 &&
	       (double)more >= DEVIATIONS * chance;
}

static bool keeps_all(const struct growth *growth)
{
	return growth->allocated > 0 && (double)less(growth->now, growth->before) * 100 >=
						(double)growth->allocated * KEPT_PERCENT;
}

static enum certainty certainty_of(const struct growth *growth)
{
	bool steady = growth->before > 0 &&
		      less(growth->now, growth->before) >= growth->before / LIKELY_GROWTH;
	return steady && keeps_all(growth) ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT;
}

static const char *why_of(const struct growth *growth, struct findings *findings)
{
	char before[QUANTITY_SIZE], now[QUANTITY_SIZE], allocated[QUANTITY_SIZE],
		more[QUANTITY_SIZE];
	const char *kept = "How much of it was freed is not known.";
	if (keeps_all(growth))
		kept = "Next to nothing of what it allocated since has been freed.";
	else if (growth->allocated > 0)
		kept = findings_text(findings,
				     "It allocated %s since, of which %s are still in use.",
				     quantity_bytes(growth->allocated, allocated),
				     quantity_bytes(less(growth->now, growth->before), more));
	return findings_text(findings, "In use were %s, now %s. %s",
			     quantity_bytes(growth->before, before),
			     quantity_bytes(growth->now, now), kept);
}

static struct error *report(const struct profile_evidence *evidence, const struct growth *growth,
			    struct findings *ret)
{
	const struct profile_site *site = &evidence->sites.list[growth->site];
	char more[QUANTITY_SIZE];
	int64_t grown = less(growth->now, growth->before);
	struct finding finding = profile_finding(site, RULE_GROWING_SITE);
	finding.certainty = certainty_of(growth);
	finding.count = growth->objects > 0 ? (uint64_t)growth->objects : 0;
	finding.bytes = growth->now;
	finding.place_word = "allocated by";
	finding.subject = site->place.function;
	finding.growth_per_hour =
		evidence->inuse_objects < 0
			? INT64_MIN
			: profile_evidence_pace(evidence,
						less(growth->objects, growth->objects_before));
	finding.bytes_per_hour = profile_evidence_pace(evidence, grown);
	finding.title = findings_text(ret, "what %s allocated grew by %s between two profiles",
				      site->place.function, quantity_bytes(grown, more));
	finding.why = why_of(growth, ret);
	finding.settle =
		"A profile knows where memory was allocated, not who holds it: a cache that fills up looks the same. Take a third profile at comparable load, or look at the process itself (dowse PID) for the holder.";
	return finding_vector_append(&ret->list, &finding);
}

static int growth_compare(const void *left, const void *right)
{
	const struct growth *a = left, *b = right;
	int64_t more = less(a->now, a->before), other = less(b->now, b->before);
	if (more != other)
		return more > other ? -1 : 1;
	return a->site < b->site ? -1 : 1;
}

static struct error *growing_find(const struct profile_evidence *evidence, struct findings *ret)
{
	_cleanup_(growth_vector_deinit) struct growth_vector found = { 0 };
	if (!evidence->before || evidence->inuse_bytes < 0)
		return NULL;
	for (uint32_t i = 0; i < evidence->sites.count; i++) {
		struct growth growth = growth_of(evidence, i);
		if (is_growth(evidence, &growth))
			TRY(growth_vector_append(&found, &growth));
	}
	if (found.count)
		qsort(found.items, found.count, sizeof(*found.items), growth_compare);
	for (size_t i = 0; i < found.count && i < FINDINGS_MAX; i++)
		TRY(report(evidence, &found.items[i], ret));
	return NULL;
}

const struct profile_detector profile_growing = { .find = growing_find };
