/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_DUMPS_REPORT_H
#define DOWSE_REPORT_DUMPS_REPORT_H

#include "dump/dump.h"
#include "report/goroutines_report.h"

/*
 * The document of a text: of its one dump as of a process, with what it is; of several each in a
 * list, unless one of them was asked for (`one`). `report` is of the chosen one.
 */
struct error *dumps_json(const struct goroutines_report *report, const struct dumps *dumps,
			 bool one, size_t chosen, struct writer *writer) must_use;

/* Which other dumps there are; nothing where there is one. */
void dumps_list_text(const struct dumps *dumps, size_t chosen, const struct style *style,
		     struct writer *writer);

#endif
