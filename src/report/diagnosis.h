/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_DIAGNOSIS_H
#define DOWSE_REPORT_DIAGNOSIS_H

#include "heap/heap.h"
#include "leak/profile/look.h"
#include "leak/suppress.h"
#include "report/subject.h"
#include "runtime/memory.h"

/* Goroutines that a test has left, of which it is not known whether they will ever end. */
struct left_behind {
	const char *test; /* NULL unknown */
	uint64_t count;
	const char *state;
	struct place place;
	struct place created_by;
	uint64_t example;    /* id of one */
	const char *package; /* whose test it was; NULL unknown */
	uint32_t process;    /* of those gathered: the one that has told it */
};

struct gathered;

/* All that there is to say of one TARGET. */
struct diagnosis {
	const struct subject *subject;
	const struct findings *findings;
	const struct goroutines *goroutines;         /* NULL: of a profile */
	const struct goroutine_group_vector *groups; /* of all but the runtime's own */
	const struct heap *heap;                     /* NULL: not looked at */
	const struct runtime_counters *counters;     /* NULL: not to be had */
	const struct runtime_memory *memory;         /* NULL: not to be had */
	const struct profile_look *profile;          /* NULL: of no profile */
	bool races;                                  /* of a race report, which tells of no leak */
	bool all;                                    /* every finding in full */
	const char *folder;                          /* that dowse was called in; NULL unknown */
	const char *main_module;                     /* its path; NULL unknown */
	const char *main_package;                    /* the path of package main; NULL unknown */
	int64_t built_before_ns;        /* since 1970, by then the program was built; 0 unknown */
	const struct left_behind *left; /* told where that is asked for */
	size_t left_count;
	const char *package; /* whose tests these are; NULL: unknown, or no tests */
	const struct suppressions *suppressions; /* NULL: none were given */
	size_t suppressed;                       /* findings that are not told */
	size_t known;                            /* the same: the baseline has them */
	unsigned looks;
	uint64_t first_pause_ns; /* of the first of two looks at a process; 0: there was none */
	int64_t between_ns;      /* -1 unknown */
	const struct subject *before;    /* another process that it was compared with; NULL */
	const struct findings *gone;     /* findings of that one, if there is one */
	const struct gathered *gathered; /* of several processes' reports alone; else NULL */
};

/* The first screen: verdict, findings, memory, goroutines, what to type next. */
void diagnosis_text(const struct diagnosis *diagnosis, const struct style *style,
		    struct writer *writer);

/* What the findings come to: the sentence that the text begins with, behind the subject. */
void diagnosis_verdict(const struct diagnosis *diagnosis, struct writer *writer);

void diagnosis_json(const struct diagnosis *diagnosis, struct writer *writer);
void diagnosis_sarif(const struct diagnosis *diagnosis, struct writer *writer);

/* Annotations of a workflow on GitHub. */
void diagnosis_github(const struct diagnosis *diagnosis, struct writer *writer);

#endif
