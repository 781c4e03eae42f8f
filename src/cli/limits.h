/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_LIMITS_H
#define DOWSE_CLI_LIMITS_H

#include "report/info_report.h"

/* What can be learnt of a process's limits; the rest stays unknown. */
void limits_read(pid_t pid, struct info_limits *ret);

#endif
