/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "runtime/watch_private.h"

/*
 * Up to the call of a function, by Go's own convention, the first argument is in AX, the second in BX,
 * the goroutine's descriptor in R14; flags mean nothing. The stack below has room for what is pushed
 * here: a function may use a few hundred bytes before it looks whether there is more.
 */
#define JUMP_SIZE     5
#define PROLOGUE_MAX  32
#define CALL_GETPID   39
#define CALL_GETPPID  110
#define CALL_FUTEX    202
#define CALL_EXIT     231
#define FUTEX_WAITING 0
#define FUTEX_WAKING  1

#define EXIT_CALL   9 /* where in runtime.exit the system call is, and what follows it */
#define EXIT_RETURN 11

/* What BX says while the system call of runtime.exit is borrowed: who waits by it. */
#define WAITS_FOR_ROUND 2

static_assert(sizeof(struct watch_slot) == WATCH_SLOT_SIZE, "slots are found by shifting");
static_assert(offsetof(struct watch_slot, name) == 64, "as the code below has it");

static void emit(struct watch_code *code, const void *bytes, size_t size)
{
	if (size <= WATCH_CODE_SIZE && code->size <= WATCH_CODE_SIZE - size)
		memcpy(code->bytes + code->size, bytes, size);
	code->size += size;
}

