/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "cli/cli.h"

/*
 * A container lives as long as its first process, and one that holds nothing but dowse has no
 * `sleep` to be that. The first process also gets every orphan as its child.
 */
static void reap_orphans(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0) {
	}
}

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Until a signal asks to end, or the time is over (deadline 0: never). */
static void hold(const sigset_t *signals, int64_t deadline)
{
	for (;;) {
		int64_t left = deadline ? deadline - now_ns() : 3600 * (int64_t)1000000000;
		if (left <= 0)
			return;
		struct timespec wait = { left / 1000000000, left % 1000000000 };
		int signal = sigtimedwait(signals, NULL, &wait);
		reap_orphans();
		if (signal > 0 && signal != SIGCHLD)
			return;
	}
}

static struct error *hold_run(struct invocation *invocation, enum cli_status *ret)
{
	int64_t duration = 0;
	sigset_t signals;

	(void)ret;
	if (invocation->operand_count)
		TRY(options_parse_duration(invocation->operands[0], &duration));
	/* Blocked before anything is said: whoever reads it may send one at once. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return error_os(errno, "cannot wait for signals");
	writer_string(invocation->out, "held open for `dowse` to be run in here");
	if (duration)
		writer_printf(invocation->out, ", for %s", invocation->operands[0]);
	writer_string(invocation->out, "; SIGTERM ends it\n");
	TRY(writer_finish(invocation->out));
	hold(&signals, duration ? now_ns() + duration : 0);
	return NULL;
}

const struct verb verb_hold = {
	.name = "hold",
	.usage = "hold [DURATION]",
	.summary = "keep a container open in which dowse is run",
	.help = "Does nothing until it gets SIGTERM, SIGINT or SIGHUP, or the time is over. In an image that\n"
		"holds dowse alone it is what the container runs, so that there is something to exec into;\n"
		"as the first process of a container it also reaps orphans.\n"
		"\n"
		"Examples:\n"
		"  kubectl debug shop-1 --image=dowse --target=shop -c dowse -- dowse hold 1h\n"
		"  kubectl exec shop-1 -c dowse -- dowse ps\n",
	.operands_max = 1,
	.operand = "DURATION",
	.looks_at_nothing = true,
	.run = hold_run,
};
