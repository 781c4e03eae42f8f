/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "cli/exec_judge.h"

/*
 * `go test -count N` runs the same tests N times in one process: what each round leaves in memory is a
 * leak, or something that was to be filled once. So what is held is kept when all tests have run once,
 * and again when half of the other rounds are over; at the end it is judged what has grown by both. The
 * program waits until it has been forked, and goes on while the copy is read.
 */
#define ROUNDS_LEAST 3
#define ROUNDS_MAX   (1u << 24)

/* What stands behind -test.NAME; NULL: it does not. */
static const char *value_of(char *const *arguments, const char *name)
{
	const char *value = NULL;
	size_t length = strlen(name);
	for (size_t i = 1; arguments[i] && arguments[i][0] == '-'; i++) {
		const char *argument = arguments[i] + 1 + (arguments[i][1] == '-');
		if (strncmp(argument, name, length) != 0)
			continue;
		if (argument[length] == '=')
			value = argument + length + 1;
		else if (!argument[length] && arguments[i + 1])
			value = arguments[++i];
	}
	return value;
}

static uint32_t rounds_wanted(char *const *arguments)
{
	const char *count = value_of(arguments, "test.count");
	const char *processors = value_of(arguments, "test.cpu");
	unsigned long rounds = count ? strtoul(count, NULL, 0) : 1;
	unsigned long times = 1;
	for (; processors && *processors && times < ROUNDS_MAX; processors++)
		times += *processors == ',';
	return rounds > ROUNDS_MAX / times ? 0 : (uint32_t)(rounds * times);
}

void exec_rounds_plan(struct exec *exec)
{
	struct watch_header *header = exec->header;
	uint32_t rounds = rounds_wanted(exec->arguments);
	header->round_count = UINT64_MAX;
	if (rounds < ROUNDS_LEAST || !exec->told->plan.rounds)
		return;
	header->stops[0] = 2;
	header->stops[1] = 2 + (rounds - 1) / 2;
}

bool exec_rounds_wait(const struct exec *exec)
{
	return __atomic_load_n(&exec->header->held, __ATOMIC_SEQ_CST) != 0;
}

static void let_go_on(void *argument)
{
	const struct exec *exec = argument;
	exec->told->goes_on = true;
	__atomic_store_n(&exec->header->held, 0, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &exec->header->held, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

struct keeping {
	struct exec *exec;
	int file;
};

static struct error *keep(const struct keeping *keeping)
{
	struct exec *exec = keeping->exec;
	struct writer writer = WRITER_TO_DESCRIPTOR(keeping->file);
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	_cleanup_(look_deinit) struct look look = { 0 };
	TRY(evidence_open_process(exec->spawned.pid, &evidence));
	evidence.small_holders = true;
	evidence.on_fork = let_go_on;
	evidence.on_fork_argument = exec;
	TRY(look_take(exec->invocation, &evidence, &look));
	if (!look.live.evidence.holdings)
		return error_new(ERROR_UNSUPPORTED, "the heap could not be looked at");
	live_holdings_write(look.live.evidence.holdings, &writer);
	struct error *error = writer_finish(&writer);
	writer_deinit(&writer);
	return error;
}

static int keep_work(void *argument)
{
	const struct keeping *keeping = argument;
	return exec_work_status(keeping->exec, keep(keeping));
}

static struct error *keep_round(struct exec *exec, struct file_bytes *ret)
{
	_cleanup_(close_descriptor) int file = -1;
	TRY(exec_memory_open(&file));
	struct keeping keeping = { .exec = exec, .file = file };
	TRY(exec_work(exec, keep_work, &keeping, &file, 1));
	return file_map(file, "what was held", ret);
}

void exec_rounds_keep(struct exec *exec)
{
	uint32_t round = __atomic_load_n(&exec->header->round, __ATOMIC_SEQ_CST);
	struct error *error = NULL;
	exec->told->goes_on = false;
	for (size_t i = 0; i < WATCH_STOPS && !error; i++) {
		if (exec->header->stops[i] == round && !exec->rounds[i].bytes)
			error = keep_round(exec, &exec->rounds[i]);
	}
	/* Once it goes on it may wait at the next one already. */
	if (!exec->told->goes_on)
		let_go_on(exec);
	if (error)
		exec_warn("what grows by each run of the tests is not known", error->message);
	error_destroy(error);
}

void exec_rounds_deinit(struct exec *exec)
{
	for (size_t i = 0; i < WATCH_STOPS; i++)
		file_bytes_deinit(&exec->rounds[i]);
}

struct error *exec_rounds_read(const struct exec *exec, struct exec_rounds *ret)
{
	const struct watch_header *header = exec->header;
	uint32_t round = __atomic_load_n(&header->round, __ATOMIC_SEQ_CST);
	uint32_t first = header->stops[0], middle = header->stops[1];
	*ret = (struct exec_rounds){ .past = { .elapsed_ns = -1, .has_heap = true } };
	if (!exec->rounds[0].bytes || !exec->rounds[1].bytes || middle <= first || round < middle)
		return NULL;
	ret->rounds.first = middle - first;
	ret->rounds.second = round - middle + 1;
	TRY(live_holdings_parse(exec->rounds[0].bytes, exec->rounds[0].size, &ret->past.holdings));
	TRY(live_holdings_parse(exec->rounds[1].bytes, exec->rounds[1].size, &ret->rounds.middle));
	ret->past.rounds = &ret->rounds;
	return NULL;
}

void exec_rounds_forget(struct exec_rounds *rounds)
{
	live_holdings_deinit(&rounds->past.holdings);
	live_holdings_deinit(&rounds->rounds.middle);
}
