/* SPDX-License-Identifier: Apache-2.0 */
#include "target/machine.h"

#include <assert.h>
#include <cpuid.h>
#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

/*
 * The stack of an injected call, laid out below the thread's own stack pointer and the red zone:
 *
 *	address ->	child's frame 1		close_range(0, ~0, UNSHARE)
 *			child's frame 2		exit_group
 *			0
 *	entry ->	parent's frame		home
 *			saved floating point
 *	top ->
 *
 * A frame is what the kernel pushes for a signal handler: its first word is the address of the
 * restorer, where the `ret` behind the system call goes; the restorer calls rt_sigreturn, which
 * loads every register from the rest of the frame.
 *
 * The clone shares the table of descriptors instead of copying it, and the first thing that the
 * child does is to take a table of its own from which all of them are left out. No descriptor is
 * ever held twice, none is closed twice, and a hundred thousand of them cost nothing.
 */
#define RED_ZONE           128
#define FRAME_SIZE         320         /* pretcode, ucontext; siginfo behind it is never read */
#define CODE_SEGMENT       0x33        /* 64-bit user code */
#define CARRY_OF_EXTENDED  64          /* alignment that XRSTOR wants */
#define FORK_FLAGS         CLONE_FILES /* no exit signal: the program's SIGCHLD is its own */
#define ALL_DESCRIPTORS    0xffffffffu
#define ERESTARTSYS        512 /* the kernel's own: shown to tracers only */
#define ERESTARTNOINTR     513
#define ERESTARTNOHAND     514
#define ERESTART_BLOCK     516
#define SYSCALL_LENGTH     2
#define MAGIC1             0x46505853u
#define MAGIC2             0x46505845u
#define EXTENDED_SOFTWARE  464 /* bytes of the legacy area that are left to software */
#define EXTENDED_LEGACY    576 /* with the header */
#define EXTENDED_PRESENT   512 /* the header's first word: components not in their initial state */
#define EXTENDED_AVX       832 /* with the upper halves of 16 registers */
#define COMPONENTS_TO_AVX  7
#define COMPONENT_OPMASK   5
#define OPMASK_OFFSET      1088 /* where debuggers look for it */
#define COMPONENT_TILEDATA 18   /* AMX: room for it is made when a thread first uses it */
/* An altstack with these flags is refused, in silence: rt_sigreturn leaves the one there is. */
#define ALTSTACK_UNCHANGED 4

struct signal_context { /* struct sigcontext of the kernel */
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
	uint16_t cs, gs, fs, ss;
	uint64_t error, trap, old_mask, cr2;
	uint64_t fpstate;
	uint64_t reserved[8];
};

struct signal_frame { /* struct rt_sigframe of the kernel, without siginfo */
	uint64_t restorer;
	uint64_t flags;
	uint64_t link;
	uint64_t altstack_address;
	uint32_t altstack_flags;
	uint32_t padding;
	uint64_t altstack_size;
	struct signal_context context;
	uint64_t mask;
	uint64_t behind;
};
_Static_assert(sizeof(struct signal_context) == 256, "as the kernel has it");
_Static_assert(offsetof(struct signal_frame, mask) == 8 + 296, "as the kernel has it");
_Static_assert(sizeof(struct signal_frame) == FRAME_SIZE, "room is made for so much");

/* UC_FP_XSTATE, UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS */
#define FRAME_FLAGS 7

struct extended_software { /* struct _fpx_sw_bytes of the kernel */
	uint32_t magic1;
	uint32_t extended_size;
	uint64_t components;
	uint32_t size;
	uint32_t padding[7];
};

static_assert(sizeof(struct user_regs_struct) <= MACHINE_GENERAL_MAX * sizeof(uint64_t),
	      "they must fit");

const uint16_t machine_elf = EM_X86_64;

static struct user_regs_struct *general_of(struct machine_state *state)
{
	return (struct user_regs_struct *)state->general;
}

static const struct user_regs_struct *general_of_const(const struct machine_state *state)
{
	return (const struct user_regs_struct *)state->general;
}

