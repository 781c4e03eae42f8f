/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "cli/exec_private.h"
#include "report/safe.h"
#include "target/killer.h"

#define SHARED_FLAGS (MFD_CLOEXEC | MFD_ALLOW_SEALING)
#define SHARED_SEALS (F_SEAL_SHRINK | F_SEAL_GROW)

/* A program begins far from its heap: one that lies at a fixed place has nothing in between. */
static const int64_t distances[] = { 0x70000000, 0x60000000, -0x70000000, 0x50000000 };

/* In the new process: all as dowse has found it. */
static void restore(void *argument)
{
	const struct exec *exec = argument;
	cli_restore_signals();
	exec_signals_restore(exec);
}

/* One that is held gets the memory by its descriptor, and closes that before it runs. */
static void restore_and_share(void *argument)
{
	const struct exec *exec = argument;
	fcntl(exec->area_file, F_SETFD, 0);
	restore(argument);
}

static struct error *make_area(struct exec *exec)
{
	exec->area_file = (int)syscall(SYS_memfd_create, "dowse", SHARED_FLAGS);
	if (exec->area_file < 0)
		return error_os(errno, "cannot make memory to share");
	if (ftruncate(exec->area_file, (off_t)WATCH_SIZE) < 0 ||
	    fcntl(exec->area_file, F_ADD_SEALS, SHARED_SEALS) < 0)
		return error_os(errno, "cannot make memory to share");
	void *area = mmap(NULL, WATCH_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, exec->area_file, 0);
	if (area == MAP_FAILED)
		return error_os(errno, "cannot map memory to share");
	exec->area = area;
	exec->header = (struct watch_header *)(exec->area + WATCH_CODE_SIZE);
	void *told = mmap(NULL, sizeof(*exec->told), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED)
		return error_no_memory();
	exec->told = told;
	exec->shares_told = true;
	return NULL;
}

struct error *exec_area_settle(struct exec *exec)
{
	char path[48];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", exec->area_file);
	_cleanup_(close_descriptor) int file = open(path, O_RDONLY | O_CLOEXEC);
	/* By a descriptor that cannot write, for what is mapped by it can never be made writable. */
	if (file < 0 || mmap(exec->area, WATCH_CODE_SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, file,
			     0) == MAP_FAILED)
		return error_os(errno, "cannot protect the memory to share");
	return NULL;
}

static struct error *map_there(struct exec *exec, uint64_t address, uint64_t size, int protection,
			       uint64_t offset, int64_t *ret)
{
	const uint64_t arguments[6] = {
		address,
		size,
		(uint64_t)protection,
		MAP_SHARED | MAP_FIXED_NOREPLACE,
		(uint64_t)exec->area_file,
		offset,
	};
	return spawn_call(&exec->spawned, SYS_mmap, arguments, ret);
}

/* The program gets the memory, and has the descriptor no longer. */
static struct error *share_area(struct exec *exec)
{
	const uint64_t close_arguments[6] = { (uint64_t)exec->area_file };
	int64_t code = -EINVAL, data = -EINVAL, closed;
	for (size_t i = 0; i < ARRAY_SIZE(distances) && data < 0; i++) {
		uint64_t base = exec->spawned.headers & ~UINT64_C(0xffff);
		exec->address = base + (uint64_t)distances[i];
		if (exec->address + WATCH_SIZE > INT64_MAX || exec->address > INT64_MAX)
			continue;
		TRY(map_there(exec, exec->address, WATCH_CODE_SIZE, PROT_READ | PROT_EXEC, 0,
			      &code));
		if (code != (int64_t)exec->address)
			continue;
		TRY(map_there(exec, exec->address + WATCH_CODE_SIZE, WATCH_SIZE - WATCH_CODE_SIZE,
			      PROT_READ | PROT_WRITE, WATCH_CODE_SIZE, &data));
	}
	TRY(spawn_call(&exec->spawned, SYS_close, close_arguments, &closed));
	if (data < 0)
		return error_os((int)(code < 0 ? -code : -data),
				"no memory can be shared with the program");
	return NULL;
}

static void fill_header(struct exec *exec)
{
	struct watch_header *header = exec->header;
	header->pid = exec->spawned.pid;
	header->parent = getpid();
	/*
	 * Look ten times a second whether dowse lives. The runtime may disturb each nap after 10 ms:
	 * should dowse hang, that is five minutes of them, or fifty where nobody disturbs.
	 */
	header->nap[1] = 100000000;
	header->patience = 30000;
	exec->watched = exec->told->plan.exit;
	exec_rounds_plan(exec);
}

static struct error *prepare(struct exec *exec)
{
	TRY(share_area(exec));
	TRY(exec_watch(exec));
	fill_header(exec);
	return NULL;
}

void exec_warn(const char *what, const char *why)
{
	struct writer writer = WRITER_TO_DESCRIPTOR(STDERR_FILENO);
	writer_printf(&writer, "dowse: warning: %s: ", what);
	safe_string(&writer, why);
	writer_char(&writer, '\n');
	error_destroy(writer_finish(&writer));
	writer_deinit(&writer);
}

static void warn(const char *what, struct error *error)
{
	exec_warn(what, error->message);
	error_destroy(error);
}

