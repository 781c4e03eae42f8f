/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_TESTS_REPORT_H
#define DOWSE_REPORT_TESTS_REPORT_H

#include "report/diagnosis.h"

/*
 * What tests have left behind, a few lines a finding: to be read among the output of `go test`. With
 * `marked` each is put where test2json puts the output of its test.
 */
void tests_text(const struct diagnosis *diagnosis, bool marked, const struct style *style,
		struct writer *writer);

/* One of them, in full. */
void tests_text_finding(const struct finding *finding, const struct style *style,
			struct writer *writer);
void tests_text_left(const struct left_behind *left, const struct style *style,
		     struct writer *writer);

#endif
