/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_GATHERED_H
#define DOWSE_REPORT_GATHERED_H

#include "base/vector.h"
#include "report/diagnosis.h"

/*
 * What `dowse exec --out` has written of many processes, read again: one report of all of them. The
 * files may come from anybody: what a face shows of them is made safe there, as names out of a
 * process are.
 */
struct gathered_process {
	const char *file;    /* that it was read from; borrowed */
	const char *name;    /* the package whose tests it ran, else what was run */
	const char *package; /* NULL: no tests, or unknown */
	const char *module;  /* the main module's path; NULL unknown */
	const char *executable;
	const char *release;
	int64_t uptime_s; /* -1 unknown */
	size_t findings;  /* that are told, once gathered_sort() has counted them */
	size_t left;
};

/* A file that says nothing, and why. */
struct gathered_problem {
	const char *file;
	const char *text;
};

DEFINE_VECTOR(gathered_process_vector, struct gathered_process);
DEFINE_VECTOR(gathered_problem_vector, struct gathered_problem);
DEFINE_VECTOR(left_vector, struct left_behind);

struct gathered {
	struct gathered_process_vector processes;
	struct gathered_problem_vector problems;
	struct findings findings; /* of all; their strings, and all others, live in its arena */
	struct left_vector left;
	size_t suppressed; /* that were left out where they were found */
	size_t known;
};

/*
 * Add a process' report. `file` is borrowed. One that is damaged, cut, or no such report is an error
 * that names it, and adds nothing.
 */
struct error *gathered_add(struct gathered *gathered, const char *file, const void *bytes,
			   size_t size) must_use;

/* Note a file that could not be added; the error is destroyed. */
struct error *gathered_note(struct gathered *gathered, const char *file, struct error *error)
	must_use;

/*
 * When all has been added, and what is not to be told has been left out: by process and test, with what
 * is no test's last; and count what each process has.
 */
void gathered_sort(struct gathered *gathered);

/* The order of tests in it; NULL is the last. */
int gathered_compare_tests(const char *one, const char *other);

void gathered_deinit(struct gathered *gathered);

/* A table of all; with `all`, each in full before it. */
struct error *gathered_text(const struct diagnosis *diagnosis, const struct style *style,
			    struct writer *writer) must_use;

/* What fails a test. */
struct gathered_judgement {
	enum certainty fail_on; /* and above */
	bool never;             /* no finding does */
	bool left;              /* what is left does */
};

/* JUnit's XML: a suite a process, a case a test that has something. */
void gathered_junit(const struct diagnosis *diagnosis, const struct gathered_judgement *judgement,
		    struct writer *writer);

/* The members "processes" and "problems". */
void gathered_json(const struct gathered *gathered, struct json *json);

#endif
