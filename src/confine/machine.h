/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CONFINE_MACHINE_H
#define DOWSE_CONFINE_MACHINE_H

#include <stdint.h>

/*
 * A system call that a filter has trapped, in the context of its signal: how this machine passes
 * what it asks, and takes its result.
 */
extern const uint32_t machine_audit_arch;

uint64_t machine_call_argument(const void *context, unsigned number);
void machine_call_set_result(void *context, long result);

#endif
