/* SPDX-License-Identifier: Apache-2.0 */
#include "victim.h"

#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "base/macros.h"
#include "group.h"
#include "target/procfs.h"
#include "target/target.h"

#define REPORT_DESCRIPTOR "DOWSE_TEST_REPORT"

void victim_sleep_ms(long ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
	}
}

static void fault(struct victim_report *report, int64_t detail)
{
	atomic_store(&report->fault_detail, detail);
	atomic_fetch_add(&report->faults, 1);
}

struct victim victim_start(void (*body)(struct victim_report *report, long argument), long argument)
{
	return victim_start_in(NULL, body, argument);
}

struct victim victim_start_in(const struct group *group,
			      void (*body)(struct victim_report *report, long argument),
			      long argument)
{
	struct victim victim = { 0 };
	int file = (int)syscall(SYS_memfd_create, "report", 0); /* survives exec */
	if (file < 0 || ftruncate(file, 4096) < 0)
		abort();
	victim.report = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	victim.pid = fork();
	if (victim.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing outlives a test that crashed */
		if (group && !group_enter(group, getpid()))
			abort();
		char number[16];
		snprintf(number, sizeof(number), "%d", file);
		setenv(REPORT_DESCRIPTOR, number, 1);
		body(victim.report, argument);
		for (;;)
			pause();
	}
	close(file);
	for (unsigned i = 0; i < 10000 && !atomic_load(&victim.report->ready); i++)
		victim_sleep_ms(1);
	return victim;
}

void victim_end(struct victim *victim)
{
	if (victim->pid > 0) {
		kill(victim->pid, SIGKILL);
		waitpid(victim->pid, NULL, 0);
	}
	munmap(victim->report, 4096);
	*victim = (struct victim){ 0 };
}

static void start_thread(void *(*body)(void *argument), void *argument)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 << 10);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attributes, body, argument) != 0)
		abort();
	pthread_attr_destroy(&attributes);
}

/* The thread that shows that the program lives. */
static void *tick(void *argument)
{
	struct victim_report *report = argument;
	for (;;) {
		atomic_fetch_add(&report->progress, 1);
		struct timespec ms = { 0, 1000000 };
		if (clock_nanosleep(CLOCK_MONOTONIC, 0, &ms, NULL) != 0)
			fault(report, 1);
	}
	return NULL;
}

/* Sleeps on a futex without a timeout for ever; waking up at all is a fault. */
static void *sleep_on_futex(void *argument)
{
	struct victim_report *report = argument;
	uint32_t word = 0;
	atomic_fetch_add(&report->threads, 1);
	for (;;) {
		if (syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) != 0)
			fault(report, errno);
		else
			fault(report, 2);
	}
	return NULL;
}

void victim_idle(struct victim_report *report, long threads)
{
	start_thread(tick, report);
	for (long i = 0; i < threads; i++)
		start_thread(sleep_on_futex, report);
	while (atomic_load(&report->threads) < (uint64_t)threads)
		victim_sleep_ms(1);
	victim_sleep_ms(5);
	atomic_store(&report->ready, true);
	sleep_on_futex(report);
}

static void *die(void *argument)
{
	struct victim_report *report = argument;
	atomic_fetch_add(&report->births, 1);
	return NULL;
}

void victim_births(struct victim_report *report, long unused)
{
	(void)unused;
	start_thread(tick, report);
	start_thread(sleep_on_futex, report);
	atomic_store(&report->ready, true);
	for (;;) {
		pthread_t threads[8];
		for (unsigned i = 0; i < ARRAY_SIZE(threads); i++) {
			if (pthread_create(&threads[i], NULL, die, report) != 0)
				fault(report, errno);
		}
		for (unsigned i = 0; i < ARRAY_SIZE(threads); i++)
			pthread_join(threads[i], NULL);
		atomic_fetch_add(&report->progress, 1);
	}
}

/*
 * General, x87, SSE and (where there is) AVX registers hold known values for a long loop without
 * any call, and are looked at after it; so are words right below the stack pointer, the red zone.
 */
#define SPIN 200000

static bool with_avx;

