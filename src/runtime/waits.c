/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/waits.h"

#include <string.h>

#include "binary/type.h"
#include "runtime/notify_list.h"

#define SELECT_CASES_MAX 65536
#define QUEUE_WALK_MAX   4096
#define QUEUE_STEPS_MAX  ((size_t)1 << 24) /* of all such walks: a second's worth */
#define NAMES_MAX        ((size_t)1 << 16)

static struct error *count_at(struct map *map, uint64_t address)
{
	struct map_slot *slot;
	if (!address || address == UINT64_MAX)
		return NULL;
	TRY(map_insert(map, address, 0, &slot));
	slot->value++;
	return NULL;
}

static uint32_t counted_at(const struct map *map, uint64_t address)
{
	const struct map_slot *slot = map_find(map, address);
	return slot ? (uint32_t)slot->value : 0;
}

/*
 * Which of its channel's two queues a sudog is in. Seldom are both in use; then the one that it
 * leads back to.
 */
static bool sudog_sends(struct waits *waits, const uint8_t *sudog, const uint8_t *hchan)
{
	const struct layout *layout = &runtime_binary(waits->runtime)->layout;
	uint64_t senders = member_u64(hchan, layout->hchan_sendq_first);
	uint64_t receivers = member_u64(hchan, layout->hchan_recvq_first);
	if (!senders || !receivers)
		return senders != 0;

	uint64_t previous = member_u64(sudog, layout->sudog_prev);
	uint64_t first = 0;
	for (size_t i = 0; previous && i < QUEUE_WALK_MAX && waits->queue_steps < QUEUE_STEPS_MAX;
	     i++, waits->queue_steps++) {
		first = previous;
		const uint8_t *at = capture_object(waits->capture, CAPTURED_SUDOG, previous);
		previous = at ? member_u64(at, layout->sudog_prev) : 0;
	}
	if (first)
		return first == senders;
	const uint8_t *head = capture_object(waits->capture, CAPTURED_SUDOG, senders);
	return head && head == sudog;
}

/* The next sudog of a goroutine's wait; NULL at the end. Only a select has more than one. */
static const uint8_t *next_case(const struct waits *waits, const uint8_t *sudog)
{
	const struct layout *layout = &runtime_binary(waits->runtime)->layout;
	if (!member_u8(sudog, layout->sudog_is_select))
		return NULL;
	const uint8_t *next = capture_object(waits->capture, CAPTURED_SUDOG,
					     member_u64(sudog, layout->sudog_waitlink));
	/* Another goroutine's is none of this list, which was changed while it was read. */
	bool same = next && member_u64(next, layout->sudog_g) == member_u64(sudog, layout->sudog_g);
	return same ? next : NULL;
}

/*
 * How many sudogs a wait has. A list that was torn may lead back into itself: it is counted until
 * one is met that was noted some way before, so that the work is in proportion to what was copied.
 */
static uint32_t count_cases(const struct waits *waits, const uint8_t *first)
{
	const uint8_t *noted = NULL, *at = first;
	uint32_t count = 0;
	for (uint32_t note_at = 1; at && at != noted && count < SELECT_CASES_MAX; count++) {
		if (count == note_at) {
			noted = at;
			note_at *= 2;
		}
		at = next_case(waits, at);
	}
	return count;
}

/*
 * The first sudog of a goroutine; NULL when it is not known, or another goroutine's, which a list
 * that is torn may lead to.
 */
static const uint8_t *first_case(const struct waits *waits,
				 const struct captured_goroutine *captured)
{
	const struct layout *layout = &runtime_binary(waits->runtime)->layout;
	const uint8_t *sudog = capture_object(waits->capture, CAPTURED_SUDOG, captured->waiting);
	return sudog && member_u64(sudog, layout->sudog_g) == captured->address ? sudog : NULL;
}

/* Count one goroutine at everything that it waits for. */
static struct error *waits_count(struct waits *waits, const struct captured_goroutine *captured)
{
	const struct layout *layout = &runtime_binary(waits->runtime)->layout;
	const uint8_t *sudog = first_case(waits, captured);
	for (uint32_t left = sudog ? count_cases(waits, sudog) : 0; sudog && left; left--) {
		uint64_t channel = sudog_channel(layout, sudog);
		const uint8_t *hchan = capture_object(waits->capture, CAPTURED_CHANNEL, channel);
		if (hchan) {
			bool send = sudog_sends(waits, sudog, hchan);
			TRY(count_at(send ? &waits->senders : &waits->receivers, channel));
		} else if (!channel) {
			TRY(count_at(&waits->at_address, sudog_element(layout, sudog)));
		}
		sudog = next_case(waits, sudog);
	}
	return NULL;
}

