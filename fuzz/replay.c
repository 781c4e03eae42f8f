/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Runs a fuzz target over every file of its corpus, so that what a fuzzer once found stays found
 * in every build, with any compiler. Each input is copied to a block of its exact size: one byte
 * read past its end is then seen by the address sanitizer and by valgrind.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static struct error *read_input(const char *path, uint8_t **ret_data, size_t *ret_size)
{
	_cleanup_(close_file) FILE *file = fopen(path, "rb");
	if (!file)
		return error_os(errno, "cannot open %s", path);
	if (fseek(file, 0, SEEK_END) < 0)
		return error_os(errno, "cannot measure %s", path);
	long size = ftell(file);
	if (size < 0)
		return error_os(errno, "cannot measure %s", path);
	rewind(file);

	_cleanup_(free_pointer) uint8_t *data = malloc((size_t)size);
	if (!data && size > 0)
		return error_no_memory();
	if (fread(data, 1, (size_t)size, file) != (size_t)size)
		return error_new(ERROR_OS, "cannot read %s", path);

	*ret_data = TAKE_PTR(data);
	*ret_size = (size_t)size;
	return NULL;
}

static struct error *replay(const char *folder, const char *name)
{
	_cleanup_(free_pointer) char *path = NULL;
	if (asprintf(&path, "%s/%s", folder, name) < 0) {
		path = NULL;
		return error_no_memory();
	}
	_cleanup_(free_pointer) uint8_t *data = NULL;
	size_t size = 0;
	TRY(read_input(path, &data, &size));

	/* Said before the call: after a crash the last line names the input that did it. */
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	return NULL;
}

static struct error *replay_folder(const char *folder, size_t *ret_count)
{
	_cleanup_(close_directory) DIR *directory = opendir(folder);
	if (!directory)
		return error_os(errno, "cannot open the corpus %s", folder);

	size_t count = 0;
	struct dirent *entry;
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		TRY(replay(folder, entry->d_name));
		count++;
	}
	if (count == 0)
		return error_new(ERROR_NOT_FOUND, "the corpus %s is empty", folder);
	*ret_count = count;
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
		return 2;
	}
	size_t count = 0;
	struct error *error = replay_folder(argv[1], &count);
	if (error) {
		fprintf(stderr, "%s\n", error->message);
		error_destroy(error);
		printf("0 passed, 1 failed\n");
		return 1;
	}
	printf("%zu passed, 0 failed\n", count);
	return 0;
}
