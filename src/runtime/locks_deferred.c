/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/locks_private.h"

/*
 * Deferred calls that release a lock. Most functions keep theirs in their frame: a byte with a bit for
 * each defer statement that was passed, and a word for each with the closure to be called:
 *
 *	up to Go 1.21	the byte's distance below the locals' end, how many closures there are, and
 *			the distance of each, the last one first
 *	from Go 1.22	the byte's distance, and that of the first closure; the others follow it
 *
 * A function that defers in a loop has a record for each in the goroutine's list.
 */
#define FUNCDATA_DEFERS 4
#define IN_FRAME_MAX    8
#define IN_ROW_FROM     22
#define VARINT_MAX      5
#define LOADS_MAX       8

static bool read_number(const uint8_t **at, const uint8_t *end, uint32_t *ret)
{
	uint32_t value = 0;
	for (unsigned i = 0; i < VARINT_MAX && *at < end; i++) {
		uint8_t byte = *(*at)++;
		value |= (uint32_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

/* The address that a value of a closure's function has, which begins with the closure at hand. */
static bool address_in(const struct lock_search *search, const struct lock_values *values,
		       struct lock_value value, uint64_t closure, uint64_t *ret)
{
	int64_t offsets[LOADS_MAX];
	size_t loads = 0;
	const struct lock_base *base = &values->list.items[value.base];
	for (; base->kind == LOCK_BASE_LOADED && loads < LOADS_MAX;
	     base = &values->list.items[value.base]) {
		offsets[loads++] = value.offset;
		value = (struct lock_value){ base->a, base->offset };
	}
	if (base->kind == LOCK_BASE_ZERO)
		*ret = (uint64_t)value.offset;
	else if (base->kind == LOCK_BASE_ENTRY && base->a == machine_registers.context)
		*ret = closure + (uint64_t)value.offset;
	else
		return false;
	while (loads-- > 0) {
		if (!lock_search_word(search, *ret, ret))
			return false;
		*ret += (uint64_t)offsets[loads];
	}
	return true;
}

static bool matches(const struct held_lock *held, size_t frame, bool shared)
{
	return held->frame == frame && held->shared == shared;
}

/* Such a call bears out what the code says, and names the lock where that does not. */
static struct error *note(struct lock_search *search, size_t frame, uint64_t address, bool shared)
{
	struct held_lock_vector *list = &search->held->list;
	const struct lock_place *place;
	struct held_lock *unnamed = NULL;
	const struct lock_release release = {
		.goroutine = search->index,
		.frame = (uint32_t)frame,
		.address = address,
	};
	TRY(lock_release_vector_append(&search->held->releases, &release));
	for (size_t i = search->first; i < list->count; i++) {
		struct held_lock *held = &list->items[i];
		if (!matches(held, frame, shared))
			continue;
		if (held->address == address) {
			held->deferred = held->certain = true;
			return NULL;
		}
		if (!held->address || (held->deferred && !unnamed))
			unnamed = held;
	}
	if (unnamed) {
		/* One statement may have taken several, in a loop. */
		struct held_lock named = *unnamed;
		bool first = !unnamed->address;
		named.address = address;
		named.deferred = named.certain = true;
		if (first) {
			*unnamed = named;
			return NULL;
		}
		return held_lock_vector_append(list, &named);
	}
	TRY(lock_search_place(search, frame, &place));
	if (place->values)
		return NULL;
	const struct held_lock held = {
		.goroutine = search->index,
		.frame = (uint32_t)frame,
		.address = address,
		.shared = shared,
		.certain = true,
		.deferred = true,
	};
	return held_lock_vector_append(list, &held);
}

static struct error *take_closure(struct lock_search *search, size_t frame, uint64_t closure)
{
	const struct lock_released *released;
	const struct lock_values *values = NULL;
	struct function function;
	uint64_t entry, address;
	size_t count;
	if (!lock_search_word(search, closure, &entry) ||
	    !binary_function(runtime_binary(search->runtime), entry, &function) ||
	    function.entry != entry || !lock_flow_concerns(search->flow, &function))
		return NULL;
	TRY(lock_flow_leaves_released(search->flow, &function, &released, &count, &values));
	for (size_t i = 0; i < count; i++) {
		enum lock_mode mode = released[i].mode;
		int64_t offset = 0;
		if (released[i].function.base &&
		    (!address_in(search, values, released[i].function, closure, &entry) ||
		     !lock_flow_method(search->flow, entry, false, &mode, &offset)))
			continue;
		if (address_in(search, values, released[i].lock, closure, &address) && address)
			TRY(note(search, frame, address + (uint64_t)offset, mode == LOCK_SHARED));
	}
	return NULL;
}

/* Where the closure of each defer statement is; how many there are. */
static unsigned closures_of(const struct lock_search *search, const struct lock_frame *frame,
			    uint64_t *ret_bits, uint64_t ret[static IN_FRAME_MAX])
{
	size_t size = 0;
	uint32_t distance, count = IN_FRAME_MAX, first;
	const uint8_t *at = function_data(&frame->function, FUNCDATA_DEFERS, &size);
	if (!at || !read_number(&at, at + size, &distance))
		return 0;
	const uint8_t *end = at + MIN(size, (size_t)(VARINT_MAX * (IN_FRAME_MAX + 2)));
	*ret_bits = frame->locals_end - distance;
	if (runtime_binary(search->runtime)->minor >= IN_ROW_FROM) {
		if (!read_number(&at, end, &first))
			return 0;
		for (unsigned i = 0; i < count; i++)
			ret[i] = frame->locals_end - first + i * UINT64_C(8);
		return count;
	}
	if (!read_number(&at, end, &count) || count > IN_FRAME_MAX)
		return 0;
	for (unsigned i = count; i-- > 0;) {
		if (!read_number(&at, end, &first))
			return 0;
		ret[i] = frame->locals_end - first;
	}
	return count;
}

static struct error *take_frame(struct lock_search *search, size_t index)
{
	const struct lock_frame *frame = &search->frames.items[index];
	const struct stack_bytes *stack = &search->goroutine->stack;
	uint64_t at, closures[IN_FRAME_MAX], closure;
	unsigned count = closures_of(search, frame, &at, closures);
	if (!count || at < stack->low || at >= stack->high)
		return NULL;
	uint8_t bits = stack->bytes[at - stack->low];
	for (unsigned i = 0; i < count; i++) {
		if ((bits >> i & 1) && stack_bytes_word(stack, closures[i], &closure))
			TRY(take_closure(search, index, closure));
	}
	return NULL;
}

static const uint8_t *record_at(const struct lock_search *search, uint64_t address)
{
	const struct layout *layout = &runtime_binary(search->runtime)->layout;
	const struct stack_bytes *stack = &search->goroutine->stack;
	uint64_t size = (uint64_t)layout->defer_size;
	if (address >= stack->low && address < stack->high && stack->high - address >= size)
		return stack->bytes + (address - stack->low);
	return capture_object(&search->captured->capture, CAPTURED_DEFER, address);
}

/* The list has the records of the innermost frames first. */
static struct error *take_list(struct lock_search *search)
{
	const struct layout *layout = &runtime_binary(search->runtime)->layout;
	uint64_t address = member_u64(search->goroutine->g, layout->g_defer);
	size_t frame = 0;
	for (int hop = 0; address && hop < DEFERRED_MAX; hop++) {
		const uint8_t *record = record_at(search, address);
		if (!record)
			return NULL;
		uint64_t pc = member_u64(record, layout->defer_pc);
		size_t at = frame;
		while (at < search->frames.count && (pc < search->frames.items[at].function.entry ||
						     pc >= search->frames.items[at].function.end))
			at++;
		if (at < search->frames.count) {
			frame = at;
			TRY(take_closure(search, frame, member_u64(record, layout->defer_fn)));
		}
		address = member_u64(record, layout->defer_link);
	}
	return NULL;
}

struct error *lock_search_deferred(struct lock_search *search)
{
	for (size_t i = 0; i < search->frames.count; i++) {
		if (search->frames.items[i].function.name[0] &&
		    function_defer_return(&search->frames.items[i].function))
			TRY(take_frame(search, i));
	}
	return take_list(search);
}