/* All its variables are static: what the compiler keeps on the stack could be in the red zone. */
static bool registers_survive(void)
{
	static const double x87_in = 1234.5678;
	static const uint64_t pattern[4] = { 0x1111222233334444, 0x5555666677778888,
					     0x9999aaaabbbbcccc, 0xddddeeeeffff0001 };
	static uint64_t after[4], general, red_zone;
	static double x87_out;

	if (with_avx)
		__asm__ volatile("vmovdqu %0, %%ymm11" ::"m"(pattern) : "xmm11");
	else
		__asm__ volatile("movdqu %0, %%xmm11" ::"m"(pattern) : "xmm11");
	__asm__ volatile("fldl %[in]\n\t"
			 "mov $0x123456789abcdef0, %%r15\n\t"
			 "mov %%r15, %%r14\n\t"
			 "mov %%r15, %%r13\n\t"
			 "mov %%r15, %%rcx\n\t"
			 "mov %%r15, %%r11\n\t"
			 "mov %%r15, %%rsi\n\t"
			 "mov %%r15, -64(%%rsp)\n\t"
			 "mov %%r15, -128(%%rsp)\n\t"
			 "mov %[spin], %%r12\n\t"
			 "1: dec %%r12\n\t"
			 "jnz 1b\n\t"
			 "mov %%r15, %%rax\n\t"
			 "xor %%r14, %%rax\n\t"
			 "mov %%r13, %%rdx\n\t"
			 "xor %%r15, %%rdx\n\t"
			 "or %%rdx, %%rax\n\t"
			 "mov %%rcx, %%rdx\n\t"
			 "xor %%r15, %%rdx\n\t"
			 "or %%rdx, %%rax\n\t"
			 "mov %%r11, %%rdx\n\t"
			 "xor %%r15, %%rdx\n\t"
			 "or %%rdx, %%rax\n\t"
			 "mov %%rsi, %%rdx\n\t"
			 "xor %%r15, %%rdx\n\t"
			 "or %%rdx, %%rax\n\t"
			 "mov %%rax, %[general]\n\t"
			 "mov -64(%%rsp), %%rax\n\t"
			 "xor %%r15, %%rax\n\t"
			 "xor -128(%%rsp), %%r15\n\t"
			 "or %%r15, %%rax\n\t"
			 "mov %%rax, %[red]\n\t"
			 "fstpl %[out]\n\t"
			 : [general] "=m"(general), [red] "=m"(red_zone), [out] "=m"(x87_out)
			 : [in] "m"(x87_in), [spin] "i"(SPIN)
			 : "rax", "rcx", "rdx", "rsi", "r11", "r12", "r13", "r14", "r15", "cc",
			   "memory");
	if (with_avx)
		__asm__ volatile("vmovdqu %%ymm11, %0\n\tvzeroupper" : "=m"(after)::"memory");
	else
		__asm__ volatile("movdqu %%xmm11, %0" : "=m"(after)::"memory");
	bool vector = after[0] == pattern[0] && after[1] == pattern[1] &&
		      (!with_avx || (after[2] == pattern[2] && after[3] == pattern[3]));
	return vector && general == 0 && red_zone == 0 && x87_out == x87_in;
}

void victim_registers(struct victim_report *report, long unused)
{
	(void)unused;
	with_avx = __builtin_cpu_supports("avx");
	atomic_store(&report->ready, true);
	for (;;) {
		if (!registers_survive())
			fault(report, 3);
		atomic_fetch_add(&report->progress, 1);
	}
}

/*
 * Threads that sleep in system calls as programs do. None of the calls ends by itself; each that
 * returns counts as disturbed. epoll_wait is not among them: the kernel documents that it fails
 * with EINTR after any stop.
 */
enum call_kind {
	CALL_READ,
	CALL_ACCEPT,
	CALL_NANOSLEEP,
	CALL_FUTEX_TIMEOUT,
	CALL_POLL,
	CALL_SELECT,
	CALL_RECV,
	CALL_COUNT
};

struct call {
	struct victim_report *report;
	enum call_kind kind;
};

static int call_once(enum call_kind kind)
{
	int ends[2] = { -1, -1 };
	char byte;
	uint32_t word = 0;
	struct timespec day = { 86400, 0 };
	fd_set set;

	switch (kind) {
	case CALL_READ:
		if (pipe(ends) < 0)
			return -1;
		return (int)read(ends[0], &byte, 1);
	case CALL_ACCEPT: {
		int listener = socket(AF_UNIX, SOCK_STREAM, 0);
		struct sockaddr_un address = { .sun_family = AF_UNIX };
		/* An empty abstract name: the kernel chooses one. */
		if (bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)) < 0 ||
		    listen(listener, 1) < 0)
			return -1;
		return accept(listener, NULL, NULL);
	}
	case CALL_NANOSLEEP:
		return nanosleep(&day, NULL);
	case CALL_FUTEX_TIMEOUT:
		return (int)syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &day, NULL, 0);
	case CALL_POLL:
		return poll(NULL, 0, 86400000);
	case CALL_SELECT:
		FD_ZERO(&set);
		return select(0, &set, NULL, NULL, NULL);
	case CALL_RECV:
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
			return -1;
		return (int)recv(ends[0], &byte, 1, 0);
	default:
		return -1;
	}
}

