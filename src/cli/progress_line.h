/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_PROGRESS_LINE_H
#define DOWSE_CLI_PROGRESS_LINE_H

#include <stdbool.h>

#include <pthread.h>

/*
 * A line on standard error that says what dowse is busy with, once that has taken a second, and goes
 * away at the end. Nothing where standard error is no terminal.
 */
struct progress_line {
	bool watching;
	bool ends;
	char shown[128]; /* "": nothing */
	pthread_t thread;
	pthread_mutex_t lock; /* guards `ends` */
	pthread_cond_t ended;
};

void progress_line_start(struct progress_line *line);
void progress_line_stop(struct progress_line *line);

#endif
