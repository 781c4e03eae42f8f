/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "patience.h"
#include "target/process.h"

/*
 * driver stop|fork|both PID TIMES: stop or fork a process so often; a line for each, with the
 * pause and its threads. TIMES 0: without end, and without a word.
 */
static void fail(struct error *error)
{
	fprintf(stderr, "%s\n", error->message);
	exit(1);
}

static void say(const char *what, const struct target_pause *pause, bool quiet)
{
	if (!quiet)
		printf("%s pause_ns=%llu threads=%zu unstopped=%zu tries=%u\n", what,
		       (unsigned long long)pause->nanoseconds, pause->threads, pause->unstopped,
		       pause->tries);
}

static struct error *stop_once(struct target *target, bool quiet)
{
	struct target_pause pause;
	TRY(stop_patiently(target));
	target_release(target, &pause);
	say("stop", &pause, quiet);
	return NULL;
}

static struct error *fork_once(struct target *target, bool quiet)
{
	struct target_pause pause;
	struct target *fork;
	const struct target_mapping *mappings;
	size_t count;

	TRY(fork_patiently(target, &fork, &pause));
	say("fork", &pause, quiet);
	struct error *error = target_mappings(fork, &mappings, &count);
	if (!error)
		error = process_fork_check(fork);
	target_destroy(fork);
	return error;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	const char *what = argv[1];
	struct target *target;
	struct error *error = process_open((pid_t)strtol(argv[2], NULL, 10), &target);
	if (error)
		fail(error);
	unsigned long times = strtoul(argv[3], NULL, 10);
	for (unsigned long i = 0; !times || i < times; i++) {
		if (strcmp(what, "fork") != 0)
			error = stop_once(target, !times);
		if (!error && strcmp(what, "stop") != 0)
			error = fork_once(target, !times);
		if (error)
			fail(error);
	}
	target_destroy(target);
	return 0;
}
