/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "cli/cli.h"
#include "confine/takeover.h"

/*
 * dowse as somebody who has taken over its worker would have it: the same program with two other
 * verbs. `takeover TARGET ATTEMPT` does one thing that a worker has no business to do, and prints
 * what came of it: "done", or the error's name. `free` does the same unconfined, so that a test
 * sees what would have been.
 *
 * The process that is none of dowse's business is TAKEOVER_PID, the folder TAKEOVER_FOLDER: there
 * lies a file called "secret" that holds text.
 */

static pid_t other(void)
{
	const char *text = getenv("TAKEOVER_PID");
	return text ? (pid_t)strtol(text, NULL, 10) : 0;
}

static const char *in_folder(const char *name)
{
	static char path[2][PATH_MAX];
	static unsigned turn;
	char *at = path[turn++ % 2];
	const char *folder = getenv("TAKEOVER_FOLDER");
	snprintf(at, PATH_MAX, "%s/%s", folder ? folder : "", name);
	return at;
}

/* What a system call has returned, as an attempt is to: 0, or what went wrong. */
static int result(long returned)
{
	return returned < 0 ? errno : 0;
}

static int opened(int descriptor)
{
	int problem = result(descriptor);
	if (descriptor >= 0)
		close(descriptor);
	return problem;
}

static int try_socket(void)
{
	return opened(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_unix_socket(void)
{
	return opened(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int try_connect(void)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/run/nobody" };
	/* Of what there is already. */
	return result(connect(takeover_socket(), (const void *)&address, sizeof(address)));
}

static int try_exec(void)
{
	char *const arguments[] = { (char *)"true", NULL };
	pid_t child = getenv("TAKEOVER_FREE") ? fork() : 0;
	if (child == 0) {
		execv("/bin/true", arguments);
		if (getenv("TAKEOVER_FREE"))
			_exit(1);
		return errno;
	}
	int status;
	return waitpid(child, &status, 0) == child && status == 0 ? 0 : ECHILD;
}

static int try_exec_descriptor(void)
{
	return result(syscall(SYS_execveat, -1, "", NULL, NULL, AT_EMPTY_PATH));
}

static int try_fork(void)
{
	int status;
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	if (child > 0)
		waitpid(child, &status, 0);
	return result(child);
}

static int try_vfork_like(void)
{
	int status;
	long child = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (child == 0)
		_exit(0);
	if (child > 0)
		waitpid((pid_t)child, &status, 0);
	return result(child);
}

static int try_clone3(void)
{
	uint64_t arguments[8] = { [4] = SIGCHLD };
	int status;
	long child = syscall(SYS_clone3, arguments, sizeof(arguments));
	if (child == 0)
		_exit(0);
	if (child > 0)
		waitpid((pid_t)child, &status, 0);
	return result(child);
}

static int try_ptrace(void)
{
	int problem = result(ptrace(PTRACE_SEIZE, other(), NULL, NULL));
	if (!problem)
		ptrace(PTRACE_DETACH, other(), NULL, NULL);
	return problem;
}

static int try_read_secret(void)
{
	return opened(open(in_folder("secret"), O_RDONLY));
}

static int try_read_shadow(void)
{
	return opened(open("/etc/shadow", O_RDONLY));
}

/* Past the C library and its habits. */
static int try_openat2(void)
{
	const uint64_t how[3] = { O_RDONLY, 0, 0 };
	return opened((int)syscall(SYS_openat2, AT_FDCWD, in_folder("secret"), how, sizeof(how)));
}

static int try_through_root(void)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)other(), in_folder("secret"));
	return opened(open(path, O_RDONLY));
}

static int try_through_cwd(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/cwd/secret", (int)other());
	return opened(open(path, O_RDONLY));
}

static int try_dots(void)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "/proc/self/../..%s", in_folder("secret"));
	return opened(open(path, O_RDONLY));
}

static int try_relative(void)
{
	return opened(open("secret", O_RDONLY));
}

static int try_link_to_secret(void)
{
	return opened(open(in_folder("link"), O_RDONLY));
}

static int try_list_folder(void)
{
	return opened(open(in_folder("."), O_RDONLY | O_DIRECTORY));
}

static int try_status(void)
{
	struct stat status;
	return result(stat(in_folder("secret"), &status));
}

static int try_environment(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)other());
	return opened(open(path, O_RDONLY));
}

static int try_other_memory(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)other());
	return opened(open(path, O_RDONLY));
}

static int try_other_maps(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)other());
	return opened(open(path, O_RDONLY));
}

static int try_broker_memory(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)getppid());
	return opened(open(path, O_RDONLY));
}

static int try_write_memory(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)other());
	return opened(open(path, O_RDWR));
}

static int try_read_other(void)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { takeover_address(), 1 };
	return result(process_vm_readv(other(), &here, 1, &there, 1, 0));
}

static int try_write_other(void)
{
	char byte = 0;
	/* Of length nothing: what counts is whether the kernel is asked. */
	struct iovec here = { &byte, 0 }, there = { takeover_address(), 0 };
	return result(process_vm_writev(other(), &here, 1, &there, 1, 0));
}

