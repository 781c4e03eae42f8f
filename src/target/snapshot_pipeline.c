/* SPDX-License-Identifier: Apache-2.0 */
#include "target/snapshot_pipeline.h"

#include <pthread.h>
#include <string.h>
#include <zstd.h>

#include "target/snapshot_filter.h"

/* Enough to keep two threads busy while one block is written; 2 MiB each. */
#define JOBS         6
#define THREADS_MAX  2
#define USUAL_LEVEL  1
#define WORKER_STACK ((size_t)256 << 10)

struct pipeline {
	struct snapshot_writer_options options;
	pthread_mutex_t lock; /* guards all below, but for the bytes of a job in somebody's hands */
	pthread_cond_t changed;
	struct pipeline_job jobs[JOBS];
	uint64_t begun;   /* blocks; job i % JOBS has block i */
	uint64_t written; /* blocks */
	uint64_t offset;  /* of the next block in the file */
	bool writing;     /* somebody is, who needs no lock for that */
	bool ending;
	struct error *error; /* the first */
	bool failed;         /* also when that was fetched */
	struct pipeline_entry_vector entries;
	pthread_t threads[THREADS_MAX];
	size_t thread_count;
};

static void fail(struct pipeline *pipeline, struct error *error)
{
	if (pipeline->failed)
		error_destroy(error);
	else
		pipeline->error = error;
	pipeline->failed = true;
}

static struct pipeline_job *find_waiting(struct pipeline *pipeline)
{
	for (uint64_t i = pipeline->written; i < pipeline->begun; i++) {
		if (pipeline->jobs[i % JOBS].state == PIPELINE_WAITING)
			return &pipeline->jobs[i % JOBS];
	}
	return NULL;
}

static void compress_job(const struct pipeline *pipeline, ZSTD_CCtx *context,
			 struct pipeline_job *job)
{
	snapshot_filter(job->raw, job->filtered, job->raw + job->filtered);
	int level = pipeline->options.level ? pipeline->options.level : USUAL_LEVEL;
	size_t size = ZSTD_compressCCtx(context, job->stored + SNAPSHOT_BLOCK_SIZE,
					ZSTD_compressBound(SNAPSHOT_RAW_MAX), job->raw,
					job->block.raw, level);
	if (ZSTD_isError(size) || size >= job->block.raw) {
		memcpy(job->stored + SNAPSHOT_BLOCK_SIZE, job->raw, job->block.raw);
		size = job->block.raw;
	}
	job->block.stored = (uint32_t)size;
	snapshot_block_encode(&job->block, job->stored + SNAPSHOT_BLOCK_SIZE, job->stored);
}

/* Write out what is done, in order. The lock is held, and let go while a block is written. */
static void write_done(struct pipeline *pipeline)
{
	while (!pipeline->writing && pipeline->written < pipeline->begun) {
		struct pipeline_job *job = &pipeline->jobs[pipeline->written % JOBS];
		if (job->state != PIPELINE_DONE)
			return;
		size_t size = SNAPSHOT_BLOCK_SIZE + (size_t)job->block.stored;
		struct pipeline_entry entry = { pipeline->offset, job->block };
		struct error *error = NULL;
		pipeline->writing = true;
		if (!pipeline->failed) {
			pthread_mutex_unlock(&pipeline->lock);
			error = pipeline->options.write(pipeline->options.argument, job->stored,
							size);
			pthread_mutex_lock(&pipeline->lock);
		}
		if (!error)
			error = pipeline_entry_vector_append(&pipeline->entries, &entry);
		if (error)
			fail(pipeline, error);
		pipeline->writing = false;
		pipeline->offset += size;
		pipeline->written++;
		job->state = PIPELINE_FREE;
		pthread_cond_broadcast(&pipeline->changed);
	}
}

static void *work(void *argument)
{
	struct pipeline *pipeline = argument;
	ZSTD_CCtx *context = ZSTD_createCCtx();
	pthread_mutex_lock(&pipeline->lock);
	if (!context)
		fail(pipeline, error_no_memory());
	for (;;) {
		struct pipeline_job *job = find_waiting(pipeline);
		if (!job && pipeline->ending)
			break;
		if (!job) {
			pthread_cond_wait(&pipeline->changed, &pipeline->lock);
			continue;
		}
		job->state = PIPELINE_COMPRESSING;
		if (!pipeline->failed) {
			pthread_mutex_unlock(&pipeline->lock);
			compress_job(pipeline, context, job);
			pthread_mutex_lock(&pipeline->lock);
		}
		job->state = PIPELINE_DONE;
		write_done(pipeline);
	}
	pthread_mutex_unlock(&pipeline->lock);
	ZSTD_freeCCtx(context);
	return NULL;
}

