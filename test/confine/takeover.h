/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TEST_TAKEOVER_H
#define DOWSE_TEST_TAKEOVER_H

#include "base/writer.h"

/* The socket to the broker, found as an attacker would. -1: there is none. */
int takeover_socket(void);

/* An address that every process started from this program has. */
void *takeover_address(void);

/* Attacks on the broker, by name; what came of each is written. */
struct error *takeover_attack(const char *name, struct writer *writer) must_use;

#endif
