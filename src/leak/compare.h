/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_COMPARE_H
#define DOWSE_LEAK_COMPARE_H

#include "leak/finding.h"

/*
 * Two processes of one program, before and after a fix: which findings have gone, and whether that
 * shows that they are mended. A process that has just begun has no leaks either. So a finding
 * counts as mended only where the second process would show it by now, if it still were there.
 */

/* How much a process had done by the moment that was looked at. */
struct findings_work {
	int64_t uptime_ns;  /* -1 unknown */
	int64_t goroutines; /* that it has started, the highest number that one has; -1 */
	int64_t allocated;  /* bytes since its start; -1 */
};

/* Who begins to wait so soon after another may be of the same request: of one time with it. */
#define FINDINGS_MOMENT_NS (INT64_C(1) * 1000000000)

struct findings_moments {
	struct findings_work before, now;
	const char *now_is_blind; /* why the second look may have missed what is there; NULL */
	/* Builders may leave out what tells builds apart, or write the same into all. */
	enum findings_build { BUILD_UNKNOWN, BUILD_SAME, BUILD_ANOTHER } build_is;
	struct place_rule places;
	/* Whether the second build has a function of that name; NULL: nobody knows. */
	bool (*has_function)(const void *build, const char *function);
	const void *build;
};

/* Copies that outlive what the findings were found in; of examples, their ids alone. */
struct error *findings_keep(const struct findings *findings, struct findings *ret) must_use;

/*
 * Notes at each of `now` whether it is new, and at each of `before` that nobody has any more that
 * it is gone, and why it is mended or may not be. Those that stayed are dropped from `before`.
 */
struct error *findings_compare(struct findings *now, struct findings *before,
			       const struct findings_moments *moments) must_use;

#endif