static struct error *start_threads(struct pipeline *pipeline)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t wanted = processors > 1 ? THREADS_MAX : 1;
	pthread_attr_t attributes;
	if (pthread_attr_init(&attributes))
		return error_no_memory();
	pthread_attr_setstacksize(&attributes, WORKER_STACK);
	while (pipeline->thread_count < wanted) {
		int problem = pthread_create(&pipeline->threads[pipeline->thread_count],
					     &attributes, work, pipeline);
		if (problem && !pipeline->thread_count) {
			pthread_attr_destroy(&attributes);
			return error_os(problem, "cannot start a thread");
		}
		if (problem)
			break; /* one does as well, slower */
		pipeline->thread_count++;
	}
	pthread_attr_destroy(&attributes);
	return NULL;
}

struct error *pipeline_create(const struct snapshot_writer_options *options, uint64_t offset,
			      struct pipeline **ret)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
	if (!pipeline)
		return error_no_memory();
	pipeline->options = *options;
	pipeline->offset = offset;
	pthread_mutex_init(&pipeline->lock, NULL);
	pthread_cond_init(&pipeline->changed, NULL);
	struct error *error = NULL;
	for (size_t i = 0; i < JOBS && !error; i++) {
		struct pipeline_job *job = &pipeline->jobs[i];
		job->raw = malloc(SNAPSHOT_RAW_MAX);
		job->stored = malloc(SNAPSHOT_BLOCK_SIZE + ZSTD_compressBound(SNAPSHOT_RAW_MAX));
		if (!job->raw || !job->stored)
			error = error_no_memory();
	}
	if (!error)
		error = start_threads(pipeline);
	if (error) {
		pipeline_destroy(pipeline);
		return error;
	}
	*ret = pipeline;
	return NULL;
}

/* The lock is held. */
static struct error *take_error(struct pipeline *pipeline)
{
	if (pipeline->error)
		return TAKE_PTR(pipeline->error);
	return pipeline->failed ? error_new(ERROR_OTHER, "the snapshot could not be written")
				: NULL;
}

struct error *pipeline_begin(struct pipeline *pipeline, struct pipeline_job **ret)
{
	pthread_mutex_lock(&pipeline->lock);
	struct pipeline_job *job = &pipeline->jobs[pipeline->begun % JOBS];
	while (job->state != PIPELINE_FREE && !pipeline->failed)
		pthread_cond_wait(&pipeline->changed, &pipeline->lock);
	struct error *error = take_error(pipeline);
	if (!error) {
		pipeline->begun++;
		job->state = PIPELINE_FILLING;
		job->block = (struct snapshot_block){ 0 };
		job->filtered = 0;
		*ret = job;
	}
	pthread_mutex_unlock(&pipeline->lock);
	return error;
}

void pipeline_submit(struct pipeline *pipeline, struct pipeline_job *job)
{
	pthread_mutex_lock(&pipeline->lock);
	job->state = PIPELINE_WAITING;
	pthread_cond_broadcast(&pipeline->changed);
	pthread_mutex_unlock(&pipeline->lock);
}

struct error *pipeline_drain(struct pipeline *pipeline)
{
	pthread_mutex_lock(&pipeline->lock);
	while (pipeline->written < pipeline->begun)
		pthread_cond_wait(&pipeline->changed, &pipeline->lock);
	struct error *error = take_error(pipeline);
	pthread_mutex_unlock(&pipeline->lock);
	return error;
}

const struct pipeline_entry_vector *pipeline_entries(const struct pipeline *pipeline,
						     uint64_t *ret_offset)
{
	*ret_offset = pipeline->offset;
	return &pipeline->entries;
}

void pipeline_destroy(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	pthread_mutex_lock(&pipeline->lock);
	pipeline->ending = true;
	if (!pipeline->failed)
		fail(pipeline, NULL); /* what is on its way need not arrive */
	pthread_cond_broadcast(&pipeline->changed);
	pthread_mutex_unlock(&pipeline->lock);
	for (size_t i = 0; i < pipeline->thread_count; i++)
		pthread_join(pipeline->threads[i], NULL);
	for (size_t i = 0; i < JOBS; i++) {
		free(pipeline->jobs[i].raw);
		free(pipeline->jobs[i].stored);
	}
	error_destroy(pipeline->error);
	pipeline_entry_vector_deinit(&pipeline->entries);
	pthread_cond_destroy(&pipeline->changed);
	pthread_mutex_destroy(&pipeline->lock);
	free(pipeline);
}
