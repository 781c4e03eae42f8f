/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_FILTER_LABELS_H
#define DOWSE_PROFILE_FILTER_LABELS_H

#include "profile/pattern.h"

#define LABEL_PATTERNS_MAX 16

/*
 * Samples by their labels: "user=anna", "tenant:a,b" (all of several, without a key), "bytes=4kb:64kb",
 * "100:" (a number of any label). All zeroes is none.
 */
struct label_filter {
	bool set;
	char *key; /* NULL: any */
	struct pattern patterns[LABEL_PATTERNS_MAX];
	size_t pattern_count; /* 0: a range of numbers */
	double least, most;   /* in the smallest of the units */
	int kind;             /* of the unit: LABEL_UNIT_... */
};

struct error *label_filter_compile(const char *option, const char *text, struct label_filter *ret)
	must_use;
void label_filter_deinit(struct label_filter *filter);
bool label_filter_matches(const struct label_filter *filter, const struct profile *profile,
			  uint32_t sample);

#endif
