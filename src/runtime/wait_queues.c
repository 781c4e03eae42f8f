/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/wait_queues.h"

#include "base/cycle.h"
#include "runtime/globals.h"

/*
 * waits->queued maps the address of each record (sudog) that stands in a queue to what the queue
 * belongs to: a channel, with a bit for its senders, or a semaphore's word.
 */
#define QUEUE_SENDS   1
#define TREE_READS    ((size_t)1 << 16) /* of records that were not copied along with a goroutine */
#define SUDOG_ADDRESS (~UINT64_C(7))

static const struct layout *layout_of(const struct waits *waits)
{
	return &runtime_binary(waits->runtime)->layout;
}

/* A queue is as long as its records lead on to each other and to this channel. */
static struct error *note_queue(struct waits *waits, uint64_t first, uint64_t channel, bool send)
{
	const struct layout *layout = layout_of(waits);
	uint64_t at = first;
	while (at && !(at & ~SUDOG_ADDRESS)) {
		const uint8_t *sudog = capture_object(waits->capture, CAPTURED_SUDOG, at);
		struct map_slot *slot;
		size_t known = waits->queued.count;
		if (!sudog || sudog_channel(layout, sudog) != channel)
			return NULL;
		TRY(map_insert(&waits->queued, at, channel | (send ? QUEUE_SENDS : 0), &slot));
		if (waits->queued.count == known)
			return NULL; /* a second time: this is no list */
		at = member_u64(sudog, layout->sudog_next);
	}
	return NULL;
}

static struct error *note_channels(struct waits *waits)
{
	const struct layout *layout = layout_of(waits);
	const struct map *objects = &waits->capture->objects;
	for (size_t i = 0; objects->slots && i <= objects->mask; i++) {
		uint64_t key = objects->slots[i].key;
		if (key == UINT64_MAX || (key & ~SUDOG_ADDRESS) != CAPTURED_CHANNEL)
			continue;
		uint64_t channel = key & SUDOG_ADDRESS;
		const uint8_t *hchan = capture_object(waits->capture, CAPTURED_CHANNEL, channel);
		if (!hchan)
			continue;
		TRY(note_queue(waits, member_u64(hchan, layout->hchan_recvq_first), channel,
			       false));
		TRY(note_queue(waits, member_u64(hchan, layout->hchan_sendq_first), channel, true));
	}
	return NULL;
}

/* A record of a tree: mostly it was copied. `bytes` has room for one that was not. */
static const uint8_t *tree_record(struct waits *waits, uint64_t address, uint8_t *bytes)
{
	const uint8_t *copy = capture_object(waits->capture, CAPTURED_SUDOG, address);
	int32_t size = layout_of(waits)->sudog_size;
	if (copy)
		return copy;
	if (size <= 0 || size > CAPTURED_SUDOG_MAX || waits->tree_reads++ >= TREE_READS ||
	    !error_ignore(
		    target_read(runtime_target(waits->runtime), address, bytes, (size_t)size)))
		return NULL;
	return bytes;
}

/* One node of a tree, and those behind it who wait for the same; then its children are to do. */
static struct error *note_node(struct waits *waits, uint64_t node, struct u64_vector *left)
{
	const struct layout *layout = layout_of(waits);
	uint8_t bytes[CAPTURED_SUDOG_MAX];
	uint64_t word = 0;
	for (uint64_t at = node, next = 0; at && !(at & ~SUDOG_ADDRESS); at = next) {
		const uint8_t *sudog = tree_record(waits, at, bytes);
		struct map_slot *slot;
		size_t known = waits->queued.count;
		if (!sudog)
			return NULL;
		if (at == node) {
			uint64_t less = member_u64(sudog, layout->sudog_prev);
			uint64_t more = member_u64(sudog, layout->sudog_next);
			word = sudog_element(layout, sudog);
			if (less)
				TRY(u64_vector_append(left, &less));
			if (more)
				TRY(u64_vector_append(left, &more));
		}
		if (sudog_element(layout, sudog) != word || sudog_channel(layout, sudog))
			return NULL;
		next = member_u64(sudog, layout->sudog_waitlink);
		TRY(map_insert(&waits->queued, at, word, &slot));
		if (waits->queued.count == known)
			return NULL;
	}
	return NULL;
}

/* Each node has two children at most, and is met once: else the tree is none, and left. */
static struct error *note_tree(struct waits *waits, uint64_t tree, struct u64_vector *left)
{
	left->count = 0;
	TRY(u64_vector_append(left, &tree));
	while (left->count) {
		uint64_t node = left->items[--left->count];
		if (!map_find(&waits->queued, node))
			TRY(note_node(waits, node, left));
	}
	return NULL;
}

