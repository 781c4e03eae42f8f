/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_FIX_FIX_H
#define DOWSE_FIX_FIX_H

#include "leak/finding.h"

/* Say of every finding what to change, in the program's own names. */
struct error *fix_findings(struct findings *findings) must_use;

#endif
