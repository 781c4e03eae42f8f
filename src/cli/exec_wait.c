/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "cli/exec_private.h"
#include "target/traced.h"

/*
 * What dowse waits for: the program's end, that it is about to end, signals, time. All of them ring
 * one bell, a word that dowse and the program share: whoever waits for the word to change misses none.
 */
static const int forwarded[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH };

static uint32_t *the_bell;
static volatile sig_atomic_t pending[_NSIG];

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	/*
	 * What a terminal sends it sends to the program as well, and whoever ends a whole group of
	 * processes, too; but that cannot be told from who means dowse alone.
	 */
	bool by_terminal = info->si_code == SI_KERNEL;
	if (number != SIGCHLD && !by_terminal && number < _NSIG)
		pending[number] = 1;
	int before = errno;
	__atomic_fetch_add(the_bell, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, the_bell, FUTEX_WAKE, 1, NULL, NULL, 0);
	errno = before;
}

void exec_signals_hold(struct exec *exec)
{
	const struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t held;
	sigemptyset(&held);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		sigaddset(&held, forwarded[i]);
	sigprocmask(SIG_BLOCK, &held, &exec->signals_before);
	/* Whoever ignores it loses its children's status. */
	sigaction(SIGCHLD, &action, &exec->children_before);
}

void exec_signals_restore(const struct exec *exec)
{
	sigaction(SIGCHLD, &exec->children_before, NULL);
	sigprocmask(SIG_SETMASK, &exec->signals_before, NULL);
}

/* From here on they are passed on: also those that have come meanwhile. */
static void install(const struct exec *exec)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	sigfillset(&action.sa_mask);
	the_bell = &exec->header->bell;
	sigaction(SIGCHLD, &action, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		sigaction(forwarded[i], &action, NULL);
	sigprocmask(SIG_SETMASK, &exec->signals_before, NULL);
}

static struct error *reap(struct exec *exec)
{
	pid_t pid = waitpid(exec->spawned.pid, &exec->status, WNOHANG);
	if (pid < 0 && errno != EINTR)
		return error_os(errno, "cannot wait for process %d", exec->spawned.pid);
	exec->ended = pid > 0 && (WIFEXITED(exec->status) || WIFSIGNALED(exec->status));
	return NULL;
}

static void let_end(struct exec *exec)
{
	__atomic_store_n(&exec->header->state, WATCH_GOES, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &exec->header->state, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

static struct error *await_end(struct exec *exec)
{
	while (!exec->ended) {
		uint32_t bell = __atomic_load_n(the_bell, __ATOMIC_SEQ_CST);
		TRY(reap(exec));
		for (size_t i = 0; !exec->ended && i < ARRAY_SIZE(forwarded); i++) {
			if (pending[forwarded[i]]) {
				pending[forwarded[i]] = 0;
				kill(exec->spawned.pid, forwarded[i]);
			}
		}
		if (!exec->ended)
			syscall(SYS_futex, the_bell, FUTEX_WAIT, bell, NULL, NULL, 0);
	}
	return NULL;
}

/* What the program did to itself may be in the way of a look; that is put up with where it may be. */
static struct error *put_up(const struct exec *exec, struct error *error)
{
	if (!error || error->code == ERROR_USAGE ||
	    !exec->invocation->options.given[OPTION_IF_POSSIBLE])
		return error;
	exec_warn("at its end", error->message);
	error_destroy(error);
	return NULL;
}

/* The program waits at its end: look, let it end, and only then speak. */
static struct error *at_exit(struct exec *exec)
{
	_cleanup_(exec_look_deinit) struct exec_look look = EXEC_LOOK_NONE;
	struct error *error = exec->looked ? NULL : exec_look(exec, EXEC_AT_EXIT, &look);
	error = put_up(exec, error);
	exec->looked = true;
	let_end(exec);
	struct error *waiting = await_end(exec);
	if (error || waiting) {
		if (error)
			error_destroy(waiting);
		return error ? error : waiting;
	}
	if (exec->told->one_processor)
		exec_warn("what tests have left is not known",
			  "under GOMAXPROCS=1 nothing goes on while "
			  "the end is looked at");
	return exec_tell(exec, &look);
}

static struct error *look_meanwhile(struct exec *exec, enum exec_moment moment)
{
	_cleanup_(exec_look_deinit) struct exec_look look = EXEC_LOOK_NONE;
	TRY(exec_look(exec, moment, &look));
	return exec_tell(exec, &look);
}

static void complain(struct error *error)
{
	if (error)
		cli_report(error);
}

static void pass_signals(struct exec *exec)
{
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++) {
		int number = forwarded[i];
		if (!pending[number])
			continue;
		pending[number] = 0;
		/* It may be the last moment at which there is something to look at. */
		if (number == SIGTERM && exec->watched && !exec->looked) {
			complain(look_meanwhile(exec, EXEC_BEFORE_SIGNAL));
			exec->looked = true;
		}
		/* At its end already it has no use for one. */
		if (__atomic_load_n(&exec->header->state, __ATOMIC_SEQ_CST) != WATCH_AT_EXIT)
			kill(exec->spawned.pid, number);
	}
}

/* NULL: as long as it takes. */
static struct timespec *time_left(const struct exec *exec, uint64_t next_ns, struct timespec *ret)
{
	uint64_t now = traced_now_ns();
	if (!exec->invocation->options.every_ns || !exec->watched)
		return NULL;
	uint64_t left = next_ns > now ? next_ns - now : 0;
	*ret = (struct timespec){ (time_t)(left / 1000000000), (long)(left % 1000000000) };
	return ret;
}

static struct error *wait_on(struct exec *exec)
{
	uint64_t every = (uint64_t)exec->invocation->options.every_ns;
	uint64_t next_ns = traced_now_ns() + every;
	while (!exec->ended) {
		struct timespec left;
		uint32_t bell = __atomic_load_n(the_bell, __ATOMIC_SEQ_CST);
		TRY(reap(exec));
		if (exec->ended)
			break;
		if (__atomic_load_n(&exec->header->state, __ATOMIC_SEQ_CST) == WATCH_AT_EXIT)
			return at_exit(exec);
		if (exec_rounds_wait(exec))
			exec_rounds_keep(exec);
		pass_signals(exec);
		if (every && exec->watched && traced_now_ns() >= next_ns) {
			complain(look_meanwhile(exec, EXEC_MEANWHILE));
			next_ns = traced_now_ns() + every;
		}
		syscall(SYS_futex, the_bell, FUTEX_WAIT, bell, time_left(exec, next_ns, &left),
			NULL, 0);
	}
	return NULL;
}

struct error *exec_wait(struct exec *exec)
{
	install(exec);
	struct error *error = wait_on(exec);
	if (!error || exec->ended)
		return error;
	/* Whatever went wrong here, the program is none the worse for it. */
	struct error *waiting = await_end(exec);
	error_destroy(waiting);
	return error;
}
