/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/lock_operations.h"

#include <string.h>

static const struct {
	const char *function;
	enum lock_operation operation;
} operations[] = {
	{ "sync.(*Mutex).Lock", LOCK_OPERATION_LOCK },
	{ "sync.(*Mutex).Unlock", LOCK_OPERATION_UNLOCK },
	{ "sync.(*Mutex).TryLock", LOCK_OPERATION_TRY_LOCK },
	{ "sync.(*Mutex).lockSlow", LOCK_OPERATION_LOCK_SLOW },
	{ "sync.(*Mutex).unlockSlow", LOCK_OPERATION_UNLOCK_SLOW },
	{ "internal/sync.(*Mutex).Lock", LOCK_OPERATION_LOCK },
	{ "internal/sync.(*Mutex).Unlock", LOCK_OPERATION_UNLOCK },
	{ "internal/sync.(*Mutex).TryLock", LOCK_OPERATION_TRY_LOCK },
	{ "internal/sync.(*Mutex).lockSlow", LOCK_OPERATION_LOCK_SLOW },
	{ "internal/sync.(*Mutex).unlockSlow", LOCK_OPERATION_UNLOCK_SLOW },
	{ "sync.(*RWMutex).Lock", LOCK_OPERATION_LOCK },
	{ "sync.(*RWMutex).Unlock", LOCK_OPERATION_UNLOCK },
	{ "sync.(*RWMutex).TryLock", LOCK_OPERATION_TRY_LOCK },
	{ "sync.(*RWMutex).RLock", LOCK_OPERATION_READ_LOCK },
	{ "sync.(*RWMutex).RUnlock", LOCK_OPERATION_READ_UNLOCK },
	{ "sync.(*RWMutex).TryRLock", LOCK_OPERATION_TRY_READ_LOCK },
	{ "sync.(*RWMutex).rUnlockSlow", LOCK_OPERATION_READ_UNLOCK_SLOW },
	/* What RLock itself calls, which is inlined; up to Go 1.19 the second. */
	{ "sync.runtime_SemacquireRWMutexR", LOCK_OPERATION_READ_LOCK_SLOW },
	{ "sync.runtime_SemacquireMutex", LOCK_OPERATION_READ_LOCK_SLOW },
	{ "sync.(*rlocker).Lock", LOCK_OPERATION_READ_LOCK },
	{ "sync.(*rlocker).Unlock", LOCK_OPERATION_READ_UNLOCK },
};

enum lock_operation lock_operation_named(const char *function)
{
	if (strncmp(function, "sync.(*", 7) != 0 && strncmp(function, "internal/sync.(*", 16) != 0)
		return LOCK_OPERATION_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		if (strcmp(function, operations[i].function) == 0)
			return operations[i].operation;
	}
	return LOCK_OPERATION_NONE;
}

void lock_operations_deinit(struct lock_operations *found)
{
	map_deinit(&found->by_entry);
	*found = (struct lock_operations){ 0 };
}

struct error *lock_operations_find(const struct binary *binary, struct lock_operations *ret)
{
	_cleanup_(lock_operations_deinit) struct lock_operations found = { 0 };
	for (size_t m = 0; m < binary->module_count; m++) {
		for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
			struct function function;
			struct map_slot *slot;
			if (!pclntab_find_named(binary->modules[m].functions,
						operations[i].function, &function))
				continue;
			TRY(map_insert(&found.by_entry, function.entry,
				       (uint64_t)operations[i].operation, &slot));
		}
	}
	*ret = found;
	found = (struct lock_operations){ 0 };
	return NULL;
}

enum lock_operation lock_operation_at(const struct lock_operations *found, uint64_t entry)
{
	const struct map_slot *slot = map_find(&found->by_entry, entry);
	return slot ? (enum lock_operation)slot->value : LOCK_OPERATION_NONE;
}
