/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_GOROUTINES_REPORT_H
#define DOWSE_REPORT_GOROUTINES_REPORT_H

#include "report/subject.h"

/* Goroutines to be shown, and how. */
struct goroutines_report {
	const struct subject *subject;
	const struct goroutines *goroutines;
	const struct goroutine_group_vector *groups; /* of those that match the filter */
	const struct goroutine_filter *filter;
	bool all;       /* each one, in the order of the evidence, instead of groups */
	uint64_t limit; /* groups, or goroutines where each is shown; UINT64_MAX: not said */
	const struct style *style; /* for text */
};

void goroutines_text(const struct goroutines_report *report, struct writer *writer);
void goroutines_json(const struct goroutines_report *report, struct writer *writer);

/* Stacks as flame graph tools read them: outermost;...;innermost COUNT. */
void goroutines_folded(const struct goroutines_report *report, struct writer *writer);

/* The members that tell of goroutines, of a document or of one of its dumps. */
void goroutines_json_members(const struct goroutines_report *report, struct json *json);

/* How many goroutines the groups hold. */
uint64_t goroutines_report_matched(const struct goroutines_report *report);

/* A goroutine's object, as every document has it. */
void goroutine_json(const struct goroutines *goroutines, const struct goroutine *goroutine,
		    struct json *json);

/* The members "stack", "elided" and "elided_after", and "created_by". */
void goroutine_json_stack(const struct goroutine *goroutine, struct json *json);

#endif
