/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TEST_TARGET_GROUP_H
#define DOWSE_TEST_TARGET_GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A memory control group of the test's own, by whichever version this machine has. */
struct group {
	char path[256];
	bool version2;
};

/* False where that is not allowed: not root, or no memory controller to be had. */
bool group_create(struct group *ret, const char *name);
void group_destroy(struct group *group);

bool group_enter(const struct group *group, pid_t pid);
bool group_limit(const struct group *group, uint64_t bytes);
uint64_t group_used(const struct group *group);

#endif
