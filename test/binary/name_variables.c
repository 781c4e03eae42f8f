/* SPDX-License-Identifier: Apache-2.0 */

/*
 * name_variables PID: what the library says of a process's global variables, for
 * test_variables.py to compare with what the process and Go's own tools say.
 *
 *	variable NAME ADDRESS SIZE TYPED	every one
 *	opened MILLISECONDS			what it took to find them
 *	part ADDRESS NAME DESCRIPTOR OFFSET POINTER ARRAY	for every address on standard input,
 *						in hexadecimal; "none" where nothing is known
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "binary/variables.h"
#include "target/process.h"

static double milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void print_part(struct variables *variables, uint64_t address)
{
	const struct variable *variable = variables_find(variables, address);
	struct variable_part part;
	if (!variable)
		printf("part\t%" PRIx64 "\tnone\n", address);
	else if (!variables_part(variables, variable->type, address - variable->address, &part))
		printf("part\t%" PRIx64 "\t%s\tnone\n", address, variable->name);
	else
		printf("part\t%" PRIx64 "\t%s\t%" PRIx64 "\t%" PRIu64 "\t%d\t%d\n", address,
		       variable->name, part.descriptor, part.offset, part.pointer, part.array);
}

static struct error *run(pid_t pid)
{
	_cleanup_(target_cleanup) struct target *target = NULL;
	_cleanup_(binary_cleanup) struct binary *binary = NULL;
	_cleanup_(variables_cleanup) struct variables *variables = NULL;
	char line[256];
	TRY(process_open(pid, &target));
	TRY(binary_open(target, &binary));
	double start = milliseconds();
	TRY(variables_open(binary, &variables));
	printf("opened\t%.2f\n", milliseconds() - start);
	if (variables_problem(variables))
		printf("problem\t%s\n", variables_problem(variables));
	for (size_t i = 0; i < variables_count(variables); i++) {
		const struct variable *variable = variables_at(variables, i);
		printf("variable\t%s\t%" PRIx64 "\t%" PRIu64 "\t%d\n", variable->name,
		       variable->address, variable->size, variable->type != 0);
	}
	while (fgets(line, sizeof(line), stdin))
		print_part(variables, strtoull(line, NULL, 16));
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s PID\n", argv[0]);
		return 2;
	}
	struct error *error = run((pid_t)strtol(argv[1], NULL, 10));
	if (error) {
		fprintf(stderr, "%s\n", error->message);
		error_destroy(error);
		return 1;
	}
	return 0;
}
