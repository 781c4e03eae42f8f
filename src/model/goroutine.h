/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_MODEL_GOROUTINE_H
#define DOWSE_MODEL_GOROUTINE_H

#include "base/arena.h"
#include "base/vector.h"
#include "model/frame.h"

/*
 * Goroutines as every kind of evidence yields them. What is unknown is NULL, -1 or 0 as each
 * member says; nothing is guessed.
 */
enum goroutine_state {
	GOROUTINE_IDLE,
	GOROUTINE_RUNNABLE,
	GOROUTINE_RUNNING,
	GOROUTINE_SYSCALL,
	GOROUTINE_WAITING,
	GOROUTINE_PREEMPTED,
	GOROUTINE_COPYSTACK,
	GOROUTINE_DEAD,
	GOROUTINE_UNKNOWN,
};

enum wait_kind {
	WAIT_NONE,         /* not waiting, or for what dowse does not know */
	WAIT_NIL_CHANNEL,  /* channels[] is empty; `send` says which way */
	WAIT_CHANNEL,      /* one channel */
	WAIT_SELECT,       /* channels[]: its cases but the nil ones */
	WAIT_EMPTY_SELECT, /* select {} or a select of nil channels alone */
	WAIT_MUTEX,        /* address: the sync.Mutex */
	WAIT_RWMUTEX_READ, /* address: the sync.RWMutex */
	WAIT_RWMUTEX_WRITE,
	WAIT_COND,       /* address: the sync.Cond */
	WAIT_WAITGROUP,  /* address: the sync.WaitGroup */
	WAIT_SEMAPHORE,  /* address: the semaphore's word */
	WAIT_SLEEP,      /* wakes_at */
	WAIT_DESCRIPTOR, /* descriptor; `send`: to write to it */
	WAIT_RUNTIME,    /* for the runtime itself: the collector's workers and their like */
};

const char *wait_kind_name(enum wait_kind kind);

struct wait_channel {
	uint64_t address;
	bool send;  /* this goroutine wants to send */
	bool known; /* the rest was read */
	bool closed;
	uint64_t length;
	uint64_t capacity;
	uint32_t receivers; /* goroutines that wait to receive from it, this one included */
	uint32_t senders;
	const char *element;   /* its type's name; NULL when unknown */
	uint64_t element_type; /* that type's descriptor; 0 when unknown */
	uint64_t record;       /* address of the runtime's note of this case; 0 when unknown */
};

struct wait {
	enum wait_kind kind;
	bool send;
	uint64_t address; /* of what is waited for; 0 when unknown */
	uint32_t others;  /* other goroutines that wait for the same address */
	uint64_t record;  /* address of the runtime's (first) note of this wait; 0 when unknown */
	bool queued;      /* seen from the other side, too: whoever wakes it has not begun to */
	struct wait_channel *channels;
	uint32_t channel_count;
	int64_t wakes_in_ns; /* of a sleep, or a descriptor's deadline; INT64_MIN when unknown or never */
	int descriptor;              /* -1 when unknown */
	const char *descriptor_name; /* "tcp", "unix", "pipe", a path; NULL when unknown */
	const char *local_address;   /* "127.0.0.1:8080"; NULL when there is none */
	const char *remote_address;
};

struct goroutine_creator {
	const char *function; /* NULL: none, as for goroutine 1 */
	const char *file;
	int32_t line;
	uint64_t pc;
	uint64_t entry;     /* of the function; 0 when unknown */
	uint64_t goroutine; /* its id; 0 before Go 1.21 */
};

/* A call that waits for its function to return; those that the compiler open-coded are not noted. */
struct deferred_call {
	const char *function; /* what is going to be called */
	const char *file;     /* of the defer statement */
	int32_t line;
};

struct goroutine {
	uint64_t id;      /* 0 where the evidence has none */
	uint64_t count;   /* so many, of which the evidence tells no more; 0: this one alone */
	uint64_t address; /* of the runtime's g; 0 when the evidence has none */
	enum goroutine_state state;
	const char *state_text; /* as the runtime's dump says it: "chan receive"; "": not known */
	const char
		*state_note; /* what the dump adds inside the bracket: " (scan)", ""; never NULL */
	int64_t wait_ns;     /* -1 when the runtime did not note it */
	bool locked;         /* to its thread */
	bool system;         /* the runtime's own */
	int32_t thread;      /* its thread's id as dowse sees it; 0 when it has none */
	const struct stack *stack; /* never NULL; may be empty */
	struct goroutine_creator creator;
	struct wait wait;
	const struct deferred_call *deferred; /* the next one to run first */
	uint32_t deferred_count;
	uint64_t stack_bytes; /* size of its stack; 0 when unknown */
	uint64_t bubble;      /* synctest's; 0 outside */
	const char *labels;   /* as the dump prints them: {k: v}; NULL when none or not read */
	uint64_t label_set;   /* where they lie; 0 none, or unknown */
	uint32_t owner;       /* who started it, where somebody keeps count (a test); 0 else */
	bool owner_ended;     /* and who that was has come to an end */
	const char *problem;  /* why the stack is incomplete; NULL when it is whole */
	uint32_t index;       /* its position in the evidence: order of the runtime's dump */
};

DEFINE_VECTOR(goroutine_vector, struct goroutine);

/* All goroutines of one moment. Strings, stacks and waits live in the arena. */
struct goroutines {
	struct arena arena;
	struct goroutine_vector list;
	struct stack_table stacks;
	uint64_t pause_ns; /* how long the process was stopped; 0 when it was not */
	uint32_t unstopped_threads;
	bool torn;         /* read from a running process: neighbours may be of different moments */
	bool complete;     /* all that the process had */
	bool told;         /* what a text says of them, no more */
	size_t unreadable; /* goroutines that could not be read, and are not in the list */
};

static inline uint64_t goroutine_count(const struct goroutine *goroutine)
{
	return goroutine->count ? goroutine->count : 1;
}

void goroutines_deinit(struct goroutines *goroutines);

/* How many there are, those of the runtime itself only if `system`. */
uint64_t goroutines_count(const struct goroutines *goroutines, bool system);

/* Goroutines that do the same at the same place, made by the same statement. */
struct goroutine_group {
	const struct goroutine *example;
	const uint32_t *members; /* indices into the list */
	uint32_t count;          /* of the members */
	uint64_t total;          /* goroutines that they stand for */
	int64_t wait_min_ns;     /* -1 when no member's is known */
	int64_t wait_max_ns;
	bool newer; /* some members' is not known: it has begun since the last collection */
	uint64_t stack_bytes;
};

DEFINE_VECTOR(goroutine_group_vector, struct goroutine_group);

struct goroutine_filter {
	const char *state;    /* part of the state's text; NULL: any */
	const char *function; /* part of a shown frame's function, or of the creator's */
	int64_t min_wait_ns;  /* -1: any */
	bool system;          /* the runtime's own too */
};

bool goroutine_matches(const struct goroutine *goroutine, const struct goroutine_filter *filter);

/* The groups of those that match, largest first; memory of the members comes from the arena. */
struct error *goroutines_group(struct goroutines *goroutines, const struct goroutine_filter *filter,
			       struct goroutine_group_vector *ret) must_use;

#endif