#define EMIT(code, ...)                                                                            \
	emit(code, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void emit_32(struct watch_code *code, uint32_t value)
{
	emit(code, &value, sizeof(value));
}

static uint64_t here(const struct watch_code *code)
{
	return code->area + code->size;
}

/* The distance to an address, from behind the instruction that ends `more` bytes after it. */
static void emit_distance(struct watch_code *code, uint64_t address, size_t more)
{
	emit_32(code, (uint32_t)(address - (here(code) + 4 + more)));
}

static uint64_t header_at(const struct watch_code *code, size_t offset)
{
	return code->area + WATCH_CODE_SIZE + offset;
}

#define HEADER(code, member) header_at(code, offsetof(struct watch_header, member))

static uint64_t slots_of(const struct watch_code *code)
{
	return code->area + WATCH_CODE_SIZE + WATCH_PAGE;
}

/* A jump whose end is not known yet: where its distance stands. */
static size_t emit_jump_on(struct watch_code *code, uint8_t condition)
{
	EMIT(code, 0x0f, condition);
	emit_32(code, 0);
	return code->size - 4;
}

#define IF_EQUAL     0x84
#define IF_NOT_EQUAL 0x85
#define IF_NOT_BELOW 0x83
#define IF_NEGATIVE  0x88
#define IF_NOT_ABOVE 0x86

static void land(struct watch_code *code, size_t jump)
{
	uint32_t distance = (uint32_t)(code->size - (jump + 4));
	if (code->size <= WATCH_CODE_SIZE)
		memcpy(code->bytes + jump, &distance, sizeof(distance));
}

static void emit_jump(struct watch_code *code, uint64_t address)
{
	EMIT(code, 0xe9);
	emit_distance(code, address, 0);
}

static bool is_near(uint64_t from, uint64_t to)
{
	int64_t distance = (int64_t)(to - from);
	return distance > -INT64_C(0x7ff00000) && distance < INT64_C(0x7ff00000);
}

/* How Go's compiler begins functions; those that depend on where they stand are told apart. */
static const struct {
	uint8_t size; /* of the whole */
	uint8_t head; /* bytes that must be these */
	uint8_t bytes[5];
	bool jumps; /* its last four bytes, or one, are a distance */
} beginnings[] = {
	{ 4, 4, { 0x49, 0x3b, 0x66, 0x10 }, false }, /* cmp rsp, [r14+16] */
	{ 4, 4, { 0x4d, 0x3b, 0x66, 0x10 }, false }, /* cmp r12, [r14+16] */
	{ 2, 1, { 0x76 }, true },                    /* jbe, near */
	{ 6, 2, { 0x0f, 0x86 }, true },              /* jbe */
	{ 5, 4, { 0x4c, 0x8d, 0x64, 0x24 }, false }, /* lea r12, [rsp+8 bits] */
	{ 8, 4, { 0x4c, 0x8d, 0xa4, 0x24 }, false }, /* lea r12, [rsp+32 bits] */
	{ 1, 1, { 0x55 }, false },                   /* push rbp */
	{ 3, 3, { 0x48, 0x89, 0xe5 }, false },       /* mov rbp, rsp */
	{ 4, 3, { 0x48, 0x83, 0xec }, false },       /* sub rsp, 8 bits */
	{ 4, 3, { 0x48, 0x83, 0xc4 }, false },       /* add rsp, 8 bits */
	{ 7, 3, { 0x48, 0x81, 0xec }, false },       /* sub rsp, 32 bits */
	{ 5, 4, { 0x48, 0x89, 0x6c, 0x24 }, false }, /* mov [rsp+8 bits], rbp */
	{ 5, 4, { 0x48, 0x8d, 0x6c, 0x24 }, false }, /* lea rbp, [rsp+8 bits] */
};

/* The first instructions, as many as a jump takes the place of; 0: there is one that is not known. */
static size_t beginning_size(const struct watched_function *function)
{
	size_t size = 0;
	while (size < JUMP_SIZE) {
		size_t i = 0;
		const uint8_t *bytes = function->bytes + size;
		while (i < ARRAY_SIZE(beginnings) &&
		       memcmp(bytes, beginnings[i].bytes, beginnings[i].head) != 0)
			i++;
		if (i == ARRAY_SIZE(beginnings))
			return 0;
		size += beginnings[i].size;
	}
	return size;
}

/* The same instructions once more, here; then the rest of the function. */
static void emit_beginning(struct watch_code *code, const struct watched_function *function,
			   size_t size)
{
	for (size_t at = 0; at < size;) {
		const uint8_t *bytes = function->bytes + at;
		size_t i = 0;
		while (memcmp(bytes, beginnings[i].bytes, beginnings[i].head) != 0)
			i++;
		at += beginnings[i].size;
		if (!beginnings[i].jumps) {
			emit(code, bytes, beginnings[i].size);
			continue;
		}
		int32_t distance = (int8_t)bytes[1];
		if (beginnings[i].size > 2)
			memcpy(&distance, bytes + 2, sizeof(distance));
		EMIT(code, 0x0f, IF_NOT_ABOVE);
		emit_distance(code, function->entry + at + (uint64_t)(int64_t)distance, 0);
	}
	emit_jump(code, function->entry + size);
}

/* A jump from an address to where the next code is going to be. */
static bool make_patch(const struct watch_code *code, uint64_t address, const uint8_t *before,
		       uint64_t to, struct watch_patch *ret)
{
	uint32_t distance = (uint32_t)(to - (address + JUMP_SIZE));
	*ret = (struct watch_patch){ .address = address, .size = JUMP_SIZE, .after = { 0xe9 } };
	memcpy(ret->before, before, JUMP_SIZE);
	memcpy(ret->after + 1, &distance, sizeof(distance));
	return is_near(address, to) && code->size <= WATCH_CODE_SIZE;
}

static const uint8_t push_all[] = { 0x50, 0x51, 0x52, 0x56, 0x57 }; /* ax cx dx si di */
static const uint8_t pop_all[] = { 0x5f, 0x5e, 0x5a, 0x59, 0x58 };

static void emit_member(struct watch_code *code, uint8_t opcode, uint8_t registers, int32_t offset)
{
	EMIT(code, 0x49, opcode, registers); /* of [r14+offset] */
	emit_32(code, (uint32_t)offset);
}

/* Fills the slot in DI, whose goroutine had the labels in SI; changes CX, DX, SI, DI. */
static void emit_fill(struct watch_code *code, const struct watch_note *note)
{
	EMIT(code, 0x48, 0x89, 0x47, 0x18);        /* mov [rdi+object], rax */
	emit_member(code, 0x8b, 0x96, note->goid); /* mov rdx, [r14+goid] */
	EMIT(code, 0x48, 0x89, 0x57, 0x20);        /* mov [rdi+goroutine], rdx */
	EMIT(code, 0x48, 0x89, 0x77, 0x28);        /* mov [rdi+before], rsi */
	EMIT(code, 0xc7, 0x47, 0x30);              /* mov [rdi+kind], kind */
	emit_32(code, note->kind);
	if (note->name_is_given) {
		EMIT(code, 0x48, 0x89, 0xd9); /* mov rcx, rbx */
		EMIT(code, 0x48, 0x89, 0xc6); /* mov rsi, rax */
	} else {
		EMIT(code, 0x48, 0x8b, 0x88); /* mov rcx, [rax+length] */
		emit_32(code, (uint32_t)note->name + 8);
		EMIT(code, 0x48, 0x8b, 0xb0); /* mov rsi, [rax+bytes] */
		emit_32(code, (uint32_t)note->name);
	}
	EMIT(code, 0x48, 0x89, 0x4f, 0x38);          /* mov [rdi+name_length], rcx */
	emit_member(code, 0x89, 0xbe, note->labels); /* mov [r14+labels], rdi */
	EMIT(code, 0x48, 0x83, 0xc7, 0x40);          /* add rdi, 64: the name */
	EMIT(code, 0x48, 0x81, 0xf9);                /* cmp rcx, most */
	emit_32(code, WATCH_NAME_MAX);
	EMIT(code, 0x76, 0x05, 0xb9); /* jbe over; mov ecx, most */
	emit_32(code, WATCH_NAME_MAX);
	EMIT(code, 0xf3, 0xa4); /* rep movsb */
}

static void emit_note(struct watch_code *code, const struct watch_note *note)
{
	emit(code, push_all, sizeof(push_all));
	/* Is there a slot of this very test? A function begins again when its stack has grown. */
	emit_member(code, 0x8b, 0xb6, note->labels); /* mov rsi, [r14+labels] */
	EMIT(code, 0x48, 0x8d, 0x3d);                /* lea rdi, slots */
	emit_distance(code, slots_of(code), 0);
	EMIT(code, 0x48, 0x89, 0xf1); /* mov rcx, rsi */
	EMIT(code, 0x48, 0x29, 0xf9); /* sub rcx, rdi */
	EMIT(code, 0x48, 0x81, 0xf9); /* cmp rcx, all of them */
	emit_32(code, (uint32_t)(WATCH_SLOTS * WATCH_SLOT_SIZE));
	size_t none = emit_jump_on(code, IF_NOT_BELOW);
	EMIT(code, 0x48, 0x39, 0x46, 0x18); /* cmp [rsi+object], rax */
	size_t same = emit_jump_on(code, IF_EQUAL);
	land(code, none);

	EMIT(code, 0xb9);
	emit_32(code, 1);                         /* mov ecx, 1 */
	EMIT(code, 0xf0, 0x48, 0x0f, 0xc1, 0x0d); /* lock xadd count, rcx */
	emit_distance(code, HEADER(code, count), 0);
	EMIT(code, 0x48, 0x81, 0xf9); /* cmp rcx, how many there are */
	emit_32(code, (uint32_t)WATCH_SLOTS);
	size_t full = emit_jump_on(code, IF_NOT_BELOW);
	EMIT(code, 0x48, 0xc1, 0xe1, 0x08); /* shl rcx, 8 */
	EMIT(code, 0x48, 0x01, 0xcf);       /* add rdi, rcx */
	emit_fill(code, note);
	EMIT(code, 0xeb, 0x0e); /* jmp over the two instructions that follow */
	land(code, full);
	/* No slot is left: not its parent's, lest that be blamed. */
	EMIT(code, 0x48, 0x8d, 0x3d); /* lea rdi, the last one */
	emit_distance(code, slots_of(code) + WATCH_SLOTS * WATCH_SLOT_SIZE, 0);
	emit_member(code, 0x89, 0xbe, note->labels);
	land(code, same);
	emit(code, pop_all, sizeof(pop_all));
}

static void emit_call(struct watch_code *code, uint32_t number)
{
	EMIT(code, 0xb8);
	emit_32(code, number);
	EMIT(code, 0x0f, 0x05);
}

/* Jumps on where the header's member is not what the kernel has just returned. */
static size_t emit_unless_same(struct watch_code *code, uint64_t member)
{
	EMIT(code, 0x3b, 0x05); /* cmp eax, member */
	emit_distance(code, member, 0);
	return emit_jump_on(code, IF_NOT_EQUAL);
}

static void emit_wake(struct watch_code *code, uint64_t word)
{
	EMIT(code, 0x48, 0x8d, 0x3d); /* lea rdi, word */
	emit_distance(code, word, 0);
	EMIT(code, 0xbe);
	emit_32(code, FUTEX_WAKING);
	EMIT(code, 0xba);
	emit_32(code, INT32_MAX);
	emit_call(code, CALL_FUTEX);
}

/* Waits while the word has that value, by the system call that runtime.exit has: BX says who does. */
static void emit_wait(struct watch_code *code, uint64_t word, uint32_t value, uint64_t exit)
{
	EMIT(code, 0x48, 0x8d, 0x3d); /* lea rdi, word */
	emit_distance(code, word, 0);
	EMIT(code, 0xbe);
	emit_32(code, FUTEX_WAITING);
	EMIT(code, 0xba);
	emit_32(code, value);
	EMIT(code, 0x4c, 0x8d, 0x15); /* lea r10, nap */
	emit_distance(code, HEADER(code, nap), 0);
	EMIT(code, 0xb8);
	emit_32(code, CALL_FUTEX);
	emit_jump(code, exit + EXIT_CALL);
}

/*
 * Goroutine 1 begins a round: is it one that dowse wants to look before? Those that are not, or do
 * not begin any, go on behind it all; `ret` are their jumps.
 */
#define ROUND_OUTS 3
static void emit_round_number(struct watch_code *code, const struct watch_note *note,
			      size_t ret[static ROUND_OUTS])
{
	size_t wanted[WATCH_STOPS];
	emit_member(code, 0x83, 0xbe, note->goid); /* cmp qword [r14+goid], 1 */
	EMIT(code, 0x01);
	ret[0] = emit_jump_on(code, IF_NOT_EQUAL);
	EMIT(code, 0x48, 0x8b, 0x0d); /* mov rcx, count */
	emit_distance(code, HEADER(code, count), 0);
	EMIT(code, 0x48, 0x3b, 0x0d); /* cmp rcx, round_count: it has begun before its stack grew */
	emit_distance(code, HEADER(code, round_count), 0);
	ret[1] = emit_jump_on(code, IF_EQUAL);
	EMIT(code, 0x48, 0xff, 0xc1); /* inc rcx */
	EMIT(code, 0x48, 0x89, 0x0d); /* mov round_count, rcx */
	emit_distance(code, HEADER(code, round_count), 0);
	EMIT(code, 0xff, 0x05); /* inc round */
	emit_distance(code, HEADER(code, round), 0);
	EMIT(code, 0x8b, 0x0d); /* mov ecx, round */
	emit_distance(code, HEADER(code, round), 0);
	for (size_t i = 0; i < WATCH_STOPS; i++) {
		EMIT(code, 0x3b, 0x0d); /* cmp ecx, stops[i] */
		emit_distance(code, HEADER(code, stops) + i * sizeof(uint32_t), 0);
		wanted[i] = emit_jump_on(code, IF_EQUAL);
	}
	EMIT(code, 0xe9); /* jmp out */
	emit_32(code, 0);
	ret[2] = code->size - 4;
	for (size_t i = 0; i < WATCH_STOPS; i++)
		land(code, wanted[i]);
}

/* The two arguments are kept where a system call leaves them; nothing else is in use at an entry. */
static void emit_round(struct watch_code *code, const struct watch_note *note)
{
	size_t out[ROUND_OUTS];
	emit_round_number(code, note, out);
	EMIT(code, 0x49, 0x89, 0xc4); /* mov r12, rax */
	EMIT(code, 0x49, 0x89, 0xdd); /* mov r13, rbx */
	emit_call(code, CALL_GETPID);
	size_t other = emit_unless_same(code, HEADER(code, pid));
	EMIT(code, 0xbb);
	emit_32(code, WAITS_FOR_ROUND); /* mov ebx, that */
	EMIT(code, 0xc7, 0x05);         /* mov held, 1 */
	emit_distance(code, HEADER(code, held), 4);
	emit_32(code, 1);
	EMIT(code, 0xf0, 0xff, 0x05); /* lock inc bell */
	emit_distance(code, HEADER(code, bell), 0);
	emit_wake(code, HEADER(code, bell));
	land(code, code->round);
	EMIT(code, 0x83, 0x3d); /* cmp held, 0 */
	emit_distance(code, HEADER(code, held), 1);
	EMIT(code, 0x00);
	size_t gone = emit_jump_on(code, IF_EQUAL);
	emit_call(code, CALL_GETPPID);
	size_t orphan = emit_unless_same(code, HEADER(code, parent));
	EMIT(code, 0xf0, 0xff, 0x0d); /* lock dec patience */
	emit_distance(code, HEADER(code, patience), 0);
	size_t late = emit_jump_on(code, IF_NEGATIVE);
	emit_wait(code, HEADER(code, held), 1, code->exit);
	land(code, gone);
	land(code, orphan);
	land(code, late);
	land(code, other);
	EMIT(code, 0x4c, 0x89, 0xe0); /* mov rax, r12 */
	EMIT(code, 0x4c, 0x89, 0xeb); /* mov rbx, r13 */
	for (size_t i = 0; i < ROUND_OUTS; i++)
		land(code, out[i]);
}

bool watch_machine_note(struct watch_code *code, const struct watched_function *function,
			const struct watch_note *note, struct watch_patch *ret)
{
	uint64_t begin = here(code);
	if (function->end - function->entry < PROLOGUE_MAX)
		return false;
	size_t size = beginning_size(function);
	if (!size)
		return false;
	if (note->begins_rounds && code->exit)
		emit_round(code, note);
	emit_note(code, note);
	emit_beginning(code, function, size);
	return make_patch(code, function->entry, function->bytes, begin, ret);
}

/*
 * runtime.exit:	mov edi, [rsp+8]; mov eax, 231; syscall; ret
 *
 * Nothing returns from that call, and so the `ret` is free for a jump. The wait for dowse is made by
 * the same instruction: whoever looks at the thread sees it in runtime.exit, called from where it was.
 */
static const uint8_t exit_code[] = {
	0x8b, 0x7c, 0x24, 0x08, 0xb8, 0xe7, 0, 0, 0, 0x0f, 0x05, 0xc3
};

/* Says that the program is at its end. BX says where that goes on; nothing else is needed any more. */
static void emit_ending(struct watch_code *code, uint64_t leave, int32_t goid)
{
	EMIT(code, 0x31, 0xc0); /* xor eax, eax: nobody ends it */
	EMIT(code, 0xb9);
	emit_32(code, 1);
	EMIT(code, 0xf0, 0x0f, 0xb1, 0x0d); /* lock cmpxchg taken, ecx */
	emit_distance(code, HEADER(code, taken), 0);
	/* Whoever comes second waits with the first, and ends as that one wants to. */
	EMIT(code, 0x0f, IF_NOT_EQUAL);
	emit_distance(code, leave, 0);
	EMIT(code, 0x89, 0x3d); /* mov exit_code, edi */
	emit_distance(code, HEADER(code, exit_code), 0);
	emit_member(code, 0x8b, 0x96, goid); /* mov rdx, [r14+goid] */
	EMIT(code, 0x48, 0x89, 0x15);        /* mov ending, rdx */
	emit_distance(code, HEADER(code, ending), 0);
	EMIT(code, 0xc7, 0x05); /* mov state, at the end: by now all of the above is there */
	emit_distance(code, HEADER(code, state), 4);
	emit_32(code, WATCH_AT_EXIT);
	EMIT(code, 0xf0, 0xff, 0x05); /* lock inc bell */
	emit_distance(code, HEADER(code, bell), 0);
	emit_wake(code, HEADER(code, bell));
	emit_jump(code, leave);
}

/*
 * The common part: leave goes on if dowse has said so, is not there any more, or has taken too long;
 * else it waits, and comes back here from the kernel.
 */
static void emit_leave(struct watch_code *code, uint64_t exit, size_t *ret_race)
{
	EMIT(code, 0x83, 0xfb, WAITS_FOR_ROUND); /* cmp ebx, that one */
	code->round = emit_jump_on(code, IF_EQUAL);
	EMIT(code, 0x83, 0x3d); /* cmp state, it may go */
	emit_distance(code, HEADER(code, state), 1);
	EMIT(code, WATCH_GOES);
	size_t gone = emit_jump_on(code, IF_EQUAL);
	emit_call(code, CALL_GETPID);
	size_t other = emit_unless_same(code, HEADER(code, pid));
	emit_call(code, CALL_GETPPID);
	size_t orphan = emit_unless_same(code, HEADER(code, parent));
	EMIT(code, 0xf0, 0xff, 0x0d); /* lock dec patience */
	emit_distance(code, HEADER(code, patience), 0);
	size_t late = emit_jump_on(code, IF_NEGATIVE);
	emit_wait(code, HEADER(code, state), WATCH_AT_EXIT, exit);

	land(code, gone);
	land(code, orphan);
	land(code, late);
	EMIT(code, 0x8b, 0x3d); /* mov edi, exit_code */
	emit_distance(code, HEADER(code, exit_code), 0);
	EMIT(code, 0xeb, 0x04); /* jmp over the next one */
	land(code, other);
	EMIT(code, 0x8b, 0x7c, 0x24, 0x08); /* mov edi, [rsp+8] */
	EMIT(code, 0x85, 0xdb);             /* test ebx, ebx */
	*ret_race = emit_jump_on(code, IF_NOT_EQUAL);
	EMIT(code, 0xb8);
	emit_32(code, CALL_EXIT);
	emit_jump(code, exit + EXIT_CALL);
}

/* A process that is another one (a fork that runs no program of its own) just ends. */
static size_t emit_check(struct watch_code *code)
{
	emit_call(code, CALL_GETPID);
	return emit_unless_same(code, HEADER(code, pid));
}

bool watch_machine_exit(struct watch_code *code, const struct watched_function *function,
			int32_t goid, struct watch_patch *ret_entry, struct watch_patch *ret_return)
{
	uint64_t size = function->end - function->entry;
	if (size < EXIT_RETURN + JUMP_SIZE ||
	    memcmp(function->bytes, exit_code, sizeof(exit_code)) != 0)
		return false;
	code->leave = here(code);
	code->exit = function->entry;
	code->goid = goid;
	emit_leave(code, function->entry, &code->race);
	uint64_t begin = here(code);
	EMIT(code, 0x31, 0xdb); /* xor ebx, ebx */
	size_t other = emit_check(code);
	EMIT(code, 0x8b, 0x7c, 0x24, 0x08); /* mov edi, [rsp+8] */
	emit_ending(code, code->leave, goid);
	land(code, other);
	emit(code, exit_code, EXIT_CALL);
	emit_jump(code, function->entry + EXIT_CALL);
	/* Should the detector of races never be met: a jump to itself would be worse than an end. */
	land(code, code->race);
	emit(code, exit_code, EXIT_CALL);
	emit_jump(code, function->entry + EXIT_CALL);
	return make_patch(code, function->entry, function->bytes, begin, ret_entry) &&
	       make_patch(code, function->entry + EXIT_RETURN, function->bytes + EXIT_RETURN,
			  code->leave, ret_return);
}

bool watch_machine_race_exit(struct watch_code *code, const struct watched_function *function,
			     struct watch_patch *ret)
{
	size_t size = function->end - function->entry < PROLOGUE_MAX ? 0 : beginning_size(function);
	if (!code->leave || !size)
		return false;
	uint64_t begin = here(code);
	EMIT(code, 0xbb);
	emit_32(code, 1); /* mov ebx, 1 */
	size_t other = emit_check(code);
	EMIT(code, 0x31, 0xff); /* xor edi, edi: it ends well */
	emit_ending(code, code->leave, code->goid);
	land(code, other);
	land(code, code->race);
	emit_beginning(code, function, size);
	return make_patch(code, function->entry, function->bytes, begin, ret);
}
