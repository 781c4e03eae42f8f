/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_LAYOUT_CHECK_H
#define DOWSE_RUNTIME_LAYOUT_CHECK_H

#include "binary/layout.h"

/*
 * Structures that are copied whole are read member by member without a further look at their size
 * (runtime/member.h), and a layout may come from debug information that anybody has written: so
 * here it is made sure that these members lie inside. ERROR_CORRUPT when one does not.
 */
struct error *layout_check(const struct layout *layout) must_use;

#endif
