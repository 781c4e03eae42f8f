/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Runs a fuzz target over seeded mutants of each file of its corpus, and over its cuts: the same ones in every
 * build, with any compiler. The suite takes some hundreds of each file; by hand ten thousand and every cut:
 *
 *	build/fuzz/mutants-dump fuzz/corpus/dump 10000 1
 *
 * If one breaks the target, the last line names it; MUTANT=NUMBER and the file write it to standard output.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_MUTANT ((size_t)1 << 20)
#define SECONDS_MAX     10 /* of the processor's time, for one */

/* What is being run, for who breaks it. */
static char running[512];

static void tell(int signal_number)
{
	static const char words[] = " broke it\n";
	ssize_t ignored = write(STDERR_FILENO, running, strlen(running));
	ignored = write(STDERR_FILENO, words, sizeof(words) - 1);
	(void)ignored;
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static uint64_t next(uint64_t *state)
{
	*state += UINT64_C(0x9E3779B97F4A7C15);
	uint64_t word = *state;
	word = (word ^ word >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	word = (word ^ word >> 27) * UINT64_C(0x94D049BB133111EB);
	return word ^ word >> 31;
}

static size_t below(uint64_t *state, size_t bound)
{
	return bound ? (size_t)(next(state) % bound) : 0;
}

/* Of every text: what means something to who reads it. */
static const char *const tokens[] = {
	"goroutine 1 [",
	"goroutine 18446744073709551615 [x]:\n",
	"]:\n",
	"created by ",
	" in goroutine ",
	"\n\n",
	"\n",
	"\r\n",
	"\t",
	"(",
	")",
	"(...)",
	"...",
	" frames elided...",
	"goroutine profile: total ",
	"goroutineleak profile: total 3\n",
	"1 @ 0x1\n",
	"#\t0x1\t",
	"# labels: {\"a\":\"b\"}\n",
	", 153722867280 minutes",
	", locked to thread",
	" (leaked)",
	", synctest bubble 1",
	" labels:{",
	"{",
	"}",
	"\"",
	"\\n",
	"\\u0000",
	"\\ud800",
	"#012",
	"#011",
	"\x1b[2J",
	"\\u001b[1m",
	"99999999999999999999999",
	"-1",
	"0x",
	":",
	"/x.go:1 +0x1\n",
	"panic: ",
	"SIGQUIT: quit\n",
	"-----\n",
	"gc 1 @0.1s 1%: ",
	" ms clock, ",
	" ms cpu, ",
	"->",
	" MB, ",
	" MB goal, ",
	" P (forced)\n",
	"SCHED 1ms: gomaxprocs=1 idleprocs=1 threads=1 ",
	" runqueue=0 [0]\n",
	"==================\n",
	"WARNING: DATA RACE\n",
	"Read at 0x1 by goroutine 1:\n",
	"Previous write at 0x1 by main goroutine:\n",
	"Goroutine 1 (running) created at:\n",
	"  [failed to restore the stack]\n",
	"{\"log\":\"",
	"\\n\",\"stream\":\"stderr\"}\n",
	" stderr P ",
	" stderr F ",
	"\xff\xfe",
	"\xf0\x9f",
};

struct input {
	uint8_t *bytes;
	size_t size;
	size_t capacity;
};

static void put(struct input *input, size_t at, const void *bytes, size_t size)
{
	if (input->size + size > input->capacity)
		return;
	memmove(input->bytes + at + size, input->bytes + at, input->size - at);
	memcpy(input->bytes + at, bytes, size);
	input->size += size;
}

static void take(struct input *input, size_t at, size_t size)
{
	size = MIN(size, input->size - at);
	memmove(input->bytes + at, input->bytes + at + size, input->size - at - size);
	input->size -= size;
}

/* From a line's beginning on, and to the end of some line behind. */
static size_t line_at(const struct input *input, size_t at)
{
	while (at && input->bytes[at - 1] != '\n')
		at--;
	return at;
}

static size_t lines_from(const struct input *input, size_t at, size_t lines)
{
	size_t end = at;
	while (end < input->size && lines)
		lines -= input->bytes[end++] == '\n';
	return end - at;
}

/* A piece of the input itself at another place of it. */
static void copy_piece(struct input *input, size_t from, size_t size, size_t to)
{
	uint8_t piece[2048];
	size = MIN(MIN(size, sizeof(piece)), input->size - from);
	memcpy(piece, input->bytes + from, size);
	put(input, to, piece, size);
}

static void change_once(struct input *input, uint64_t *state)
{
	size_t at = below(state, input->size), other = below(state, input->size), line;
	const char *token = tokens[below(state, ARRAY_SIZE(tokens))];
	switch (below(state, 9)) {
	case 0:
		if (input->size)
			input->bytes[at] = (uint8_t)next(state);
		break;
	case 1:
		if (input->size)
			input->bytes[at] ^= (uint8_t)(1u << below(state, 8));
		break;
	case 2:
		take(input, at, 1 + below(state, 60));
		break;
	case 3:
	case 4:
		put(input, at, token, strlen(token));
		break;
	case 5:
		copy_piece(input, other, 1 + below(state, 400), at);
		break;
	case 6: /* lines that come twice, or out of order */
		line = line_at(input, other);
		copy_piece(input, line, lines_from(input, line, 1 + below(state, 6)),
			   line_at(input, at));
		break;
	case 7: /* lines that are lost */
		line = line_at(input, at);
		take(input, line, lines_from(input, line, 1 + below(state, 6)));
		break;
	default:
		/* Instead of what was there. */
		take(input, at, strlen(token));
		put(input, MIN(at, input->size), token, strlen(token));
		break;
	}
}

/* The mutant of that number, in `input`. */
static void mutate(const struct input *original, uint64_t number, struct input *input)
{
	uint64_t state = number * UINT64_C(0xD6E8FEB86659FD93) + original->size;
	memcpy(input->bytes, original->bytes, original->size);
	input->size = original->size;
	for (size_t changes = 1 + below(&state, 8); changes; changes--)
		change_once(input, &state);
	if (!below(&state, 10))
		input->size = below(&state, input->size + 1);
}

/* In a block of its exact size: what reads past it is seen. */
static struct error *run(const uint8_t *bytes, size_t size)
{
	const struct itimerval limit = { .it_value = { .tv_sec = SECONDS_MAX } };
	uint8_t *copy = malloc(size ? size : 1);
	if (!copy)
		return error_no_memory();
	if (size)
		memcpy(copy, bytes, size);
	setitimer(ITIMER_PROF, &limit, NULL);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	return NULL;
}

static struct error *run_all(const char *path, const struct input *original, uint64_t count,
			     size_t step, uint64_t *ret_count)
{
	struct input input = { .capacity = SIZE_MAX_MUTANT };
	_cleanup_(free_pointer) uint8_t *bytes = malloc(input.capacity);
	const char *wanted = getenv("MUTANT");
	if (!(input.bytes = bytes))
		return error_no_memory();
	for (uint64_t i = 1; i <= count; i++) {
		if (wanted && strtoull(wanted, NULL, 10) != i)
			continue;
		mutate(original, i, &input);
		if (wanted) {
			fwrite(input.bytes, 1, input.size, stdout);
			return NULL;
		}
		snprintf(running, sizeof(running), "%s: mutant %llu", path, (unsigned long long)i);
		TRY(run(input.bytes, input.size));
		++*ret_count;
	}
	for (size_t size = 0; !wanted && step && size < original->size; size += step) {
		snprintf(running, sizeof(running), "%s: cut at %zu", path, size);
		TRY(run(original->bytes, size));
		++*ret_count;
	}
	return NULL;
}

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

static struct error *run_file(const char *folder, const char *name, uint64_t count, size_t step,
			      uint64_t *ret_count)
{
	char path[400];
	snprintf(path, sizeof(path), "%s%s%s", folder, *folder ? "/" : "", name);
	_cleanup_(close_file) FILE *file = fopen(path, "rb");
	struct input original = { .capacity = SIZE_MAX_MUTANT / 2 };
	_cleanup_(free_pointer) uint8_t *bytes = malloc(original.capacity);
	if (!(original.bytes = bytes))
		return error_no_memory();
	if (!file)
		return error_os(errno, "cannot open %s", path);
	original.size = fread(original.bytes, 1, original.capacity, file);
	return run_all(path, &original, count, step, ret_count);
}

static struct error *run_folder(const char *folder, uint64_t count, size_t step,
				uint64_t *ret_count)
{
	_cleanup_(close_directory) DIR *directory = opendir(folder);
	const struct dirent *entry;
	if (!directory && errno == ENOTDIR)
		return run_file("", folder, count, step, ret_count);
	if (!directory)
		return error_os(errno, "cannot open the corpus %s", folder);
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] != '.')
			TRY(run_file(folder, entry->d_name, count, step, ret_count));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGPROF };
	uint64_t count = 0;
	if (argc != 4) {
		fprintf(stderr, "usage: %s CORPUS|FILE MUTANTS-OF-EACH CUT-EVERY\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], tell);
	struct error *error = run_folder(argv[1], strtoull(argv[2], NULL, 10),
					 (size_t)strtoull(argv[3], NULL, 10), &count);
	if (error || (!count && !getenv("MUTANT"))) {
		fprintf(stderr, "%s\n", error ? error->message : "nothing was run");
		error_destroy(error);
		printf("0 passed, 1 failed\n");
		return 1;
	}
	if (!getenv("MUTANT"))
		printf("%llu passed, 0 failed\n", (unsigned long long)count);
	return 0;
}
