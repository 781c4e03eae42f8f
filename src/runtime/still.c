/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/still.h"

#include <string.h>

#include "runtime/batch.h"
#include "runtime/capture.h"
#include "runtime/runtime_private.h"

/* Its descriptor, and the record of its wait: 0 and 1 of two reads. */
enum { READ_G, READ_RECORD, READS };

static bool is_parked(const struct runtime *runtime, const struct goroutine *goroutine,
		      const uint8_t *g)
{
	const struct layout *layout = &runtime->binary->layout;
	uint32_t status = member_u32(g, layout->g_atomicstatus) & G_STATUS_MASK;
	uint8_t number = member_u8(g, layout->g_waitreason);
	const char *reason = number < ARRAY_SIZE(runtime->reasons.text)
				     ? runtime->reasons.text[number]
				     : NULL;
	return (status == G_WAITING || status == G_LEAKED) &&
	       member_u64(g, layout->g_goid) == goroutine->id && reason &&
	       strcmp(reason, goroutine->state_text) == 0;
}

/* Up to Go 1.25 a g does not say what it waits for, where that is no channel. */
static bool waits_alike(const struct runtime *runtime, const struct goroutine *goroutine,
			const uint8_t *g, const uint8_t *record)
{
	const struct layout *layout = &runtime->binary->layout;
	const struct wait *wait = &goroutine->wait;
	uint64_t waiting = member_u64(g, layout->g_waiting);
	uint64_t channel = wait->channel_count ? wait->channels[0].address : 0;
	if (!wait->record)
		return !waiting;
	if (waiting ? waiting != wait->record : wait->channel_count != 0)
		return false;
	return record && member_u64(record, layout->sudog_g) == goroutine->address &&
	       sudog_channel(layout, record) == channel;
}

static struct error *add_reads(struct batch *batch, const struct layout *layout,
			       const struct goroutine *goroutine)
{
	uint64_t record = goroutine->wait.record ? goroutine->wait.record : goroutine->address;
	int32_t size = goroutine->wait.record ? layout->sudog_size : 8;
	TRY(batch_add(batch, goroutine->address, (size_t)layout->g_size));
	return batch_add(batch, record, (size_t)MAX(size, 8));
}

static struct error *look(struct runtime *runtime, const struct goroutines *goroutines,
			  struct batch *batch, bool *wanted, size_t *read)
{
	size_t at = 0;
	for (size_t i = 0; i < goroutines->list.count; i++) {
		if (wanted[i])
			TRY(add_reads(batch, &runtime->binary->layout, &goroutines->list.items[i]));
	}
	TRY(batch_run(batch));
	for (size_t i = 0; i < goroutines->list.count; i++) {
		const struct goroutine *goroutine = &goroutines->list.items[i];
		if (!wanted[i])
			continue;
		const uint8_t *g = batch_bytes(batch, at + READ_G);
		const uint8_t *record = batch_bytes(batch, at + READ_RECORD);
		at += READS;
		*read += g != NULL;
		wanted[i] = g && is_parked(runtime, goroutine, g) &&
			    waits_alike(runtime, goroutine, g, record);
	}
	return NULL;
}

struct error *runtime_goroutines_still(struct runtime *runtime, const struct goroutines *goroutines,
				       bool *wanted, size_t *ret_read)
{
	struct arena arena = { 0 };
	struct batch batch = { .target = runtime->target, .arena = &arena };
	size_t read = 0;
	struct error *error = look(runtime, goroutines, &batch, wanted, &read);
	batch_deinit(&batch);
	arena_deinit(&arena);
	if (!error)
		*ret_read = read;
	return error;
}
