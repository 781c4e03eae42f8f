/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/descriptors.h"

#include <string.h>

/* The frames that park: gopark, netpollblock, poll.runtime_pollWait and its caller. */
#define FRAMES_SEARCHED     5
#define WORDS_SEARCHED      96
#define DESCRIPTOR_MAX      ((uint64_t)1 << 30)
#define DESCRIPTOR_SIZE_MAX 1024

struct poll_descriptor {
	uint64_t address;
	int descriptor;
	uint64_t deadline; /* 0: none */
};

/*
 * A word leads to the member of a poll descriptor in which the runtime notes who waits to read
 * (rg), or to write (wg). What lies around that place holds the descriptor in either case:
 *
 *	word - furthest          word              word - nearest + size
 *	|     [ rg ... fd ...  as if it were rg        ]
 *	[ wg ... fd ...  as if it were wg ]            |
 */
struct window {
	uint64_t furthest;
	uint64_t size;
};

static bool window_make(const struct layout *layout, struct window *ret)
{
	if (layout->poll_desc_rg < 0 || layout->poll_desc_wg < 0 || layout->poll_desc_fd < 0 ||
	    layout->poll_desc_size <= 0 || layout->poll_desc_size > DESCRIPTOR_SIZE_MAX)
		return false;
	uint64_t furthest = (uint64_t)MAX(layout->poll_desc_rg, layout->poll_desc_wg);
	uint64_t nearest = (uint64_t)MIN(layout->poll_desc_rg, layout->poll_desc_wg);
	*ret = (struct window){
		.furthest = furthest,
		.size = furthest - nearest + (uint64_t)layout->poll_desc_size,
	};
	return true;
}

/* The descriptor in a window, if it says that `g` waits for it. */
static bool window_decode(const struct layout *layout, const struct window *window,
			  const uint8_t *bytes, uint64_t word, bool write, uint64_t g,
			  struct poll_descriptor *ret)
{
	int32_t member = write ? layout->poll_desc_wg : layout->poll_desc_rg;
	const uint8_t *start = bytes + (window->furthest - (uint64_t)member);
	uint64_t number = member_u64(start, layout->poll_desc_fd);
	uint64_t until = member_u64(start, write ? layout->poll_desc_wd : layout->poll_desc_rd);
	if (member_u64(start, member) != g || number > DESCRIPTOR_MAX)
		return false;
	*ret = (struct poll_descriptor){
		.address = word - (uint64_t)member,
		.descriptor = (int)number,
		.deadline = until < INT64_MAX ? until : 0,
	};
	return true;
}

static bool could_be_pointer(uint64_t word)
{
	return word > 0x10000 && word < (uint64_t)1 << 47 && word % 8 == 0;
}

void descriptors_init(struct descriptors *descriptors, struct runtime *runtime,
		      const struct capture *capture)
{
	*descriptors = (struct descriptors){ .runtime = runtime, .capture = capture };
	descriptor_table_init(&descriptors->table, target_pid(runtime_target(runtime)));
}

void descriptors_deinit(struct descriptors *descriptors)
{
	descriptor_table_deinit(&descriptors->table);
	arena_deinit(&descriptors->arena);
	map_deinit(&descriptors->windows);
}

/* Does the goroutine wait to write? The frames of internal/poll say so. */
static bool waits_to_write(const struct stack *stack)
{
	enum { LOOK_AT = 8 };
	static const char *const writers[] = {
		"internal/poll.(*pollDesc).waitWrite",
		"internal/poll.(*pollDesc).waitCanceled", /* of a connect */
	};
	for (uint32_t i = 0; i < stack->count && i < LOOK_AT; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(writers); j++) {
			if (strcmp(stack->frames[i].function, writers[j]) == 0)
				return true;
		}
	}
	return false;
}

/* The word at `at` of the goroutine's stack, if it may lead out of it. */
static bool candidate(const struct captured_goroutine *captured, uint64_t at, uint64_t *ret)
{
	return stack_bytes_word(&captured->stack, at, ret) && could_be_pointer(*ret) &&
	       (*ret < captured->stack.low || *ret >= captured->stack.high);
}

/* Does the word at `at` lead to a poll descriptor that this goroutine waits on? */
static bool try_word(struct descriptors *descriptors, const struct captured_goroutine *captured,
		     bool write, uint64_t at, struct poll_descriptor *ret)
{
	const struct layout *layout = &runtime_binary(descriptors->runtime)->layout;
	uint8_t bytes[2 * DESCRIPTOR_SIZE_MAX];
	struct window window;
	uint64_t word;
	return window_make(layout, &window) && candidate(captured, at, &word) &&
	       error_ignore(target_read(runtime_target(descriptors->runtime),
					word - window.furthest, bytes, window.size)) &&
	       window_decode(layout, &window, bytes, word, write, captured->address, ret);
}