/* As it would be without dowse, but for what dowse cannot do there. */
static struct error *start_unwatched(struct exec *exec)
{
	/* Where no memory could be shared; nobody rings, and nothing is told. */
	static struct watch_header header;
	static struct exec_told told;
	exec->header = exec->header ? exec->header : &header;
	exec->told = exec->told ? exec->told : &told;
	return spawn_free(exec->arguments, restore, exec, &exec->spawned.pid);
}

static struct error *start(struct exec *exec)
{
	bool if_possible = exec->invocation->options.given[OPTION_IF_POSSIBLE];
	struct error *error = make_area(exec);
	if (!error)
		error = spawn_held(exec->arguments, restore_and_share, exec, &exec->spawned);
	/* Whatever it is, unless the program itself is not there. */
	if (error && if_possible && error->code != ERROR_NOT_FOUND) {
		warn("it runs unwatched", error);
		return start_unwatched(exec);
	}
	TRY(error);
	if (!exec->spawned.ended)
		error = prepare(exec);
	if (exec->spawned.ended) {
		error_destroy(error);
		return NULL;
	}
	/* Wrong use of dowse is none of what can be put up with. */
	if (error && (!if_possible || error->code == ERROR_USAGE)) {
		spawn_deinit(&exec->spawned);
		return error;
	}
	if (error)
		warn("it runs unwatched", error);
	else if (!exec->watched)
		warn("it runs unwatched",
		     error_new(ERROR_UNSUPPORTED, "the code that ends it is not as expected"));
	else if (exec->told->plan.tests && !exec->told->plan.labels)
		warn("tests are told apart by names of functions alone",
		     error_new(ERROR_UNSUPPORTED, "the code that begins one is not as expected"));
	return spawn_release(&exec->spawned);
}

/* What a shell would say of a program that a signal has ended: so that who waits for dowse sees it. */
static void die_like(int number)
{
	const struct rlimit no_core = { 0, 0 };
	sigset_t one;
	setrlimit(RLIMIT_CORE, &no_core);
	signal(number, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, number);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	_exit(128 + number);
}

/* The program's own status, whatever it is, is what it was run for. */
static struct error *finish(const struct exec *exec, struct error *error, enum cli_status *ret)
{
	if (!exec->ended || exec->status == 0) {
		*ret = exec->told->fails ? CLI_FOUND : CLI_OK;
		return error;
	}
	if (error)
		cli_report(error);
	if (WIFSIGNALED(exec->status))
		die_like(WTERMSIG(exec->status));
	*ret = (enum cli_status)WEXITSTATUS(exec->status);
	return NULL;
}

static void let_go(struct exec *exec)
{
	close_descriptor(&exec->area_file);
	exec_rounds_deinit(exec);
	if (exec->area)
		munmap(exec->area, WATCH_SIZE);
	if (exec->shares_told)
		munmap(exec->told, sizeof(*exec->told));
}

static bool is_marked(char *const *arguments)
{
	for (size_t i = 1; arguments[i]; i++) {
		if (strcmp(arguments[i], "-test.v=test2json") == 0)
			return true;
	}
	return false;
}

static struct error *exec_run(struct invocation *invocation, enum cli_status *ret)
{
	_cleanup_(let_go) struct exec exec = { .invocation = invocation, .area_file = -1 };
	_cleanup_(free_pointer) char **arguments = calloc(invocation->operand_count + 1,
							  sizeof(*arguments));
	if (!arguments)
		return error_no_memory();
	for (size_t i = 0; i < invocation->operand_count; i++)
		arguments[i] = (char *)(uintptr_t)invocation->operands[i];
	exec.arguments = arguments;
	exec.marked = is_marked(arguments);
	exec_signals_hold(&exec);
	TRY(start(&exec));
	if (exec.spawned.ended) {
		exec.ended = true;
		exec.status = exec.spawned.status;
	}
	/* Only now: the program is to be no likelier to be killed than without dowse. */
	killer_offer(getpid());
	return finish(&exec, exec_wait(&exec), ret);
}

static const enum option_id options[] = {
	OPTION_ALL,        OPTION_FAIL_ON,     OPTION_OUT,    OPTION_SUPPRESS, OPTION_BASELINE,
	OPTION_IGNORE_TOP, OPTION_IGNORE_ANY,  OPTION_RULES,  OPTION_EVERY,    OPTION_MAX_PAUSE,
	OPTION_MAX_MEMORY, OPTION_IF_POSSIBLE, OPTION_SOURCE, OPTION_END,
};

const struct verb verb_exec = {
	.name = OPTIONS_VERB_OF_PROGRAM,
	.usage = "exec [options] PROGRAM [ARGUMENTS]",
	.summary = "run a test binary or any Go program: what has leaked at its end, by test",
	.help = "Runs PROGRAM as it would run without dowse, looks at it right before it ends, and says which\n"
		"goroutines can never wake, which test started each, and what to change. The exit status is\n"
		"the program's; 3 where that is 0 and there are findings at or above --fail-on.\n"
		"\n"
		"Examples:\n"
		"  go test -exec \"dowse exec\" ./...\n"
		"  go test -exec \"dowse exec --fail-on left --out $PWD/leaks\" ./...; dowse report leaks\n"
		"  dowse exec -- ./shop -listen :8080\n",
	.options = options,
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.operand = "PROGRAM",
	.looks_at_nothing = true,
	.starts_program = true,
	.fails_on_left = true,
	.run = exec_run,
};