struct error *waits_init(struct waits *waits, struct runtime *runtime,
			 const struct capture *capture, struct arena *arena)
{
	*waits = (struct waits){ .runtime = runtime, .capture = capture, .arena = arena };
	descriptors_init(&waits->descriptors, runtime, capture);
	for (size_t i = 0; i < capture->goroutines.count; i++) {
		struct error *error = waits_count(waits, &capture->goroutines.items[i]);
		if (error) {
			waits_deinit(waits);
			return error;
		}
	}
	return NULL;
}

void waits_deinit(struct waits *waits)
{
	map_deinit(&waits->receivers);
	map_deinit(&waits->senders);
	map_deinit(&waits->at_address);
	map_deinit(&waits->notify_lists);
	map_deinit(&waits->element_names);
	map_deinit(&waits->queued);
	descriptors_deinit(&waits->descriptors);
}

static struct error *element_name(struct waits *waits, uint64_t type, const char **ret)
{
	*ret = NULL;
	if (!type || type == UINT64_MAX)
		return NULL;
	struct map_slot *slot = map_find(&waits->element_names, type);
	if (!slot && waits->element_names.count < NAMES_MAX) {
		char name[256];
		const char *copy = NULL;
		if (error_ignore(
			    type_name(runtime_binary(waits->runtime), type, name, sizeof(name))))
			copy = arena_copy_string(waits->arena, name, strlen(name));
		TRY(map_insert(&waits->element_names, type, (uintptr_t)copy, &slot));
	}
	*ret = slot ? (const char *)(uintptr_t)slot->value : NULL;
	return NULL;
}

static struct error *decode_channel(struct waits *waits, const uint8_t *sudog,
				    struct wait_channel *ret)
{
	const struct layout *layout = &runtime_binary(waits->runtime)->layout;
	*ret = (struct wait_channel){ .address = sudog_channel(layout, sudog) };
	const uint8_t *hchan = capture_object(waits->capture, CAPTURED_CHANNEL, ret->address);
	if (!hchan)
		return NULL;
	ret->known = true;
	ret->send = sudog_sends(waits, sudog, hchan);
	ret->closed = member_u32(hchan, layout->hchan_closed) != 0;
	ret->length = member_u64(hchan, layout->hchan_qcount);
	ret->capacity = member_u64(hchan, layout->hchan_dataqsiz);
	ret->receivers = counted_at(&waits->receivers, ret->address);
	ret->senders = counted_at(&waits->senders, ret->address);
	ret->element_type = member_u64(hchan, layout->hchan_elemtype);
	return element_name(waits, ret->element_type, &ret->element);
}

static struct error *decode_channels(struct waits *waits, const uint8_t *first, struct wait *wait)
{
	uint32_t count = count_cases(waits, first);
	wait->channels = arena_allocate(waits->arena, count * sizeof(*wait->channels));
	if (!wait->channels)
		return error_no_memory();
	wait->channel_count = count;
	for (uint32_t i = 0; i < count; i++) {
		TRY(decode_channel(waits, first, &wait->channels[i]));
		first = next_case(waits, first);
	}
	return NULL;
}

/*
 * Releases call waits of package sync "semacquire", up to 1.19 all of them and up to 1.23 those of
 * a WaitGroup: then the innermost frame of the package tells which it is.
 */
static enum wait_kind semaphore_kind(const char *reason, const struct stack *stack)
{
	static const struct {
		const char *reason;
		const char *function;
		enum wait_kind kind;
	} kinds[] = {
		{ "sync.Mutex.Lock", "sync.(*Mutex).lockSlow", WAIT_MUTEX },
		{ "sync.RWMutex.RLock", "sync.(*RWMutex).RLock", WAIT_RWMUTEX_READ },
		{ "sync.RWMutex.Lock", "sync.(*RWMutex).Lock", WAIT_RWMUTEX_WRITE },
		{ "sync.WaitGroup.Wait", "sync.(*WaitGroup).Wait", WAIT_WAITGROUP },
	};
	enum { LOOK_AT = 8 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strncmp(reason, kinds[i].reason, strlen(kinds[i].reason)) == 0)
			return kinds[i].kind;
	}
	for (uint32_t at = 0; at < stack->count && at < LOOK_AT; at++) {
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			if (strcmp(stack->frames[at].function, kinds[i].function) == 0)
				return kinds[i].kind;
		}
	}
	return WAIT_SEMAPHORE;
}

/* How far the semaphore's word lies from the beginning of what the kind is. */
static int32_t semaphore_offset(const struct layout *layout, enum wait_kind kind)
{
	switch (kind) {
	case WAIT_MUTEX: /* from 1.24 it wraps internal/sync's, which has the same two members */
		return layout->sync_mutex_sema >= 0 ? layout->sync_mutex_sema
						    : layout->internal_mutex_sema;
	case WAIT_RWMUTEX_READ:
		return layout->sync_rwmutex_reader_sem;
	case WAIT_RWMUTEX_WRITE:
		return layout->sync_rwmutex_writer_sem;
	case WAIT_WAITGROUP: /* called state2 up to 1.19 */
		return layout->sync_wait_group_sema >= 0 ? layout->sync_wait_group_sema
							 : layout->sync_wait_group_state2;
	default:
		return 0;
	}
}