static void *call_forever(void *argument)
{
	struct call *call = argument;
	atomic_fetch_add(&call->report->threads, 1);
	for (;;) {
		call_once(call->kind);
		fault(call->report, 100 + call->kind);
	}
	return NULL;
}

void victim_calls(struct victim_report *report, long unused)
{
	static struct call calls[CALL_COUNT];
	(void)unused;
	start_thread(tick, report);
	for (unsigned i = 0; i < CALL_COUNT; i++) {
		calls[i] = (struct call){ report, (enum call_kind)i };
		start_thread(call_forever, &calls[i]);
	}
	while (atomic_load(&report->threads) < CALL_COUNT)
		victim_sleep_ms(1);
	victim_sleep_ms(20);
	atomic_store(&report->ready, true);
	sleep_on_futex(report);
}

void victim_vfork(struct victim_report *report, long spawn)
{
	extern char **environ;
	start_thread(tick, report);
	start_thread(sleep_on_futex, report);
	atomic_store(&report->ready, true);
	for (;;) {
		pid_t child;
		int status;
		if (spawn) {
			char *arguments[] = { (char *)"sleep", (char *)"0.01", NULL };
			if (posix_spawnp(&child, "sleep", NULL, NULL, arguments, environ) != 0)
				fault(report, 4);
		} else {
			child = vfork();
			if (child == 0) {
				struct timespec time = { 0, 60000000 };
				syscall(SYS_nanosleep, &time, NULL);
				_exit(7);
			}
		}
		if (child < 0 || waitpid(child, &status, 0) != child ||
		    (WIFEXITED(status) ? WEXITSTATUS(status) : -1) != (spawn ? 0 : 7))
			fault(report, 5);
		atomic_fetch_add(&report->births, 1);
	}
}

static struct victim_report *inherited_report(void)
{
	int file = (int)strtol(getenv(REPORT_DESCRIPTOR), NULL, 10);
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
}

void victim_exec(struct victim_report *report, long us)
{
	if (us)
		atomic_store(&report->value, (uint64_t)us); /* for the next of them too */
	start_thread(tick, report);
	start_thread(sleep_on_futex, report);
	atomic_store(&report->ready, true);
	atomic_fetch_add(&report->births, 1);
	usleep((useconds_t)atomic_load(&report->value));
	char *arguments[] = { (char *)"victim", (char *)"--victim-exec", NULL };
	execv("/proc/self/exe", arguments);
	fault(report, errno);
}

void victim_main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--victim-exec") == 0)
		victim_exec(inherited_report(), 0);
}