static struct registers registers_of(const struct user_regs_struct *user)
{
	return (struct registers){
		.pc = user->rip,
		.sp = user->rsp,
		.fp = user->rbp,
		.g = user->r14,
		.thread_pointer = user->fs_base,
		.general = { user->rax, user->rbx, user->rcx, user->rdx, user->rsi, user->rdi,
			     user->rbp, user->rsp, user->r8, user->r9, user->r10, user->r11,
			     user->r12, user->r13, user->r14, user->r15 },
		.general_count = 16,
	};
}

struct error *machine_registers_read(pid_t thread, struct registers *ret)
{
	struct user_regs_struct user;
	if (ptrace(PTRACE_GETREGS, thread, NULL, &user) < 0)
		return error_os(errno, "cannot read the registers of thread %d", thread);
	*ret = registers_of(&user);
	return NULL;
}

/*
 * Debuggers take the offsets of vector registers from the first processors that had them. One that
 * has them elsewhere would be misread: what stands behind the AVX registers is left out there.
 */
static size_t extended_readable(uint8_t *extended, size_t size)
{
	uint32_t length, offset = 0, flags, unused;
	uint64_t components;

	__cpuid_count(0xd, COMPONENT_OPMASK, length, offset, flags, unused);
	if (!length || offset == OPMASK_OFFSET || size < EXTENDED_AVX)
		return size;
	for (size_t at = EXTENDED_SOFTWARE; at <= EXTENDED_PRESENT;
	     at += EXTENDED_PRESENT - EXTENDED_SOFTWARE) {
		memcpy(&components, extended + at, sizeof(components));
		components &= COMPONENTS_TO_AVX;
		memcpy(extended + at, &components, sizeof(components));
	}
	return EXTENDED_AVX;
}

struct error *machine_register_sets_read(pid_t thread, struct arena *arena,
					 struct target_register_sets *ret)
{
	struct user_regs_struct user;
	uint8_t buffer[MACHINE_EXTENDED_MAX];
	struct iovec extended = { buffer, sizeof(buffer) };

	if (ptrace(PTRACE_GETREGS, thread, NULL, &user) < 0 ||
	    ptrace(PTRACE_GETREGSET, thread, (void *)NT_X86_XSTATE, &extended) < 0)
		return error_os(errno, "cannot read the registers of thread %d", thread);
	extended.iov_len = extended_readable(buffer, extended.iov_len);
	uint8_t *bytes = arena_allocate_raw(arena, sizeof(user) + extended.iov_len);
	if (!bytes)
		return error_no_memory();
	memcpy(bytes, &user, sizeof(user));
	memcpy(bytes + sizeof(user), buffer, extended.iov_len);
	*ret = (struct target_register_sets){
		.general = bytes,
		.general_size = sizeof(user),
		.extended = bytes + sizeof(user),
		.extended_size = extended.iov_len,
	};
	return NULL;
}

bool machine_registers_from_core(const void *note, size_t size, pid_t *ret_thread,
				 struct registers *ret)
{
	struct elf_prstatus status;
	struct user_regs_struct user;
	static_assert(sizeof(user) == sizeof(status.pr_reg), "one layout under two names");
	if (size != sizeof(status))
		return false;
	memcpy(&status, note, sizeof(status));
	memcpy(&user, &status.pr_reg, sizeof(user));
	*ret_thread = status.pr_pid;
	*ret = registers_of(&user);
	return true;
}

bool machine_gadgets_find(struct machine_gadgets *gadgets, const uint8_t *code, size_t size,
			  uint64_t address)
{
	/* syscall; ret */
	static const uint8_t system_call[] = { 0x0f, 0x05, 0xc3 };
	/* mov $15, %rax; syscall. Go's and the C libraries' assemblers choose one of two. */
	static const uint8_t return_long[] = { 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05 };
	static const uint8_t return_short[] = { 0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05 };
	const uint8_t *at;

	if (!gadgets->system_call && (at = memmem(code, size, system_call, sizeof(system_call))))
		gadgets->system_call = address + (uint64_t)(at - code);
	if (!gadgets->signal_return &&
	    ((at = memmem(code, size, return_long, sizeof(return_long))) ||
	     (at = memmem(code, size, return_short, sizeof(return_short)))))
		gadgets->signal_return = address + (uint64_t)(at - code);
	return gadgets->system_call && gadgets->signal_return;
}

static bool is_restart(const struct user_regs_struct *user)
{
	int64_t result = (int64_t)user->rax;
	return (int64_t)user->orig_rax >= 0 &&
	       (result == -ERESTARTSYS || result == -ERESTARTNOINTR);
}

