/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>

#include "target/snapshot_file.h"

/* unpack FILE: every block of a snapshot, decompressed, on standard output. */
static struct error *unpack(const char *path, int descriptor)
{
	struct snapshot_file file;
	TRY(snapshot_file_open(descriptor, path, &file));
	struct error *error = NULL;
	for (size_t i = 0; i < file.entries.count && !error; i++) {
		const uint8_t *bytes;
		size_t contents, size = file.entries.items[i].raw;
		error = snapshot_file_block(&file, i, &bytes, &contents);
		if (!error && fwrite(bytes, 1, size, stdout) != size)
			error = error_new(ERROR_OS, "cannot write");
	}
	snapshot_file_close(&file);
	return error;
}

int main(int argc, char **argv)
{
	int descriptor = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	if (descriptor < 0)
		return 2;
	struct error *error = unpack(argv[1], descriptor);
	if (error)
		fprintf(stderr, "%s\n", error->message);
	close(descriptor);
	return error || fflush(stdout) != 0;
}