/* Read what the words of all that wait for the same reason lead to. */
static struct error *read_windows(struct descriptors *descriptors, uint8_t reason)
{
	const struct layout *layout = &runtime_binary(descriptors->runtime)->layout;
	const struct captured_goroutine_vector *list = &descriptors->capture->goroutines;
	_cleanup_(batch_deinit) struct batch batch = {
		.target = runtime_target(descriptors->runtime),
		.arena = &descriptors->arena,
	};
	_cleanup_(u64_vector_deinit) struct u64_vector addresses = { 0 };
	struct window window;
	uint64_t word;

	if (!window_make(layout, &window))
		return NULL;
	for (size_t i = 0; i < list->count; i++) {
		const struct captured_goroutine *captured = &list->items[i];
		if (member_u8(captured->g, layout->g_waitreason) != reason ||
		    !candidate(captured, captured->stack.low + descriptors->offset, &word))
			continue;
		TRY(batch_add(&batch, word - window.furthest, window.size));
		TRY(u64_vector_append(&addresses, &captured->address));
	}
	TRY(batch_run(&batch));
	for (size_t i = 0; i < addresses.count; i++) {
		struct map_slot *slot;
		TRY(map_insert(&descriptors->windows, addresses.items[i],
			       (uintptr_t)batch_bytes(&batch, i), &slot));
	}
	return NULL;
}

/* In what was read for all of them. */
static bool find_in_windows(struct descriptors *descriptors,
			    const struct captured_goroutine *captured, bool write,
			    struct poll_descriptor *ret)
{
	const struct layout *layout = &runtime_binary(descriptors->runtime)->layout;
	const struct map_slot *slot = map_find(&descriptors->windows, captured->address);
	struct window window;
	uint64_t word;
	return slot && slot->value && window_make(layout, &window) &&
	       candidate(captured, captured->stack.low + descriptors->offset, &word) &&
	       window_decode(layout, &window, (const uint8_t *)(uintptr_t)slot->value, word, write,
			     captured->address, ret);
}

static struct error *find_poll_descriptor(struct descriptors *descriptors,
					  const struct captured_goroutine *captured,
					  const struct walk_step_vector *steps, bool write,
					  struct poll_descriptor *ret, bool *ret_found)
{
	const struct layout *layout = &runtime_binary(descriptors->runtime)->layout;
	uint64_t low = captured->stack.low;
	uint64_t end = steps->count > FRAMES_SEARCHED ? steps->items[FRAMES_SEARCHED].sp
						      : captured->stack.high;
	*ret_found = find_in_windows(descriptors, captured, write, ret);
	for (uint64_t at = low; !*ret_found && at < end && at < low + WORDS_SEARCHED * 8; at += 8) {
		*ret_found = try_word(descriptors, captured, write, at, ret);
		if (*ret_found && !descriptors->offset) {
			descriptors->offset = at - low;
			TRY(read_windows(descriptors,
					 member_u8(captured->g, layout->g_waitreason)));
		}
	}
	return NULL;
}

static struct error *copy_text(struct arena *arena, const char *text, const char **ret)
{
	if (!text)
		return NULL;
	*ret = arena_copy_string(arena, text, strlen(text));
	return *ret ? NULL : error_no_memory();
}

struct error *descriptor_decode(struct descriptors *descriptors,
				const struct captured_goroutine *captured,
				const struct walk_step_vector *steps, struct arena *arena,
				struct goroutine *goroutine)
{
	struct wait *wait = &goroutine->wait;
	struct poll_descriptor found;
	wait->kind = WAIT_DESCRIPTOR;
	wait->send = waits_to_write(goroutine->stack);
	bool is_found;
	TRY(find_poll_descriptor(descriptors, captured, steps, wait->send, &found, &is_found));
	if (!is_found)
		return NULL;
	wait->address = found.address;
	wait->descriptor = found.descriptor;
	if (found.deadline)
		wait->wakes_in_ns = (int64_t)(found.deadline - descriptors->capture->now);

	/* It may have been closed since, or be out of reach: then its number must do. */
	struct descriptor descriptor;
	struct error *unknown =
		descriptors->table.pid
			? descriptor_table_find(&descriptors->table, found.descriptor, &descriptor)
			: target_descriptor(runtime_target(descriptors->runtime), found.descriptor,
					    &descriptor);
	if (!error_ignore(unknown))
		return NULL;
	TRY(copy_text(arena, descriptor.name ? descriptor.name : descriptor.kind,
		      &wait->descriptor_name));
	TRY(copy_text(arena, descriptor.local, &wait->local_address));
	return copy_text(arena, descriptor.remote, &wait->remote_address);
}