enum machine_fitness machine_thread_fitness(pid_t thread)
{
	struct user_regs_struct user;
	if (ptrace(PTRACE_GETREGS, thread, NULL, &user) < 0 || user.cs != CODE_SEGMENT)
		return MACHINE_UNFIT;
	if ((int64_t)user.orig_rax < 0)
		return MACHINE_FIT_IN_CODE;
	int64_t result = (int64_t)user.rax;
	/*
	 * These two know something that only the kernel knows: what is left of a timeout (lost at
	 * rt_sigreturn), or that a handler must run for the call to end.
	 */
	if (result == -ERESTARTNOHAND || result == -ERESTART_BLOCK)
		return MACHINE_UNFIT;
	/* A futex without a timeout looks at its word again: what was missed is seen then. */
	if (is_restart(&user) && user.orig_rax != SYS_futex)
		return MACHINE_FIT_AS_REPEAT;
	return MACHINE_FIT_IN_CALL;
}

struct error *machine_state_save(pid_t thread, struct machine_state *ret)
{
	struct user_regs_struct *user = general_of(ret);
	struct iovec extended = { ret->extended, sizeof(ret->extended) };

	if (ptrace(PTRACE_GETREGS, thread, NULL, user) < 0 ||
	    ptrace(PTRACE_GETSIGMASK, thread, (void *)sizeof(ret->signal_mask), &ret->signal_mask) <
		    0)
		return error_os(errno, "cannot save the registers of thread %d", thread);
	if (ptrace(PTRACE_GETREGSET, thread, (void *)NT_X86_XSTATE, &extended) < 0)
		return error_os(errno, "cannot save the vector registers of thread %d", thread);
	if (extended.iov_len < EXTENDED_LEGACY || extended.iov_len >= sizeof(ret->extended))
		return error_new(ERROR_UNSUPPORTED, "this processor's vector state has %zu bytes",
				 extended.iov_len);
	ret->extended_size = extended.iov_len;
	if (is_restart(user)) {
		user->rip -= SYSCALL_LENGTH;
		user->rax = user->orig_rax;
	}
	user->orig_rax = (uint64_t)-1;
	return NULL;
}

uint64_t machine_state_stack_pointer(const struct machine_state *state)
{
	return general_of_const(state)->rsp;
}

void machine_state_restore(pid_t thread, const struct machine_state *state)
{
	struct iovec extended = { (void *)state->extended, state->extended_size };

	ptrace(PTRACE_SETREGSET, thread, (void *)NT_X86_XSTATE, &extended);
	ptrace(PTRACE_SETREGS, thread, NULL, general_of_const(state));
	ptrace(PTRACE_SETSIGMASK, thread, (void *)sizeof(state->signal_mask), &state->signal_mask);
}

bool machine_state_is_reached(pid_t thread, const struct machine_state *state)
{
	const struct user_regs_struct *wanted = general_of_const(state);
	struct user_regs_struct user;
	if (ptrace(PTRACE_GETREGS, thread, NULL, &user) < 0)
		return false;
	return user.rip == wanted->rip && user.rsp == wanted->rsp && user.rax == wanted->rax &&
	       user.rbx == wanted->rbx && user.rcx == wanted->rcx && user.rdx == wanted->rdx &&
	       user.rsi == wanted->rsi && user.rdi == wanted->rdi && user.rbp == wanted->rbp &&
	       user.r8 == wanted->r8 && user.r9 == wanted->r9 && user.r10 == wanted->r10 &&
	       user.r11 == wanted->r11 && user.r12 == wanted->r12 && user.r13 == wanted->r13 &&
	       user.r14 == wanted->r14 && user.r15 == wanted->r15 &&
	       user.fs_base == wanted->fs_base;
}

/*
 * The size of the saved state of a thread that has not used the components for which room is made
 * late, or with them if this one holds something there. The kernel wants exactly its own idea of
 * that size, and does not tell it.
 */