void victim_writer(struct victim_report *report, long mebibytes)
{
	size_t size = (size_t)mebibytes << 20;
	volatile uint64_t *words = mmap(NULL, size, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	start_thread(tick, report);
	start_thread(sleep_on_futex, report);
	for (uint64_t round = 1;; round++) {
		for (size_t i = 0; i < size / 8; i += 512) {
			if (words[i] != round - 1)
				fault(report, 6);
			words[i] = round;
		}
		atomic_store(&report->births, round);
		atomic_store(&report->ready, true);
	}
}

void victim_filtered(struct victim_report *report, long action)
{
	/* No new process: a clone that makes no thread is refused, as are fork and vfork. */
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fork, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_vfork, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, (uint32_t)action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { ARRAY_SIZE(program), program };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		abort();
	victim_idle(report, 3);
}

static void *outlive(void *argument)
{
	struct victim_report *report = argument;
	victim_sleep_ms(20);
	atomic_store(&report->ready, true);
	return sleep_on_futex(report);
}

void victim_no_leader(struct victim_report *report, long unused)
{
	(void)unused;
	start_thread(tick, report);
	start_thread(outlive, report);
	syscall(SYS_exit, 0); /* of this thread alone */
}

bool victim_advances(const struct victim *victim)
{
	uint64_t before = atomic_load(&victim->report->progress);
	for (unsigned i = 0; i < 20000; i++) {
		/* More than one step: one may have been on its way when it was stopped. */
		if (atomic_load(&victim->report->progress) > before + 2)
			return true;
		victim_sleep_ms(1);
	}
	return false;
}

static const char *thread_trouble(pid_t pid)
{
	static char text[128];
	_cleanup_(close_descriptor) int directory = -1;
	_cleanup_(free_pointer) pid_t *ids = NULL;
	size_t count;

	if (!error_ignore(procfs_open(pid, &directory)) ||
	    !error_ignore(procfs_list_at(directory, "task", &ids, &count)))
		return "it has ended";
	for (size_t i = 0; i < count; i++) {
		char state;
		uint64_t flags;
		if (procfs_thread_state(directory, ids[i], &state, &flags) &&
		    (state == 't' || state == 'T')) {
			snprintf(text, sizeof(text), "thread %d is in state %c", ids[i], state);
			return text;
		}
	}
	return NULL;
}

const char *victim_trouble(const struct victim *victim)
{
	static char text[128];
	const char *trouble = NULL;

	/* The kernel lets go of what a killed tracer traced in its own time. */
	for (unsigned i = 0; i < 2000; i++) {
		struct process_facts facts;
		if (waitpid(victim->pid, NULL, WNOHANG) != 0)
			return "it has ended";
		trouble = thread_trouble(victim->pid);
		if (!trouble && error_ignore(process_facts_read(victim->pid, &facts)) &&
		    facts.tracer)
			trouble = "it is still being traced";
		unsigned zombies;
		if (!trouble && victim_children(victim->pid, &zombies) > 0 && i > 1000)
			trouble = "it has a running duplicate";
		else if (!trouble && victim_children(victim->pid, &zombies) == 0)
			break;
		victim_sleep_ms(1);
	}
	if (!trouble && atomic_load(&victim->report->faults)) {
		snprintf(text, sizeof(text), "%llu faults, the last one of kind %lld",
			 (unsigned long long)atomic_load(&victim->report->faults),
			 (long long)atomic_load(&victim->report->fault_detail));
		trouble = text;
	}
	if (!trouble && !victim_advances(victim))
		trouble = "it makes no progress";
	return trouble;
}

unsigned victim_children(pid_t pid, unsigned *ret_zombies)
{
	_cleanup_(free_pointer) pid_t *ids = NULL;
	size_t count;
	unsigned running = 0;

	*ret_zombies = 0;
	if (!error_ignore(procfs_list(&ids, &count)))
		return 0;
	for (size_t i = 0; i < count; i++) {
		struct process_facts facts;
		if (!error_ignore(process_facts_read(ids[i], &facts)) || facts.parent != pid)
			continue;
		if (facts.zombie)
			(*ret_zombies)++;
		else
			running++;
	}
	return running;
}

unsigned descriptors_open(void)
{
	unsigned count = 0;
	DIR *stream = opendir("/proc/self/fd");
	while (stream && readdir(stream))
		count++;
	if (stream)
		closedir(stream);
	return count;
}

void victim_check(const struct victim *victim)
{
	const char *trouble = victim_trouble(victim);
	if (trouble)
		fail_msg("the victim: %s", trouble);
}

void victim_check_childless(const struct victim *victim)
{
	unsigned zombies = 0;
	unsigned running = victim_children(victim->pid, &zombies);
	assert_int_equal(running, 0);
	assert_int_equal(zombies, 0);
}

uint64_t victim_moment(const uint64_t *words, size_t size)
{
	uint64_t round = words[0];
	size_t i = 0, count = size / 8;
	while (i < count && words[i] == round)
		i += 512;
	for (; i < count; i += 512)
		assert_int_equal(words[i], round - 1);
	return round;
}

uint64_t victim_written_region(struct target *target, size_t size)
{
	const struct target_mapping *mappings;
	size_t count;
	check_ok(target_mappings(target, &mappings, &count));
	for (size_t i = 0; i < count; i++) {
		const struct target_mapping *mapping = &mappings[i];
		/*
		 * The kernel may have joined it with a neighbour, above or below, in which
		 * something else is written: see the words of its first and last page, which tell
		 * the same round or the one before.
		 */
		if (mapping->inode || !mapping->writable || mapping->end - mapping->start < size ||
		    mapping->end - mapping->start >= size + ((size_t)1 << 20))
			continue;
		for (uint64_t at = mapping->start; at + size <= mapping->end; at += 4096) {
			uint64_t first, last;
			check_ok(target_read_u64(target, at, &first));
			check_ok(target_read_u64(target, at + size - 4096, &last));
			if (first && first - last <= 1)
				return at;
		}
	}
	fail_msg("there is no region of that size");
	return 0;
}
