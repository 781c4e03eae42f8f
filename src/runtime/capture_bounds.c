/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/capture_private.h"
#include "target/core.h"
#include "target/procfs.h"

/* The kernel's own count of a process's pages lags behind by some for each thread. */
#define SLACK ((uint64_t)4 << 20)

/*
 * How many bytes the target has in memory. Every goroutine, stack and sudog is made of some of
 * them, so a list that claims more is corrupt or a lie, and must not cost dowse what it claims.
 */
uint64_t capture_bytes_there(struct target *target)
{
	struct process_facts facts;
	const struct target_mapping *mappings;
	size_t count;
	uint64_t bytes = 0;
	pid_t pid = target_pid(target);
	if (pid && error_ignore(process_facts_read(pid, &facts)))
		return facts.resident + facts.swapped + SLACK;
	/* A core may claim any memory; what it has counts, and no holes. */
	const struct core_facts *core = core_facts(target);
	if (core)
		return MIN(core->held, core->file_data) + SLACK;
	if (!error_ignore(target_mappings(target, &mappings, &count)))
		return SLACK;
	for (size_t i = 0; i < count; i++)
		bytes += mappings[i].readable ? mappings[i].end - mappings[i].start : 0;
	return bytes + SLACK;
}

/* A goroutine is in the list once. A list that was tampered with may have it any number of times. */
struct error *capture_drop_repeated(struct capture *capture)
{
	struct captured_goroutine_vector *list = &capture->goroutines;
	struct map *addresses = &capture->goroutine_by_address;
	size_t kept = 0;
	TRY(map_reserve(addresses, list->count));
	for (size_t i = 0; i < list->count; i++) {
		struct map_slot *slot;
		size_t before = addresses->count;
		TRY(map_insert(addresses, list->items[i].address, kept, &slot));
		if (addresses->count > before)
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
	return NULL;
}
