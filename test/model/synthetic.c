/* SPDX-License-Identifier: Apache-2.0 */
#include "model/synthetic.h"

#include <assert.h>
#include <string.h>

#define FRAMES_MAX 128

static const char *copy(struct goroutines *goroutines, const char *text, size_t length)
{
	const char *copied = arena_copy_string(&goroutines->arena, text, length);
	assert(copied);
	return copied;
}

/* FUNCTION@[!]FILE:LINE, up to `length` bytes. */
static struct frame parse_frame(struct goroutines *goroutines, const char *text, size_t length)
{
	const char *at = memrchr(text, '@', length);
	const char *colon = memrchr(text, ':', length);
	assert(at && colon && colon > at);
	bool hidden = at[1] == '!';
	const char *file = at + 1 + hidden;
	return (struct frame){
		.function = copy(goroutines, text, (size_t)(at - text)),
		.file = copy(goroutines, file, (size_t)(colon - file)),
		.line = (int32_t)strtol(colon + 1, NULL, 10),
		.hidden = hidden,
	};
}

const struct stack *synthetic_stack(struct goroutines *goroutines, const char *frames)
{
	struct frame list[FRAMES_MAX];
	struct stack like = { 0 };
	for (const char *at = frames; *at;) {
		size_t length = strcspn(at, " ");
		assert(like.count < FRAMES_MAX);
		list[like.count] = parse_frame(goroutines, at, length);
		like.shown += !list[like.count].hidden;
		like.count++;
		at += length + strspn(at + length, " ");
	}
	const struct stack *stack = NULL;
	struct error *error = stack_intern(&goroutines->stacks, &goroutines->arena, &like, list,
					   &stack);
	assert(!error);
	return stack;
}

struct goroutine *synthetic_add(struct goroutines *goroutines, const char *state,
				const char *frames, const char *creator)
{
	struct goroutine goroutine = {
		.id = goroutines->list.count + 1,
		.state = GOROUTINE_WAITING,
		.state_text = copy(goroutines, state, strlen(state)),
		.state_note = "",
		.wait_ns = -1,
		.stack = synthetic_stack(goroutines, frames),
		.stack_bytes = 2048,
		.wait = { .descriptor = -1, .wakes_in_ns = INT64_MIN },
		.index = (uint32_t)goroutines->list.count,
	};
	if (creator) {
		struct frame frame = parse_frame(goroutines, creator, strlen(creator));
		goroutine.creator = (struct goroutine_creator){
			.function = frame.function,
			.file = frame.file,
			.line = frame.line,
			.goroutine = 1,
		};
	}
	struct error *error = goroutine_vector_append(&goroutines->list, &goroutine);
	assert(!error);
	return &goroutines->list.items[goroutines->list.count - 1];
}

void synthetic_add_many(struct goroutines *goroutines, unsigned count, const char *state,
			const char *frames, const char *creator)
{
	for (unsigned i = 0; i < count; i++)
		synthetic_add(goroutines, state, frames, creator);
}

void synthetic_wait_channel(struct goroutines *goroutines, struct goroutine *goroutine,
			    uint64_t address, bool send)
{
	struct wait_channel *channel = arena_allocate(&goroutines->arena, sizeof(*channel));
	assert(channel);
	*channel = (struct wait_channel){ .address = address, .send = send };
	goroutine->wait.kind = WAIT_CHANNEL;
	goroutine->wait.channels = channel;
	goroutine->wait.channel_count = 1;
}

uint32_t synthetic_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}
