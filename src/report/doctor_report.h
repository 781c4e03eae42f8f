/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_DOCTOR_REPORT_H
#define DOWSE_REPORT_DOCTOR_REPORT_H

#include "report/subject.h"
#include "runtime/runtime.h"
#include "target/permission.h"

/* One trial of what takes a pause: how long it took, or why it could not be. */
struct doctor_trial {
	bool made;
	const char *problem; /* NULL: it worked */
	struct target_pause pause;
};

/* What dowse may do, here and to one process. Everything is borrowed. */
struct doctor_report {
	const struct permission_self *self;
	const char *kernel;  /* "Linux 6.1.0" */
	const char *machine; /* "x86_64" */

	/* Of a process; NULL: none was named. */
	const struct process_permission *process;
	const struct subject *subject;
	const char *runtime_problem; /* why its Go runtime is not understood; NULL: it is */
	const uint64_t *globals;     /* GLOBAL_COUNT addresses; NULL when it is not */
	struct doctor_trial stop;
	struct doctor_trial fork;
	const struct style *style;
};

struct error *doctor_text(const struct doctor_report *report, struct writer *writer) must_use;
void doctor_json(const struct doctor_report *report, struct writer *writer);

#endif