static int try_create(void)
{
	return opened(open(in_folder("created"), O_WRONLY | O_CREAT, 0600));
}

static int try_append(void)
{
	return opened(open(in_folder("secret"), O_WRONLY | O_APPEND));
}

static int try_nameless(void)
{
	return opened(open(in_folder("."), O_TMPFILE | O_RDWR, 0600));
}

static int try_truncate(void)
{
	return result(truncate(in_folder("prey"), 0));
}

static int try_unlink(void)
{
	return result(unlink(in_folder("prey")));
}

static int try_rename(void)
{
	return result(rename(in_folder("prey"), in_folder("gone")));
}

static int try_link(void)
{
	return result(link(in_folder("prey"), in_folder("twin")));
}

static int try_symlink(void)
{
	return result(symlink("/etc/shadow", in_folder("pointer")));
}

static int try_mkdir(void)
{
	return result(mkdir(in_folder("made"), 0700));
}

static int try_chmod(void)
{
	return result(chmod(in_folder("prey"), 0777));
}

static int try_chdir(void)
{
	return result(chdir("/"));
}

static int try_memory_file(void)
{
	return opened((int)syscall(SYS_memfd_create, "x", 0));
}

static int try_shared_memory(void)
{
	int segment = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	int problem = result(segment);
	if (!problem)
		shmctl(segment, IPC_RMID, NULL);
	return problem;
}

static int try_kill(void)
{
	return result(kill(other(), SIGCONT));
}

static int try_kill_all(void)
{
	return result(kill(getppid(), SIGCONT));
}

static int try_tgkill(void)
{
	return result(syscall(SYS_tgkill, other(), other(), SIGCONT));
}

static int try_tkill(void)
{
	return result(syscall(SYS_tkill, other(), SIGCONT));
}

static int try_pidfd(void)
{
	int handle = (int)syscall(SYS_pidfd_open, other(), 0);
	int problem = result(handle);
	if (!problem) {
		problem = result(syscall(SYS_pidfd_send_signal, handle, SIGCONT, NULL, 0));
		close(handle);
	}
	return problem;
}

static int try_queue_signal(void)
{
	return result(sigqueue(other(), SIGCONT, (union sigval){ 0 }));
}

/* A descriptor that sends signals when there is something to read. */
static int try_own_signals(void)
{
	return result(fcntl(takeover_socket(), F_SETOWN, other()));
}

static int try_priority(void)
{
	return result(setpriority(PRIO_PROCESS, (id_t)other(), 5));
}

static int try_affinity(void)
{
	cpu_set_t set;
	sched_getaffinity(other(), sizeof(set), &set);
	return result(sched_setaffinity(other(), sizeof(set), &set));
}

static int try_limits(void)
{
	const struct rlimit limit = { 1 << 20, 1 << 20 };
	return result(prlimit(other(), RLIMIT_CORE, &limit, NULL));
}

static int try_mount(void)
{
	return result(mount("none", in_folder("nowhere"), "tmpfs", 0, NULL));
}

static int try_chroot(void)
{
	return result(chroot("/"));
}

static int try_unshare(void)
{
	return result(unshare(CLONE_FS));
}

static int try_setns(void)
{
	return result(setns(-1, 0));
}

static int try_bpf(void)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1,
	};
	return opened((int)syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes)));
}

static int try_perf(void)
{
	struct perf_event_attr event = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(event),
		.config = PERF_COUNT_SW_CPU_CLOCK,
	};
	return opened((int)syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
}

static int try_keys(void)
{
	return result(syscall(SYS_keyctl, 0, -4, 0, 0, 0));
}

static int try_ring(void)
{
	char parameters[256] = { 0 };
	return opened((int)syscall(425, 1, parameters)); /* io_uring_setup */
}

static int try_userfault(void)
{
	return opened((int)syscall(SYS_userfaultfd, 0));
}

static int try_map_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? errno : 0;
}

static int try_protect_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? errno : result(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static int try_key_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED
		       ? errno
		       : result(syscall(SYS_pkey_mprotect, page, 4096, PROT_READ | PROT_EXEC, -1));
}

static int try_outlive(void)
{
	return result(prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0));
}

static int try_dumpable(void)
{
	return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int try_filter(void)
{
	struct sock_filter all = { .code = BPF_RET | BPF_K, .k = SECCOMP_RET_ALLOW };
	struct sock_fprog program = { 1, &all };
	if (getenv("TAKEOVER_FREE"))
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return result(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0));
}

static int try_user(void)
{
	return result(setuid(getuid()));
}

static int try_capabilities(void)
{
	const uint32_t header[2] = { 0x20080522, 0 };
	uint32_t data[6] = { 0 };
	if (syscall(SYS_capget, header, data) < 0 && errno != EPERM)
		return errno;
	return result(syscall(SYS_capset, header, data));
}

static int try_personality(void)
{
	return result(syscall(SYS_personality, 0xffffffff));
}

/* Characters as if they were typed. What it is done to is no terminal: unconfined that is said. */
static int try_type(void)
{
	char letter = '\n';
	return result(ioctl(STDOUT_FILENO, TIOCSTI, &letter));
}

