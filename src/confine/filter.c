/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/file.h"
#include "confine/machine.h"
#include "confine/trap.h"

/* Allowed with any arguments; the most frequent first, for kernels that look one by one. */
static const int allowed_calls[] = {
	__NR_pread64,
	__NR_read,
	__NR_write,
	__NR_close,
	__NR_fstat,
	__NR_munmap,
	__NR_brk,
	__NR_lseek,
	__NR_mremap,
	__NR_madvise,
	__NR_futex,
	__NR_rt_sigreturn,
	__NR_rt_sigprocmask,
	__NR_rt_sigaction,
	__NR_sigaltstack,
	__NR_clock_gettime,
	__NR_gettimeofday,
	__NR_clock_nanosleep,
	__NR_nanosleep,
	__NR_clock_getres,
	__NR_restart_syscall,
	__NR_sched_yield,
	__NR_sched_getaffinity,
	__NR_getpid,
	__NR_gettid,
	__NR_getppid,
	__NR_getuid,
	__NR_geteuid,
	__NR_getgid,
	__NR_getegid,
	__NR_uname,
	__NR_sysinfo,
	__NR_getrandom,
	__NR_readv,
	__NR_writev,
	__NR_preadv,
	__NR_pwrite64,
	__NR_fsync,
	__NR_fdatasync,
	__NR_fstatfs,
	__NR_fadvise64,
	__NR_mincore,
	__NR_ftruncate,
	__NR_poll,
	__NR_ppoll,
	__NR_getrusage,
	__NR_getrlimit,
	__NR_set_robust_list,
	__NR_membarrier,
	__NR_exit,
	__NR_exit_group,
#ifdef __NR_time
	__NR_time,
#endif
#ifdef __NR_rseq
	__NR_rseq,
#endif
};

/* Nothing in dowse's worker does these: who does has taken it over. */
static const int deadly_calls[] = {
	__NR_execve,
	__NR_execveat,
	__NR_ptrace,
	__NR_socket,
	__NR_socketpair,
	__NR_connect,
	__NR_bind,
	__NR_listen,
	__NR_accept,
	__NR_accept4,
	__NR_process_vm_writev,
	__NR_mount,
	__NR_umount2,
	__NR_pivot_root,
	__NR_chroot,
	__NR_setns,
	__NR_unshare,
	__NR_bpf,
	__NR_init_module,
	__NR_finit_module,
	__NR_delete_module,
	__NR_kexec_load,
	__NR_perf_event_open,
	__NR_keyctl,
	__NR_add_key,
	__NR_request_key,
	__NR_userfaultfd,
	__NR_reboot,
	__NR_swapon,
	__NR_setuid,
	__NR_setgid,
	__NR_setresuid,
	__NR_capset,
	__NR_personality,
	425, /* io_uring_setup */
#ifdef __NR_fork
	__NR_fork,
	__NR_vfork,
#endif
};

#define PROGRAM_MAX 512
#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + (n) * sizeof(uint64_t))
#define PASS        SECCOMP_RET_ALLOW
#define REFUSE      (SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA))
#define MISSING     (SECCOMP_RET_ERRNO | (ENOSYS & SECCOMP_RET_DATA))
#define END         0x80000000u /* SECCOMP_RET_KILL_PROCESS, which older headers lack */

struct program {
	struct sock_filter items[PROGRAM_MAX];
	unsigned short count;
};

static void add(struct program *program, struct sock_filter item)
{
	if (program->count < PROGRAM_MAX)
		program->items[program->count++] = item;
}

static void load(struct program *program, size_t offset)
{
	add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void result(struct program *program, uint32_t value)
{
	add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, value));
}

/* The next `skip` instructions are for when the comparison holds; else they are skipped. */
static void unless(struct program *program, uint16_t comparison, uint32_t value, uint8_t skip)
{
	add(program,
	    (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | comparison | BPF_K), value, 0, skip));
}

static void on_call(struct program *program, int number, uint32_t value)
{
	unless(program, BPF_JEQ, (uint32_t)number, 1);
	result(program, value);
}

/* Allowed when the argument's lower half is one of the values, else refused. */
static void on_values(struct program *program, int number, unsigned argument,
		      const uint32_t *values, size_t count)
{
	unless(program, BPF_JEQ, (uint32_t)number, (uint8_t)(2 + 2 * count));
	load(program, ARGUMENT(argument));
	for (size_t i = 0; i < count; i++)
		on_call(program, (int)values[i], PASS);
	result(program, REFUSE);
}

