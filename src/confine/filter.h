/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CONFINE_FILTER_H
#define DOWSE_CONFINE_FILTER_H

#include "base/error.h"

/*
 * The worker's system calls. What it needs is allowed; what opens files is trapped (see trap.h);
 * what only somebody who has taken the worker over would try ends it at once; all else is refused
 * with EPERM. `socket` is the only one that messages can be sent over.
 */
struct error *confine_filter_install(int socket) must_use;

#endif