static struct error *note_semaphores(struct waits *waits)
{
	const struct layout *layout = layout_of(waits);
	uint64_t table = runtime_global(waits->runtime, GLOBAL_SEMTABLE), tree;
	_cleanup_(u64_vector_deinit) struct u64_vector left = { 0 };
	if (!table || layout->sema_table_entry_stride <= 0 || layout->sema_root_treap < 0)
		return NULL;
	for (uint64_t i = 0; i < SEMAPHORE_ROOTS; i++) {
		uint64_t entry = table + i * (uint64_t)layout->sema_table_entry_stride;
		if (!error_ignore(target_read_u64(runtime_target(waits->runtime),
						  entry + (uint64_t)layout->sema_root_treap,
						  &tree)))
			return NULL;
		if (tree)
			TRY(note_tree(waits, tree, &left));
	}
	return NULL;
}

struct error *wait_queues_read(struct waits *waits)
{
	TRY(note_channels(waits));
	return note_semaphores(waits);
}

static bool stands_in(const struct waits *waits, uint64_t record, uint64_t queue)
{
	const struct map_slot *slot = map_find(&waits->queued, record);
	return slot && slot->value == queue;
}

/* Is the first of a queue, if there is one, of this goroutine itself? A select may do both. */
static bool is_own(const struct waits *waits, uint64_t first, uint64_t g)
{
	const uint8_t *sudog = capture_object(waits->capture, CAPTURED_SUDOG, first);
	return !first || (sudog && member_u64(sudog, layout_of(waits)->sudog_g) == g);
}

/* Nothing at the channel could let a goroutine go on that waits there. */
static bool channel_blocks(const struct waits *waits, const struct wait_channel *channel,
			   uint64_t g)
{
	const struct layout *layout = layout_of(waits);
	const uint8_t *hchan = capture_object(waits->capture, CAPTURED_CHANNEL, channel->address);
	if (!hchan || !channel->known || channel->closed)
		return false;
	if (channel->send)
		return channel->length == channel->capacity &&
		       is_own(waits, member_u64(hchan, layout->hchan_recvq_first), g);
	return channel->length == 0 &&
	       is_own(waits, member_u64(hchan, layout->hchan_sendq_first), g);
}

static void decode_channels(struct waits *waits, const struct captured_goroutine *captured,
			    struct wait *wait)
{
	const struct layout *layout = layout_of(waits);
	uint64_t record = captured->waiting;
	wait->record = record;
	wait->queued = wait->channel_count > 0;
	for (uint32_t i = 0; i < wait->channel_count; i++) {
		struct wait_channel *channel = &wait->channels[i];
		const uint8_t *sudog = capture_object(waits->capture, CAPTURED_SUDOG, record);
		uint64_t queue = channel->address | (channel->send ? QUEUE_SENDS : 0);
		channel->record = record;
		if (!sudog || !stands_in(waits, record, queue) ||
		    !channel_blocks(waits, channel, captured->address))
			wait->queued = false;
		record = sudog ? member_u64(sudog, layout->sudog_waitlink) : 0;
	}
	/* A case that was not seen could be the one that wakes it. */
	if (record)
		wait->queued = false;
}

/* A waiter in the tree, and nothing in the semaphore that it could take. */
static void decode_semaphore(struct waits *waits, const struct captured_goroutine *captured,
			     struct wait *wait)
{
	const struct layout *layout = layout_of(waits);
	const uint8_t *sudog = capture_object(waits->capture, CAPTURED_SUDOG, captured->waiting);
	uint64_t word = sudog ? sudog_element(layout, sudog) : 0;
	uint32_t value = 1;
	wait->record = captured->waiting;
	wait->queued = word && stands_in(waits, captured->waiting, word) &&
		       error_ignore(target_read(runtime_target(waits->runtime), word, &value,
						sizeof(value))) &&
		       value == 0;
}

void wait_queues_decode(struct waits *waits, const struct captured_goroutine *captured,
			struct wait *wait)
{
	switch (wait->kind) {
	case WAIT_CHANNEL:
	case WAIT_SELECT:
		decode_channels(waits, captured, wait);
		break;
	case WAIT_MUTEX:
	case WAIT_RWMUTEX_READ:
	case WAIT_RWMUTEX_WRITE:
	case WAIT_WAITGROUP:
	case WAIT_SEMAPHORE:
		decode_semaphore(waits, captured, wait);
		break;
	case WAIT_COND:
		/* The list was walked from its head to where its tail says that it ends. */
		wait->record = captured->waiting;
		wait->queued = map_find(&waits->notify_lists, captured->address) != NULL;
		break;
	default:
		break;
	}
}
