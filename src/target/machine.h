/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_MACHINE_H
#define DOWSE_TARGET_MACHINE_H

#include <sys/types.h>

#include "target/registers.h"

#include "base/error.h"

/* What differs from machine to machine: one file machine_NAME.c each. */

/* The registers of a thread that is stopped by the calling thread. */
struct error *machine_registers_read(pid_t thread, struct registers *ret) must_use;

#endif
