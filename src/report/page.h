/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_PAGE_H
#define DOWSE_REPORT_PAGE_H

#include "base/writer.h"

/*
 * One file for a browser: the built page of web/, and in it what is to be shown: JSON documents, each
 * with its line end. Nothing in them can end the element that they stand in.
 */
void page_html(const char *documents, size_t length, struct writer *writer);

#endif