static size_t extended_exact_size(const struct machine_state *state)
{
	uint64_t components, present;
	size_t size = EXTENDED_LEGACY;

	memcpy(&components, state->extended + EXTENDED_SOFTWARE, sizeof(components));
	memcpy(&present, state->extended + EXTENDED_PRESENT, sizeof(present));
	for (unsigned i = 2; i < 63; i++) {
		uint32_t length, offset, flags, unused;
		if (!(components >> i & 1) || (i == COMPONENT_TILEDATA && !(present >> i & 1)))
			continue;
		__cpuid_count(0xd, i, length, offset, flags, unused);
		if (length && !(flags & 1)) /* bit 0: the kernel's own, never in a frame */
			size = MAX(size, (size_t)offset + length);
	}
	return MIN(size, state->extended_size);
}

static void extended_build(uint8_t *to, const struct machine_state *state)
{
	static const uint32_t magic2 = MAGIC2;
	size_t size = extended_exact_size(state);
	struct extended_software software = {
		.magic1 = MAGIC1,
		.extended_size = (uint32_t)(size + sizeof(magic2)),
		.size = (uint32_t)size,
	};

	memcpy(&software.components, state->extended + EXTENDED_SOFTWARE,
	       sizeof(software.components));
	memcpy(to, state->extended, size);
	memcpy(to + EXTENDED_SOFTWARE, &software, sizeof(software));
	/* A thread for which room was made holds nothing there now, but is looked at behind it. */
	memcpy(to + state->extended_size, &magic2, sizeof(magic2));
	memcpy(to + size, &magic2, sizeof(magic2));
}

static struct signal_frame frame_make(const struct machine_state *state,
				      const struct machine_gadgets *gadgets)
{
	const struct user_regs_struct *user = general_of_const(state);
	return (struct signal_frame){
		.restorer = gadgets->signal_return,
		.flags = FRAME_FLAGS,
		.altstack_flags = ALTSTACK_UNCHANGED,
		.context = { .r8 = user->r8,
			     .r9 = user->r9,
			     .r10 = user->r10,
			     .r11 = user->r11,
			     .r12 = user->r12,
			     .r13 = user->r13,
			     .r14 = user->r14,
			     .r15 = user->r15,
			     .rdi = user->rdi,
			     .rsi = user->rsi,
			     .rbp = user->rbp,
			     .rbx = user->rbx,
			     .rdx = user->rdx,
			     .rax = user->rax,
			     .rcx = user->rcx,
			     .rsp = user->rsp,
			     .rip = user->rip,
			     .eflags = user->eflags,
			     .cs = (uint16_t)user->cs,
			     .ss = (uint16_t)user->ss },
		.mask = state->signal_mask,
	};
}

/* A frame that makes a system call, with all signals blocked and no floating point. */
static struct signal_frame frame_call(const struct machine_state *state,
				      const struct machine_gadgets *gadgets, uint64_t number,
				      const uint64_t arguments[3], uint64_t stack)
{
	struct signal_frame frame = frame_make(state, gadgets);
	frame.context.rip = gadgets->system_call;
	frame.context.rsp = stack;
	frame.context.rax = number;
	frame.context.rdi = arguments[0];
	frame.context.rsi = arguments[1];
	frame.context.rdx = arguments[2];
	frame.mask = ~0ull;
	return frame;
}

static const uint64_t close_arguments[3] = { 0, ALL_DESCRIPTORS, CLOSE_RANGE_UNSHARE };
static const uint64_t exit_arguments[3] = { MACHINE_FORK_STATUS };

void machine_frame_build(struct machine_frame *frame, const struct machine_state *state,
			 const struct machine_gadgets *gadgets, const struct machine_call *call,
			 uint64_t top)
{
	size_t child = call->kind == MACHINE_CALL_FORK ? 2 * FRAME_SIZE + sizeof(uint64_t) : 0;
	size_t home_offset = (child + 15) & ~(size_t)15;
	size_t extended_offset = home_offset + FRAME_SIZE;
	extended_offset = (extended_offset + CARRY_OF_EXTENDED - 1) &
			  ~(size_t)(CARRY_OF_EXTENDED - 1);
	frame->size = extended_offset + state->extended_size + sizeof(uint32_t);
	assert(frame->size <= sizeof(frame->bytes));
	frame->address = (top - RED_ZONE - frame->size) & ~(uint64_t)(CARRY_OF_EXTENDED - 1);
	frame->entry = frame->address + home_offset;
	memset(frame->bytes, 0, frame->size);

	struct signal_frame home = frame_make(state, gadgets);
	home.context.fpstate = frame->address + extended_offset;
	memcpy(frame->bytes + home_offset, &home, sizeof(home));
	extended_build(frame->bytes + extended_offset, state);
	if (!child)
		return;
	struct signal_frame first = frame_call(state, gadgets, SYS_close_range, close_arguments,
					       frame->address + FRAME_SIZE);
	struct signal_frame second = frame_call(state, gadgets, SYS_exit_group, exit_arguments,
						frame->address + 2 * FRAME_SIZE);
	memcpy(frame->bytes, &first, sizeof(first));
	memcpy(frame->bytes + FRAME_SIZE, &second, sizeof(second));
}