static void decode_semaphore(struct waits *waits, const struct captured_goroutine *captured,
			     struct goroutine *goroutine)
{
	const struct layout *layout = &runtime_binary(waits->runtime)->layout;
	struct wait *wait = &goroutine->wait;
	wait->kind = semaphore_kind(goroutine->state_text, goroutine->stack);

	const uint8_t *sudog = first_case(waits, captured);
	uint64_t word = sudog ? sudog_element(layout, sudog) : 0;
	if (!word)
		return;
	uint32_t waiting = counted_at(&waits->at_address, word);
	wait->others = waiting ? waiting - 1 : 0;
	int32_t offset = semaphore_offset(layout, wait->kind);
	wait->address = offset >= 0 ? word - (uint64_t)offset : word;
}

static void decode_sleep(struct waits *waits, const struct captured_goroutine *captured,
			 struct wait *wait)
{
	const struct layout *layout = &runtime_binary(waits->runtime)->layout;
	wait->kind = WAIT_SLEEP;
	uint64_t wakes = member_u64(captured->g, layout->g_sleep_when);
	const uint8_t *timer = capture_object(waits->capture, CAPTURED_TIMER,
					      member_u64(captured->g, layout->g_timer));
	if (!wakes && timer)
		wakes = member_u64(timer, layout->timer_when);
	if (wakes && wakes < INT64_MAX)
		wait->wakes_in_ns = (int64_t)wakes - (int64_t)waits->capture->now;
}

static bool is_channel_reason(const char *reason)
{
	return strncmp(reason, "chan receive", 12) == 0 || strncmp(reason, "chan send", 9) == 0;
}

/* Reasons that only goroutines of the runtime itself give. */
static bool is_runtime_reason(const char *reason)
{
	static const char *const heads[] = { "GC ",
					     "finalizer wait",
					     "force gc",
					     "garbage coll",
					     "trace reader",
					     "debug call",
					     "cleanup wait",
					     "wait for ",
					     "dumping heap",
					     "preempted",
					     "stopping the world",
					     "flushing proc caches",
					     "update GOMAXPROCS" };
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		if (strncmp(reason, heads[i], strlen(heads[i])) == 0)
			return true;
	}
	return false;
}

struct error *waits_decode(struct waits *waits, const struct captured_goroutine *captured,
			   const struct walk_step_vector *steps, struct goroutine *goroutine)
{
	struct wait *wait = &goroutine->wait;
	const char *reason = goroutine->state_text;
	if (goroutine->state != GOROUTINE_WAITING)
		return NULL;

	const struct layout *layout = &runtime_binary(waits->runtime)->layout;
	const uint8_t *sudog = first_case(waits, captured);

	if (strcmp(reason, "select (no cases)") == 0) {
		wait->kind = WAIT_EMPTY_SELECT;
	} else if (strncmp(reason, "select", 6) == 0) {
		/* The runtime leaves nil channels out; with none left the list is empty. */
		wait->kind = member_u64(captured->g, layout->g_waiting) ? WAIT_SELECT
									: WAIT_EMPTY_SELECT;
		return decode_channels(waits, sudog, wait);
	} else if (is_channel_reason(reason)) {
		wait->send = strncmp(reason, "chan send", 9) == 0;
		wait->kind = strstr(reason, "(nil chan)") ? WAIT_NIL_CHANNEL : WAIT_CHANNEL;
		if (wait->kind == WAIT_CHANNEL)
			return decode_channels(waits, sudog, wait);
	} else if (strncmp(reason, "sema", 4) == 0 || strncmp(reason, "sync.Mutex", 10) == 0 ||
		   strncmp(reason, "sync.RWMutex", 12) == 0 ||
		   strncmp(reason, "sync.WaitGroup", 14) == 0) {
		decode_semaphore(waits, captured, goroutine);
	} else if (strcmp(reason, "sync.Cond.Wait") == 0) {
		wait->kind = WAIT_COND;
		return notify_list_find(waits, captured, steps, wait);
	} else if (strcmp(reason, "sleep") == 0) {
		decode_sleep(waits, captured, wait);
	} else if (strcmp(reason, "IO wait") == 0) {
		return descriptor_decode(&waits->descriptors, captured, steps, waits->arena,
					 goroutine);
	} else if (is_runtime_reason(reason)) {
		wait->kind = WAIT_RUNTIME;
	}
	return NULL;
}
