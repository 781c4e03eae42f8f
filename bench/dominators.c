/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bench-dominators [--objects N[,N...]] [--graph NAME]: what dominators and retained sizes of made-up
 * graphs cost: seconds, those of the processor, nanoseconds an object, peak memory an object with the graph's own, each in
 * a process of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "graphs.h"
#include "heap/dominator_tree.h"
#include "heap/paths.h"

static double now(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t sixteen(const void *argument, uint32_t vertex)
{
	(void)argument;
	(void)vertex;
	return 16;
}

static uint32_t tenth(const void *argument, uint32_t vertex)
{
	(void)argument;
	return vertex % 10;
}

/* What is asked afterwards: sums by group, and why the vertex found last is there. */
static struct error *measure_questions(const struct heap_graph *graph,
				       const struct dominators *dominators)
{
	double begin = now(CLOCK_MONOTONIC);
	_cleanup_(dominator_tree_deinit) struct dominator_tree tree = { 0 };
	TRY(dominator_tree_create(dominators, &tree));
	double created = now(CLOCK_MONOTONIC);
	uint64_t sums[10];
	TRY(dominator_tree_sum_groups(&tree, dominators, graph->object_count, tenth, NULL, NULL,
				      ARRAY_SIZE(sums), sums));
	double summed = now(CLOCK_MONOTONIC);
	_cleanup_(free_pointer) uint64_t *wanted = calloc(graph->vertex_count / 64 + 1, 8);
	if (!wanted)
		return error_no_memory();
	uint32_t last = dominators->vertices[dominators->count - 1];
	wanted[last / 64] |= UINT64_C(1) << last % 64;
	_cleanup_(heap_paths_deinit) struct heap_paths paths = { 0 };
	TRY(heap_paths_find(graph, NULL, &(const uint8_t){ 0 }, wanted, &paths));
	double found = now(CLOCK_MONOTONIC);
	TRY(heap_paths_weigh(graph, dominators, NULL, &paths));
	printf("%10s tree %.3f s, groups %.3f s, a path of %zu steps %.3f s, its edges %.3f s\n",
	       "", created - begin, summed - created, paths.items[0].steps.count, found - summed,
	       now(CLOCK_MONOTONIC) - found);
	return NULL;
}

static struct error *measure(const char *name, uint32_t count)
{
	struct bench_graph made;
	TRY(bench_graph_create(name, count, &made));
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	long before = usage.ru_maxrss;
	struct dominators dominators;
	double begin = now(CLOCK_MONOTONIC), begin_cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	TRY(dominators_compute(&made.graph, NULL, sixteen, NULL, &dominators));
	double wall = now(CLOCK_MONOTONIC) - begin;
	double cpu = now(CLOCK_PROCESS_CPUTIME_ID) - begin_cpu;
	getrusage(RUSAGE_SELF, &usage);
	double peak = (double)usage.ru_maxrss * 1024 / count;
	printf("%-9s %9u %10zu %7.3f s, cpu %7.3f s, %6.1f ns, %6.1f bytes (%.1f the graph), %u reached\n",
	       name, count, made.edge_count, wall, cpu, wall * 1e9 / count, peak,
	       (double)before * 1024 / count, dominators.count - 1);
	struct error *error = measure_questions(&made.graph, &dominators);
	dominators_deinit(&dominators);
	bench_graph_deinit(&made);
	return error;
}

static int measure_apart(const char *name, uint32_t count)
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		struct error *error = measure(name, count);
		if (error)
			fprintf(stderr, "%s: %s\n", name, error->message);
		fflush(stdout);
		_exit(error != NULL);
	}
	int status = -1;
	return child < 0 || waitpid(child, &status, 0) < 0 || status;
}

static int measure_all(const char *counts, const char *only)
{
	static const char *const names[] = {
#define GRAPH(name, what) #name,
		GRAPHS(GRAPH)
#undef GRAPH
	};
	int failed = 0;
	for (const char *rest = counts; *rest;) {
		char *end;
		unsigned long count = strtoul(rest, &end, 10);
		if (end == rest || count < 10 || count > 1000000000 || (*end && *end != ',')) {
			fprintf(stderr, "bench-dominators: %s are no counts\n", counts);
			return 2;
		}
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (!only || strcmp(names[i], only) == 0)
				failed |= measure_apart(names[i], (uint32_t)count);
		rest = *end ? end + 1 : end;
	}
	return failed;
}

int main(int argc, char **argv)
{
	const char *counts = "1000000,10000000", *only = NULL;
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 < argc && strcmp(argv[i], "--objects") == 0)
			counts = argv[i + 1];
		else if (i + 1 < argc && strcmp(argv[i], "--graph") == 0)
			only = argv[i + 1];
		else {
			fprintf(stderr,
				"usage: bench-dominators [--objects N[,N...]] [--graph NAME]\n");
			return 2;
		}
	}
	return measure_all(counts, only);
}
