/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_CAPTURE_H
#define DOWSE_RUNTIME_CAPTURE_H

#include "base/map.h"
#include "runtime/batch.h"
#include "runtime/machine.h"
#include "runtime/member.h"
#include "runtime/runtime.h"

#define DEFERRED_MAX       64  /* of one goroutine */
#define CAPTURED_SUDOG_MAX 256 /* bytes */

/*
 * What is copied while the process is stopped: the goroutines' descriptors, their stacks, the
 * threads that run them and what the waiting ones hang on. Copying understands only as much of
 * the bytes as it needs to find the next ones; everything else is decoded once the process goes
 * on (goroutines.c).
 */
struct captured_goroutine {
	uint64_t address;
	const uint8_t *g;         /* struct runtime.g */
	struct stack_bytes stack; /* from the walk's start to its end; empty when not known */
	struct machine_frame start;
	bool trapped;        /* start is an interrupted instruction */
	bool from_syscall;   /* start is what entersyscall() saved */
	const char *problem; /* why there is no stack, or not all of it; static text */

	/* What leads on from g, taken from it while it is in the processor's cache. */
	bool running;
	bool parked;
	uint8_t reason; /* for which it is */
	uint64_t stack_high;
	uint64_t thread;
	uint64_t locked_thread;
	uint64_t waiting; /* the first sudog, whether g says so or was found out otherwise */
	uint64_t timer;
	uint64_t deferred; /* the first record */
};

/* A thread of the runtime. */
struct captured_thread {
	uint64_t address;
	const uint8_t *m; /* struct runtime.m */
};

DEFINE_VECTOR(captured_goroutine_vector, struct captured_goroutine);
DEFINE_VECTOR(captured_thread_vector, struct captured_thread);

/* What is copied besides goroutines, by what it is taken for. */
enum captured_kind {
	CAPTURED_THREAD,
	CAPTURED_SUDOG,
	CAPTURED_CHANNEL,
	CAPTURED_TIMER,
	CAPTURED_DEFER,
};

struct capture {
	struct arena arena;
	struct captured_goroutine_vector goroutines; /* in the order of allgs; no dead ones */
	struct captured_thread_vector threads;
	struct map thread_by_address;
	struct map goroutine_by_address; /* → index in goroutines */
	struct map objects; /* address | kind → its bytes; addresses are multiples of 8 */
	size_t unreadable;
	uint64_t now;
	struct target_pause pause;
};

struct error *capture_goroutines(struct runtime *runtime,
				 const struct runtime_goroutines_options *options,
				 struct capture *ret) must_use;
void capture_deinit(struct capture *capture);

/*
 * The bytes of an object that was copied as one of that kind, all that its layout has; NULL when
 * it was not.
 */
const uint8_t *capture_object(const struct capture *capture, enum captured_kind kind,
			      uint64_t address);
const struct captured_thread *capture_thread(const struct capture *capture, uint64_t address);

/* What a sudog waits for: its channel, 0 for a semaphore's; and its element or semaphore word. */
uint64_t sudog_channel(const struct layout *layout, const uint8_t *sudog);
uint64_t sudog_element(const struct layout *layout, const uint8_t *sudog);

#endif
