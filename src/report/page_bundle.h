/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_PAGE_BUNDLE_H
#define DOWSE_REPORT_PAGE_BUNDLE_H

#include <stddef.h>

/* web/dist/page.html, before and behind the place of the documents; made by tools/embed-page. */
extern const unsigned char page_bundle_head[], page_bundle_tail[];
extern const size_t page_bundle_head_length, page_bundle_tail_length;

#endif