static int try_other_message(void)
{
	char byte = 0;
	struct iovec piece = { &byte, 1 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	return result(sendmsg(STDOUT_FILENO, &message, 0));
}

/* Of the 32-bit numbering, in which 20 is getpid. */
static int try_old_numbers(void)
{
	long returned;
	__asm__ volatile("int $0x80"
			 : "=a"(returned)
			 : "a"(20)
			 : "memory", "r8", "r9", "r10", "r11");
	return returned < 0 ? (int)-returned : 0;
}

static int try_x32_numbers(void)
{
	return result(syscall(0x40000000 + SYS_getpid));
}

static int try_crash(void)
{
	raise(SIGSEGV);
	return 0;
}

static const struct {
	const char *name;
	int (*attempt)(void);
} attempts[] = {
	{ "socket", try_socket },
	{ "unix-socket", try_unix_socket },
	{ "connect", try_connect },
	{ "exec", try_exec },
	{ "execveat", try_exec_descriptor },
	{ "fork", try_fork },
	{ "clone", try_vfork_like },
	{ "clone3", try_clone3 },
	{ "ptrace", try_ptrace },
	{ "read-secret", try_read_secret },
	{ "read-shadow", try_read_shadow },
	{ "openat2", try_openat2 },
	{ "through-root", try_through_root },
	{ "through-cwd", try_through_cwd },
	{ "dots", try_dots },
	{ "relative", try_relative },
	{ "link-to-secret", try_link_to_secret },
	{ "list-folder", try_list_folder },
	{ "status", try_status },
	{ "environ", try_environment },
	{ "other-memory", try_other_memory },
	{ "other-maps", try_other_maps },
	{ "broker-memory", try_broker_memory },
	{ "write-memory", try_write_memory },
	{ "process_vm_readv", try_read_other },
	{ "process_vm_writev", try_write_other },
	{ "create", try_create },
	{ "append", try_append },
	{ "nameless", try_nameless },
	{ "truncate", try_truncate },
	{ "chmod", try_chmod },
	{ "link", try_link },
	{ "rename", try_rename },
	{ "unlink", try_unlink },
	{ "symlink", try_symlink },
	{ "mkdir", try_mkdir },
	{ "chdir", try_chdir },
	{ "memfd", try_memory_file },
	{ "shmget", try_shared_memory },
	{ "kill", try_kill },
	{ "kill-broker", try_kill_all },
	{ "tgkill", try_tgkill },
	{ "tkill", try_tkill },
	{ "pidfd", try_pidfd },
	{ "sigqueue", try_queue_signal },
	{ "set-owner", try_own_signals },
	{ "priority", try_priority },
	{ "affinity", try_affinity },
	{ "limits", try_limits },
	{ "mount", try_mount },
	{ "chroot", try_chroot },
	{ "unshare", try_unshare },
	{ "setns", try_setns },
	{ "bpf", try_bpf },
	{ "perf", try_perf },
	{ "keyctl", try_keys },
	{ "io_uring", try_ring },
	{ "userfaultfd", try_userfault },
	{ "map-code", try_map_code },
	{ "protect-code", try_protect_code },
	{ "pkey-code", try_key_code },
	{ "outlive", try_outlive },
	{ "dumpable", try_dumpable },
	{ "filter", try_filter },
	{ "setuid", try_user },
	{ "capset", try_capabilities },
	{ "personality", try_personality },
	{ "type", try_type },
	{ "other-message", try_other_message },
	{ "old-numbers", try_old_numbers },
	{ "x32-numbers", try_x32_numbers },
	{ "crash", try_crash },
};

static struct error *takeover_run(struct invocation *invocation, enum cli_status *ret)
{
	const char *name = invocation->operands[1];
	(void)ret;
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		if (strcmp(attempts[i].name, name) != 0)
			continue;
		int problem = attempts[i].attempt();
		writer_printf(invocation->out, "%s\n", problem ? strerrorname_np(problem) : "done");
		return NULL;
	}
	if (strcmp(name, "list") == 0) {
		for (size_t i = 0; i < ARRAY_SIZE(attempts); i++)
			writer_printf(invocation->out, "%s\n", attempts[i].name);
		return NULL;
	}
	return takeover_attack(name, invocation->out);
}

static const struct verb verb_takeover = {
	.name = "takeover",
	.usage = "takeover TARGET ATTEMPT",
	.help = "",
	.operands_min = 2,
	.operands_max = 2,
	.operand = "ATTEMPT",
	.run = takeover_run,
};

static const struct verb verb_free = {
	.name = "free",
	.usage = "free TARGET ATTEMPT",
	.help = "",
	.operands_min = 2,
	.operands_max = 2,
	.operand = "ATTEMPT",
	.looks_at_nothing = true,
	.run = takeover_run,
};

const struct verb *const verbs[] = { &verb_takeover, &verb_free, NULL };

const struct verb *verbs_find(const char *name)
{
	for (size_t i = 0; verbs[i]; i++) {
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	}
	return NULL;
}
