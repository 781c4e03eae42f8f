/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_DIAGNOSE_PAGE_H
#define DOWSE_CLI_DIAGNOSE_PAGE_H

#include "cli/look.h"

/*
 * What a page shows of the heap besides the findings about it: a document with the holders and the
 * types that have most, as `dowse heap` tells them. Nothing where the heap was not looked at.
 */
struct error *diagnose_page_heap(const struct subject *subject, struct look *look,
				 struct writer *writer) must_use;

#endif
