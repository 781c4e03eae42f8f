/* SPDX-License-Identifier: Apache-2.0 */
#include "target/permission.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "target/headroom.h"
#include "target/process_private.h"

#define CAPABILITY_NAMES(X)                                                                        \
	X(CHOWN)                                                                                   \
	X(DAC_OVERRIDE)                                                                            \
	X(DAC_READ_SEARCH)                                                                         \
	X(FOWNER)                                                                                  \
	X(FSETID)                                                                                  \
	X(KILL)                                                                                    \
	X(SETGID) X(SETUID) X(SETPCAP) X(LINUX_IMMUTABLE) X(NET_BIND_SERVICE) X(NET_BROADCAST)     \
		X(NET_ADMIN) X(NET_RAW) X(IPC_LOCK) X(IPC_OWNER) X(SYS_MODULE) X(SYS_RAWIO)        \
			X(SYS_CHROOT) X(SYS_PTRACE) X(SYS_PACCT) X(SYS_ADMIN) X(SYS_BOOT)          \
				X(SYS_NICE) X(SYS_RESOURCE) X(SYS_TIME) X(SYS_TTY_CONFIG) X(MKNOD) \
					X(LEASE) X(AUDIT_WRITE) X(AUDIT_CONTROL) X(SETFCAP)        \
						X(MAC_OVERRIDE) X(MAC_ADMIN) X(SYSLOG)             \
							X(WAKE_ALARM) X(BLOCK_SUSPEND)             \
								X(AUDIT_READ) X(PERFMON) X(BPF)    \
									X(CHECKPOINT_RESTORE)

const char *permission_capability_name(unsigned number)
{
	static const char *const names[] = {
#define NAME(name) [CAP_##name] = "CAP_" #name,
		CAPABILITY_NAMES(NAME)
#undef NAME
	};
	return number < ARRAY_SIZE(names) ? names[number] : NULL;
}

static bool has_capability(uint64_t set, unsigned number)
{
	return set >> number & 1;
}

/* The first line of a small file; false when it cannot be read. */
static bool read_line(const char *path, char *ret, size_t size)
{
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	if (!error_ignore(file_read(path, 4096, &file)))
		return false;
	size_t length = strcspn((const char *)file.bytes, "\n");
	snprintf(ret, size, "%.*s", (int)MIN(length, size - 1), (const char *)file.bytes);
	return true;
}

struct error *permission_self_read(struct permission_self *ret)
{
	struct process_facts facts;
	char line[64];

	TRY(process_facts_read(getpid(), &facts));
	struct permission_self self = {
		.uid = facts.uid,
		.capabilities = facts.capabilities,
		.can_trace_all = has_capability(facts.capabilities, CAP_SYS_PTRACE),
		.can_suspend_seccomp = has_capability(facts.capabilities, CAP_SYS_ADMIN) &&
				       facts.seccomp == 0,
		.ptrace_scope = -1,
		.seccomp = facts.seccomp,
		.no_new_privs = facts.no_new_privs,
	};
	if (read_line("/proc/sys/kernel/yama/ptrace_scope", line, sizeof(line)))
		self.ptrace_scope = (int)strtol(line, NULL, 10);
	if (!read_line("/proc/self/attr/current", self.security_module,
		       sizeof(self.security_module)))
		self.security_module[0] = '\0';
	*ret = self;
	return NULL;
}

/* Would the kernel let us read its memory? Opening the file asks without doing anything. */
static int try_read(pid_t pid)
{
	char path[48];
	snprintf(path, sizeof(path), "/proc/%d/task/%d/mem", pid, pid);
	_cleanup_(close_descriptor) int file = open(path, O_RDONLY | O_CLOEXEC);
	return file < 0 ? errno : 0;
}

/*
 * Which rule refused, from what can be seen. The kernel itself only says no; this asks what it
 * asks, in its order (ptrace_may_access and the security modules behind it).
 */
