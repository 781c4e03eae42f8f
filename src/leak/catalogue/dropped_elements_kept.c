/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_dropped_elements_kept = {
	.code = "L22",
	.name = "dropped-elements-kept",
	.at_most = CERTAINTY_LIKELY,
	.summary = "elements that slices dropped still keep objects alive",
	.evidence =
		"An array of pointers, or of structs with pointers, has elements that are within no slice's\n"
		"length, and objects that nothing else leads to hang off them: what these hold is the finding's\n"
		"size. It comes of s = s[:n], of s = s[1:], and of s[a:b:c].",
	.leaky = "func (q *Queue) pop() *Job {\n"
		 "	job := q.jobs[0]\n"
		 "	q.jobs = q.jobs[1:] // the array still points to the job\n"
		 "	return job\n"
		 "}\n",
	.fixed = "func (q *Queue) pop() *Job {\n"
		 "	job := q.jobs[0]\n"
		 "	q.jobs[0] = nil // of many: clear(q.jobs[n:]), then q.jobs = q.jobs[:n]\n"
		 "	q.jobs = q.jobs[1:]\n"
		 "	return job\n"
		 "}\n",
	.wrong =
		"Objects that are put behind the end on purpose, to be used again when the slice grows (a list\n"
		"of free ones), look the same.",
};
