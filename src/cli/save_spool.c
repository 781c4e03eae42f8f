/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/save_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#define MEMORY_MAX ((size_t)32 << 20)
#define PIECE      ((size_t)64 << 10)
#define STACK_SIZE (4 * PIECE)
#define ASK_EVERY  50000000 /* ns */

struct piece {
	struct piece *next;
	size_t size;
	uint8_t bytes[];
};

struct save_spool {
	int file;
	int output;
	pthread_t thread;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t changed;
	uint64_t spooled;           /* bytes in the file, in all */
	uint64_t passed;            /* of them, on to the output */
	struct piece *first, *last; /* what follows those of the file */
	size_t in_memory;
	bool full;
	bool finished; /* nothing comes any more */
	bool drained;  /* and all of it was passed on, or the output is broken */
	int os_error;  /* of the output */
};

int save_spool_open_file(const char *folder)
{
	const char *temporary = getenv("TMPDIR");
	if (!folder)
		folder = temporary && *temporary ? temporary : "/tmp";
	return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static int write_all(int output, const uint8_t *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = write(output, bytes + done, size - done);
		if (n < 0 && errno != EINTR)
			return errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* From the file; the lock is not held. */
static int pass_file(struct save_spool *spool, uint64_t from, uint64_t to, uint64_t *ret)
{
	uint8_t bytes[PIECE];
	ssize_t n = pread(spool->file, bytes, (size_t)MIN(to - from, (uint64_t)PIECE), (off_t)from);
	if (n <= 0 && !(n < 0 && errno == EINTR))
		return n < 0 ? errno : EIO;
	*ret = n > 0 ? (uint64_t)n : 0;
	return n > 0 ? write_all(spool->output, bytes, (size_t)n) : 0;
}

/* The lock is held, and let go while bytes are on their way. */
static void pass_on(struct save_spool *spool)
{
	uint64_t from = spool->passed, to = spool->spooled, some = 0;
	struct piece *piece = from < to ? NULL : spool->first;
	if (piece) {
		spool->first = piece->next;
		if (!spool->first)
			spool->last = NULL;
	}
	pthread_mutex_unlock(&spool->lock);
	int problem = piece ? write_all(spool->output, piece->bytes, piece->size)
			    : pass_file(spool, from, to, &some);
	pthread_mutex_lock(&spool->lock);
	spool->passed += some;
	if (piece)
		spool->in_memory -= piece->size;
	free(piece);
	spool->os_error = problem;
	pthread_cond_broadcast(&spool->changed);
}

static void *pump(void *argument)
{
	struct save_spool *spool = argument;
	pthread_mutex_lock(&spool->lock);
	while (!spool->os_error) {
		if (spool->passed < spool->spooled || spool->first)
			pass_on(spool);
		else if (spool->finished)
			break;
		else
			pthread_cond_wait(&spool->changed, &spool->lock);
	}
	spool->drained = true;
	pthread_cond_broadcast(&spool->changed);
	pthread_mutex_unlock(&spool->lock);
	return NULL;
}

/* With a small stack: what is mapped for it counts, in a group that is short of memory. */
static int start(struct save_spool *spool)
{
	pthread_attr_t attributes;
	int problem = pthread_attr_init(&attributes);
	if (problem)
		return problem;
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	problem = pthread_create(&spool->thread, &attributes, pump, spool);
	pthread_attr_destroy(&attributes);
	return problem;
}

struct error *save_spool_create(int file, int output, struct save_spool **ret)
{
	struct save_spool *spool = calloc(1, sizeof(*spool));
	if (!spool)
		return error_no_memory();
	spool->file = file;
	spool->output = output;
	pthread_mutex_init(&spool->lock, NULL);
	pthread_cond_init(&spool->changed, NULL);
	int problem = start(spool);
	if (problem) {
		free(spool);
		return error_os(problem, "cannot start a thread");
	}
	*ret = spool;
	return NULL;
}

/* How much of it the file took; the lock is held. Nothing goes there once memory has some. */
static size_t write_file(struct save_spool *spool, const uint8_t *bytes, size_t size)
{
	size_t done = 0;
	if (spool->file < 0 || spool->full)
		return 0;
	while (done < size) {
		ssize_t n = pwrite(spool->file, bytes + done, size - done,
				   (off_t)(spool->spooled + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			spool->full = true;
			break;
		}
		done += (size_t)n;
	}
	spool->spooled += done;
	return done;
}

static struct error *keep(struct save_spool *spool, const uint8_t *bytes, size_t size)
{
	struct piece *piece = malloc(sizeof(*piece) + size);
	if (!piece)
		return error_no_memory();
	*piece = (struct piece){ .size = size };
	memcpy(piece->bytes, bytes, size);
	if (spool->last)
		spool->last->next = piece;
	else
		spool->first = piece;
	spool->last = piece;
	spool->in_memory += size;
	spool->full |= spool->in_memory > MEMORY_MAX;
	return NULL;
}

struct error *save_spool_write(struct save_spool *spool, const void *bytes, size_t size)
{
	struct error *error = NULL;
	pthread_mutex_lock(&spool->lock);
	if (spool->os_error) {
		error = error_os(spool->os_error, "cannot write the snapshot");
	} else {
		size_t done = write_file(spool, bytes, size);
		if (done < size)
			error = keep(spool, (const uint8_t *)bytes + done, size - done);
	}
	pthread_cond_broadcast(&spool->changed);
	pthread_mutex_unlock(&spool->lock);
	return error;
}

bool save_spool_is_full(struct save_spool *spool)
{
	pthread_mutex_lock(&spool->lock);
	bool full = spool->full;
	pthread_mutex_unlock(&spool->lock);
	return full;
}

static void wait_a_little(struct save_spool *spool)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += ASK_EVERY;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&spool->changed, &spool->lock, &until);
}

struct error *save_spool_finish(struct save_spool *spool, struct error *(*check)(void *argument),
				void *argument)
{
	struct error *error = NULL;
	pthread_mutex_lock(&spool->lock);
	spool->finished = true;
	pthread_cond_broadcast(&spool->changed);
	while (!spool->drained && !error) {
		wait_a_little(spool);
		error = check(argument);
	}
	if (!error && spool->os_error)
		error = error_os(spool->os_error, "cannot write the snapshot");
	pthread_mutex_unlock(&spool->lock);
	return error;
}

void save_spool_destroy(struct save_spool *spool)
{
	if (!spool)
		return;
	pthread_mutex_lock(&spool->lock);
	bool drained = spool->drained;
	pthread_mutex_unlock(&spool->lock);
	if (!drained)
		return; /* its thread waits for the reader, who may never come */
	pthread_join(spool->thread, NULL);
	pthread_cond_destroy(&spool->changed);
	pthread_mutex_destroy(&spool->lock);
	free(spool);
}