static void call_arguments(const struct machine_call *call, const struct machine_frame *frame,
			   uint64_t *ret_number, uint64_t ret[6])
{
	memset(ret, 0, 6 * sizeof(*ret));
	if (call->kind == MACHINE_CALL_FORK) {
		*ret_number = SYS_clone;
		ret[0] = FORK_FLAGS;
		ret[1] = frame->address;
	} else {
		*ret_number = SYS_wait4;
		ret[0] = (uint64_t)call->child;
		ret[2] = WNOHANG | __WALL;
	}
}

struct error *machine_frame_enter(pid_t thread, const struct machine_frame *frame,
				  const struct machine_state *state,
				  const struct machine_gadgets *gadgets,
				  const struct machine_call *call)
{
	struct user_regs_struct user = *general_of_const(state);
	uint64_t number, arguments[6], all = ~0ull;

	call_arguments(call, frame, &number, arguments);
	user.rip = gadgets->system_call;
	user.rsp = frame->entry;
	user.rax = number;
	user.rdi = arguments[0];
	user.rsi = arguments[1];
	user.rdx = arguments[2];
	user.r10 = arguments[3];
	user.r8 = arguments[4];
	user.r9 = arguments[5];
	/*
	 * In this order: killed between the two we leave a thread that takes a signal on its way,
	 * which does no harm; the other way round it would be deaf to all signals for ever.
	 */
	if (ptrace(PTRACE_SETREGS, thread, NULL, &user) < 0)
		return error_os(errno, "cannot set the registers of thread %d", thread);
	if (ptrace(PTRACE_SETSIGMASK, thread, (void *)sizeof(all), &all) < 0)
		return error_os(errno, "cannot block the signals of thread %d", thread);
	return NULL;
}

int64_t machine_call_number(pid_t thread)
{
	struct user_regs_struct user;
	return ptrace(PTRACE_GETREGS, thread, NULL, &user) < 0 ? -1 : (int64_t)user.orig_rax;
}

int64_t machine_call_result(pid_t thread)
{
	struct user_regs_struct user;
	return ptrace(PTRACE_GETREGS, thread, NULL, &user) < 0 ? -ESRCH : (int64_t)user.rax;
}

bool machine_fork_is_at_exit(pid_t thread)
{
	return machine_call_number(thread) == SYS_exit_group;
}

static struct machine_filtered_call filtered(uint64_t number, uint64_t instruction,
					     const uint64_t *arguments, size_t count, bool by_child)
{
	struct machine_filtered_call call = {
		.architecture = AUDIT_ARCH_X86_64,
		.number = (uint32_t)number,
		.instruction = instruction,
		.by_child = by_child,
	};
	memcpy(call.arguments, arguments, count * sizeof(*arguments));
	return call;
}

size_t machine_filtered_calls(const struct machine_gadgets *gadgets,
			      const struct machine_call *call, const struct machine_frame *frame,
			      struct machine_filtered_call ret[MACHINE_FILTERED_MAX])
{
	/* The instruction pointer that a filter sees is behind the system call. */
	uint64_t number, arguments[6], after = gadgets->system_call + SYSCALL_LENGTH;
	call_arguments(call, frame, &number, arguments);
	ret[0] = filtered(number, after, arguments, 6, false);
	ret[1] = filtered(SYS_rt_sigreturn, gadgets->signal_return, arguments, 0, false);
	if (call->kind != MACHINE_CALL_FORK)
		return 2;
	ret[2] = filtered(SYS_close_range, after, close_arguments, 3, true);
	ret[3] = filtered(SYS_exit_group, after, exit_arguments, 3, true);
	return 4;
}