static enum permission_rule find_rule(const struct permission_self *self,
				      const struct process_facts *facts, bool other_user_namespace)
{
	if (!self->can_trace_all) {
		if (facts->uid != self->uid || facts->real_uid != self->uid)
			return PERMISSION_USER;
		if (facts->capabilities_permitted & ~self->capabilities)
			return PERMISSION_CAPABILITIES;
		if (self->ptrace_scope > 0)
			return PERMISSION_YAMA;
		return PERMISSION_DUMPABLE;
	}
	if (other_user_namespace)
		return PERMISSION_NAMESPACE;
	return self->ptrace_scope > 2 ? PERMISSION_YAMA : PERMISSION_SECURITY;
}

struct explanation {
	enum permission_rule rule;
	char reason[160];
	char command[192];
};

/* What the user typed, as far as it can be told, behind sudo. */
static void explain_sudo(struct explanation *explanation, pid_t pid)
{
	snprintf(explanation->command, sizeof(explanation->command), "sudo dowse doctor %d", pid);
}

static void explain(const struct permission_self *self, const struct process_facts *facts,
		    enum permission_rule rule, struct explanation *ret)
{
	struct process_facts tracer;

	*ret = (struct explanation){ .rule = rule };
	switch (rule) {
	case PERMISSION_GRANTED:
		break;
	case PERMISSION_TRACED:
		if (!error_ignore(process_facts_read(facts->tracer, &tracer)))
			tracer = (struct process_facts){ .name = "a process that cannot be seen",
							 .thread_group = facts->tracer };
		snprintf(ret->reason, sizeof(ret->reason),
			 "it is being traced by %s (pid %d), and the kernel allows one at a time",
			 tracer.name, tracer.thread_group);
		snprintf(ret->command, sizeof(ret->command), "kill %d", tracer.thread_group);
		break;
	case PERMISSION_USER:
		snprintf(ret->reason, sizeof(ret->reason),
			 "it runs as user %u, dowse as user %u without CAP_SYS_PTRACE", facts->uid,
			 self->uid);
		explain_sudo(ret, facts->pid);
		break;
	case PERMISSION_CAPABILITIES:
		snprintf(ret->reason, sizeof(ret->reason),
			 "it has capabilities that dowse has not");
		explain_sudo(ret, facts->pid);
		break;
	case PERMISSION_DUMPABLE:
		snprintf(ret->reason, sizeof(ret->reason),
			 "it is marked as not dumpable (it changed its user, or asked for it)");
		explain_sudo(ret, facts->pid);
		break;
	case PERMISSION_YAMA:
		snprintf(ret->reason, sizeof(ret->reason),
			 "kernel.yama.ptrace_scope is %d, which %s", self->ptrace_scope,
			 self->ptrace_scope > 2 ? "forbids all tracing until the next boot"
						: "takes CAP_SYS_PTRACE for other than children");
		if (self->ptrace_scope <= 2)
			explain_sudo(ret, facts->pid);
		break;
	case PERMISSION_NAMESPACE:
		snprintf(ret->reason, sizeof(ret->reason),
			 "it lives in a user namespace that is not below dowse's own");
		snprintf(ret->command, sizeof(ret->command),
			 "sudo dowse doctor PID    (on the host, with the host's PID)");
		break;
	case PERMISSION_SECURITY:
		snprintf(ret->reason, sizeof(ret->reason),
			 "a security module or the sandbox around dowse forbids it%s%s",
			 self->security_module[0] ? ": " : "", self->security_module);
		break;
	}
}

struct error *permission_error(pid_t pid, const char *name, int os_error)
{
	struct process_facts facts;
	struct permission_self self;
	struct explanation explanation;

	if (os_error == ENOENT || os_error == ESRCH)
		return error_new(ERROR_GONE, "%s has ended", name);
	if (os_error != EPERM && os_error != EACCES)
		return error_os(os_error, "cannot look into %s", name);
	TRY(process_facts_read(pid, &facts));
	TRY(permission_self_read(&self));
	enum permission_rule rule = PERMISSION_TRACED;
	if (!facts.tracer || try_read(pid))
		rule = find_rule(&self, &facts, process_in_other_namespace(pid, "user"));
	explain(&self, &facts, rule, &explanation);
	if (rule == PERMISSION_TRACED)
		return error_new(ERROR_BUSY, "cannot stop %s: %s; end that one first", name,
				 explanation.reason);
	return error_new(ERROR_PERMISSION, "the kernel does not let dowse look into %s: %s%s", name,
			 explanation.reason, explanation.command[0] ? "; run dowse with sudo" : "");
}

