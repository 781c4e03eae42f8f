/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress_line.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/progress.h"
#include "model/quantity.h"

#define FIRST_NS   ((int64_t)1000000000)
#define BETWEEN_NS ((int64_t)200000000)
#define ERASE      "\r\x1b[K"

static void say(const char *text, size_t length)
{
	/* Whoever watches a line that cannot be written sees none. */
	ssize_t ignored = write(STDERR_FILENO, text, length);
	(void)ignored;
}

static void erase(struct progress_line *line)
{
	if (*line->shown)
		say(ERASE, sizeof(ERASE) - 1);
	*line->shown = '\0';
}

/* "reading 512 of 900 MiB", "searching" */
static void draw(struct progress_line *line)
{
	struct progress now;
	char text[sizeof(line->shown)];
	int64_t divisor;
	if (!progress_read(&now)) {
		erase(line);
		return;
	}
	const char *unit = quantity_unit((int64_t)MIN(now.total, (uint64_t)INT64_MAX), &divisor);
	int length = now.total
			     ? snprintf(text, sizeof(text), ERASE "%s %llu of %llu %s", now.doing,
					(unsigned long long)MIN(now.done, now.total) /
						(unsigned long long)divisor,
					(unsigned long long)now.total / (unsigned long long)divisor,
					unit)
			     : snprintf(text, sizeof(text), ERASE "%s", now.doing);
	if (length <= 0 || (size_t)length >= sizeof(text) || !strcmp(text, line->shown))
		return;
	say(text, (size_t)length);
	memcpy(line->shown, text, (size_t)length + 1);
}

static void *watch(void *argument)
{
	struct progress_line *line = argument;
	int64_t wait = FIRST_NS;
	pthread_mutex_lock(&line->lock);
	while (!line->ends) {
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		int64_t at = until.tv_nsec + wait;
		until.tv_sec += at / 1000000000;
		until.tv_nsec = at % 1000000000;
		if (pthread_cond_timedwait(&line->ended, &line->lock, &until) && !line->ends)
			draw(line);
		wait = BETWEEN_NS;
	}
	erase(line);
	pthread_mutex_unlock(&line->lock);
	return NULL;
}

void progress_line_start(struct progress_line *line)
{
	*line = (struct progress_line){
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.ended = PTHREAD_COND_INITIALIZER,
	};
	line->watching = isatty(STDERR_FILENO) && !pthread_create(&line->thread, NULL, watch, line);
}

void progress_line_stop(struct progress_line *line)
{
	if (!line->watching)
		return;
	pthread_mutex_lock(&line->lock);
	line->ends = true;
	pthread_cond_signal(&line->ended);
	pthread_mutex_unlock(&line->lock);
	pthread_join(line->thread, NULL);
	line->watching = false;
}