/* Refused when the argument has one of the bits, else allowed. */
static void on_bits(struct program *program, int number, unsigned argument, uint32_t bits)
{
	unless(program, BPF_JEQ, (uint32_t)number, 4);
	load(program, ARGUMENT(argument));
	unless(program, BPF_JSET, bits, 1);
	result(program, REFUSE);
	result(program, PASS);
}

/* A thread may be made, a process not. */
static void on_clone(struct program *program)
{
	unless(program, BPF_JEQ, __NR_clone, 4);
	load(program, ARGUMENT(0));
	unless(program, BPF_JSET, CLONE_THREAD, 1);
	result(program, PASS);
	result(program, END);
	on_call(program, 435, MISSING); /* clone3: its flags cannot be seen; clone is tried next */
}

/* Its own limits may be read: prlimit64(0, ..., NULL, ...). */
static void on_limits(struct program *program)
{
	unless(program, BPF_JEQ, __NR_prlimit64, 8);
	load(program, ARGUMENT(0));
	unless(program, BPF_JEQ, 0, 5);
	load(program, ARGUMENT(2));
	unless(program, BPF_JEQ, 0, 3);
	load(program, ARGUMENT(2) + sizeof(uint32_t));
	unless(program, BPF_JEQ, 0, 1);
	result(program, PASS);
	result(program, REFUSE);
}

/* Of an open descriptor alone: by the empty path that nobody can write to. */
static void on_statx(struct program *program)
{
	uint64_t path = (uint64_t)(uintptr_t)file_itself;
	unless(program, BPF_JEQ, __NR_statx, 6);
	load(program, ARGUMENT(1));
	unless(program, BPF_JEQ, (uint32_t)path, 3);
	load(program, ARGUMENT(1) + sizeof(uint32_t));
	unless(program, BPF_JEQ, (uint32_t)(path >> 32), 1);
	result(program, PASS);
	result(program, REFUSE);
}

static void build(struct program *program, int socket)
{
	const uint32_t terminal[] = { TCGETS, TIOCGWINSZ };
	const uint32_t descriptors[] = { F_GETFD, F_SETFD, F_GETFL, F_DUPFD, F_DUPFD_CLOEXEC };
	const uint32_t names[] = { PR_SET_NAME, PR_SET_TIMERSLACK, 0x53564d41 /* PR_SET_VMA */ };
	const uint32_t own_process[] = { (uint32_t)getpid() };
	const uint32_t own_socket[] = { (uint32_t)socket };

	load(program, offsetof(struct seccomp_data, arch));
	add(program,
	    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, machine_audit_arch, 1, 0));
	result(program, END);
	load(program, offsetof(struct seccomp_data, nr));
	/* Another numbering of the same calls (x32). */
	unless(program, BPF_JGE, 0x40000000, 1);
	result(program, END);

	for (size_t i = 0; i < ARRAY_SIZE(allowed_calls); i++)
		on_call(program, allowed_calls[i], PASS);
	for (size_t i = 0; trap_calls[i] >= 0; i++)
		on_call(program, trap_calls[i], SECCOMP_RET_TRAP);
	on_bits(program, __NR_mmap, 2, PROT_EXEC);
	on_bits(program, __NR_mprotect, 2, PROT_EXEC);
	on_values(program, __NR_sendmsg, 0, own_socket, 1);
	on_values(program, __NR_recvmsg, 0, own_socket, 1);
	on_values(program, __NR_ioctl, 1, terminal, ARRAY_SIZE(terminal));
	on_values(program, __NR_fcntl, 1, descriptors, ARRAY_SIZE(descriptors));
	on_values(program, __NR_prctl, 0, names, ARRAY_SIZE(names));
	on_values(program, __NR_tgkill, 0, own_process, 1); /* abort() */
	on_limits(program);
	on_statx(program);
	on_clone(program);
	for (size_t i = 0; i < ARRAY_SIZE(deadly_calls); i++)
		on_call(program, deadly_calls[i], END);
	result(program, REFUSE);
}

struct error *confine_filter_install(int socket)
{
	struct program program = { .count = 0 };
	build(&program, socket);
	struct sock_fprog installed = { .len = program.count, .filter = program.items };
	if (program.count == PROGRAM_MAX)
		return error_new(ERROR_LIMIT, "the filter is too long");
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &installed, 0, 0) < 0)
		return error_os(errno, "the kernel takes no filter for system calls (seccomp)");
	return NULL;
}