static void judge_access(const struct permission_self *self, struct process_permission *permission)
{
	const struct process_facts *facts = &permission->facts;
	struct explanation explanation;

	permission->read = PERMISSION_GRANTED;
	if (try_read(facts->pid))
		permission->read = find_rule(self, facts, permission->other_user_namespace);
	/* The same check of the kernel's guards both; only tracing is for one at a time. */
	permission->stop = permission->read;
	if (permission->stop == PERMISSION_GRANTED && facts->tracer)
		permission->stop = PERMISSION_TRACED;

	explain(self, facts, permission->read, &explanation);
	snprintf(permission->read_reason, sizeof(permission->read_reason), "%s",
		 explanation.reason);
	explain(self, facts, permission->stop, &explanation);
	snprintf(permission->stop_reason, sizeof(permission->stop_reason), "%s",
		 explanation.reason);
	snprintf(permission->command, sizeof(permission->command), "%s", explanation.command);
}

static void judge_fork(const struct permission_self *self, struct process_permission *permission)
{
	const struct process_facts *facts = &permission->facts;
	char *reason = permission->fork_reason;
	size_t size = sizeof(permission->fork_reason);

	if (permission->stop != PERMISSION_GRANTED)
		snprintf(reason, size, "it cannot be stopped");
	else if (facts->stopped)
		snprintf(reason, size, "it is stopped by a signal: it can be read as it stands");
	else if (facts->shadow_stack)
		snprintf(reason, size, "it has a shadow stack");
	else if (facts->seccomp > 0 && !self->can_suspend_seccomp)
		snprintf(reason, size,
			 "it has a seccomp filter, which only CAP_SYS_ADMIN can "
			 "see and suspend");
	else if (permission->headroom < permission->fork_bytes)
		snprintf(reason, size, "it may take %llu MiB, and %s has %llu MiB left",
			 (unsigned long long)(permission->fork_bytes >> 20),
			 permission->headroom_path,
			 (unsigned long long)(permission->headroom >> 20));
	permission->can_fork = !reason[0];
	if (!permission->can_fork && !permission->command[0] && facts->seccomp > 0 &&
	    !self->can_suspend_seccomp && self->seccomp <= 0)
		snprintf(permission->command, sizeof(permission->command), "sudo dowse doctor %d",
			 facts->pid);
}

static void read_headroom(struct process_permission *permission)
{
	_cleanup_(headroom_cleanup) struct headroom *headroom = NULL;
	size_t count = 0;

	permission->headroom = UINT64_MAX;
	if (!error_ignore(headroom_open(permission->facts.pid, &headroom)))
		return;
	const struct headroom_level *levels = headroom_read(headroom, &count);
	if (!count)
		return;
	permission->headroom = levels[0].left;
	snprintf(permission->headroom_path, sizeof(permission->headroom_path), "%s",
		 levels[0].path);
}

struct error *process_permission(pid_t pid, struct process_permission *ret)
{
	struct process_permission permission = { 0 };
	struct permission_self self;
	char name[96];

	TRY(process_facts_read(pid, &permission.facts));
	const struct process_facts *facts = &permission.facts;
	snprintf(name, sizeof(name), "%s (pid %d)", facts->name, (int)pid);
	TRY(process_check(facts, name));
	TRY(permission_self_read(&self));
	permission.other_pid_namespace = facts->inner_pid != facts->pid;
	permission.other_mount_namespace = process_in_other_namespace(pid, "mnt");
	permission.other_user_namespace = process_in_other_namespace(pid, "user");
	permission.stop_pause_ns = process_stop_estimate(facts->threads);
	permission.fork_pause_ns = process_fork_estimate(facts->resident_anonymous, facts->threads);
	permission.fork_bytes = process_fork_bytes(facts->page_tables);
	read_headroom(&permission);
	judge_access(&self, &permission);
	judge_fork(&self, &permission);
	*ret = permission;
	return NULL;
}
