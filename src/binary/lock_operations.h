/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_LOCK_OPERATIONS_H
#define DOWSE_BINARY_LOCK_OPERATIONS_H

#include "base/map.h"
#include "binary/module.h"

/*
 * The functions that take and release the locks of package sync, from Go 1.24 on with those of
 * internal/sync, which do the work. The lock's address is their first argument.
 */
enum lock_operation {
	LOCK_OPERATION_NONE,
	LOCK_OPERATION_LOCK,
	LOCK_OPERATION_UNLOCK,
	LOCK_OPERATION_READ_LOCK,
	LOCK_OPERATION_READ_UNLOCK,
	LOCK_OPERATION_TRY_LOCK,
	LOCK_OPERATION_TRY_READ_LOCK,
	LOCK_OPERATION_LOCK_SLOW, /* what Lock calls where the lock is not free; it returns with it */
	LOCK_OPERATION_READ_LOCK_SLOW,
	LOCK_OPERATION_UNLOCK_SLOW, /* after the lock was released: wakes those who wait */
	LOCK_OPERATION_READ_UNLOCK_SLOW,
};

enum lock_operation lock_operation_named(const char *function);

/* Where they are in a program. */
struct lock_operations {
	struct map by_entry; /* → enum lock_operation */
};

struct error *lock_operations_find(const struct binary *binary, struct lock_operations *ret)
	must_use;
void lock_operations_deinit(struct lock_operations *operations);
enum lock_operation lock_operation_at(const struct lock_operations *operations, uint64_t entry);

#endif
