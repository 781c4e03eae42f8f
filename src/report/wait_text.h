/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_WAIT_TEXT_H
#define DOWSE_REPORT_WAIT_TEXT_H

#include "model/goroutine.h"
#include "report/style.h"

/* What a goroutine waits for, as what follows "waits "; false, and nothing written, when unknown. */
bool wait_text(const struct wait *wait, struct writer *writer);

#endif
