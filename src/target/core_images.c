/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "target/core_identity.h"
#include "target/core_private.h"

/*
 * The files that were mapped. A core names them by paths of the machine and the time where it was
 * made: what lies there now may be another build, or a stranger's choice of a file that is none of
 * his business. So a file is taken only if it is an ELF file of the same build as the core's own
 * copy of its first page.
 */

enum verdict {
	VERDICT_SAME,
	VERDICT_OTHER,
	VERDICT_UNKNOWN, /* the core has no first page to compare with */
};

static int open_regular(const char *path)
{
	struct stat status;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file >= 0 && (fstat(file, &status) < 0 || !S_ISREG(status.st_mode))) {
		close(file);
		errno = EINVAL;
		return -1;
	}
	return file;
}

/* As much as there is of the first page. */
static size_t read_head(int file, uint8_t page[CORE_IDENTITY_PAGE])
{
	size_t size = 0;
	while (size < CORE_IDENTITY_PAGE) {
		ssize_t n = pread(file, page + size, CORE_IDENTITY_PAGE - size, (off_t)size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		size += (size_t)n;
	}
	return size;
}

/* What the core itself has of the file's first page. */
static void identity_in_core(const struct core *core, const struct core_image *image,
			     struct core_identity *ret)
{
	uint8_t page[CORE_IDENTITY_PAGE];
	size_t size = image->has_start ? core_read_own(core, image->start, page, sizeof(page)) : 0;
	core_identity_read(page, size, ret);
}

static enum verdict judge_file(const struct core *core, const struct core_image *image, int file)
{
	uint8_t page[CORE_IDENTITY_PAGE];
	struct core_identity wanted, found;
	core_identity_read(page, read_head(file, page), &found);
	if (!found.is_elf)
		return VERDICT_OTHER;
	identity_in_core(core, image, &wanted);
	if (!wanted.is_elf)
		return VERDICT_UNKNOWN;
	return core_identity_equal(&wanted, &found) ? VERDICT_SAME : VERDICT_OTHER;
}

/* Take the file at a path if it is the same build; note in *seen what was found instead. */
static bool try_path(const struct core *core, struct core_image *image, const char *path,
		     enum verdict *seen)
{
	int file = open_regular(path);
	if (file < 0)
		return false;
	enum verdict verdict = judge_file(core, image, file);
	if (verdict == VERDICT_SAME) {
		image->descriptor = file;
		image->state = CORE_IMAGE_OPEN;
		return true;
	}
	*seen = verdict;
	close(file);
	return false;
}

/* Where it was; beside the core, where people put it; and where distributions keep builds. */
static bool try_places(const struct core *core, struct core_image *image, enum verdict *seen)
{
	if (image->path[0] != '/')
		return false;
	if (try_path(core, image, image->path, seen))
		return true;

	_cleanup_(free_pointer) char *beside = NULL;
	const char *name = text_base_name(image->path);
	int folder = (int)(text_base_name(core->facts.path) - core->facts.path);
	if (asprintf(&beside, "%.*s%s", folder, core->facts.path, name) < 0) {
		beside = NULL;
		return false;
	}
	if (try_path(core, image, beside, seen))
		return true;

	struct core_identity identity;
	identity_in_core(core, image, &identity);
	if (identity.gnu.size < 2)
		return false;
	char path[sizeof("/usr/lib/debug/.build-id/") + 2 * CORE_ID_MAX + 2];
	size_t length = (size_t)snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%02x/",
					 identity.gnu.bytes[0]);
	for (size_t i = 1; i < identity.gnu.size; i++)
		length += (size_t)snprintf(path + length, sizeof(path) - length, "%02x",
					   identity.gnu.bytes[i]);
	return try_path(core, image, path, seen);
}

int core_image_open(struct core *core, uint32_t index)
{
	struct core_image *image = &core->images.items[index];
	if (image->state == CORE_IMAGE_UNTRIED) {
		enum verdict seen = VERDICT_SAME;
		image->state = CORE_IMAGE_MISSING;
		image->problem = "there is no such file here";
		if (!try_places(core, image, &seen) && seen == VERDICT_OTHER)
			image->problem = "the file there is another build";
		else if (seen == VERDICT_UNKNOWN)
			image->problem = "whether the file there is the same build cannot be told";
	}
	return image->descriptor;
}

/* The mapped file that holds the entry point, or the program headers. */
static uint32_t find_main(const struct core *core)
{
	const uint64_t addresses[] = { core->headers, core->entry };
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		const struct core_extent *extent = core_extent_find(core, addresses[i]);
		if (addresses[i] && extent && extent->image != CORE_NO_IMAGE)
			return extent->image;
	}
	/* Without an auxiliary vector: a file of the process's name, else the first of all. */
	for (size_t i = 0; i < core->images.count; i++) {
		const char *name = text_base_name(core->images.items[i].path);
		if (core->facts.program[0] &&
		    !strncmp(name, core->facts.program, strlen(core->facts.program)))
			return (uint32_t)i;
	}
	return core->images.count ? 0 : CORE_NO_IMAGE;
}

static struct error *use_given(struct core *core, struct core_image *image)
{
	_cleanup_(close_descriptor) int file = open_regular(core->given_executable);
	if (file < 0 && errno == EINVAL)
		return error_new(ERROR_USAGE, "--exe %s: this is no file", core->given_executable);
	if (file < 0)
		return error_os(errno, "--exe %s", core->given_executable);
	uint8_t page[CORE_IDENTITY_PAGE];
	struct core_identity identity;
	core_identity_read(page, read_head(file, page), &identity);
	if (!identity.is_elf)
		return error_new(ERROR_USAGE, "--exe %s: this is no 64-bit ELF executable",
				 core->given_executable);
	switch (judge_file(core, image, file)) {
	case VERDICT_OTHER:
		return error_new(ERROR_USAGE,
				 "--exe %s: this is not the executable of %s: its build id differs",
				 core->given_executable, core->facts.path);
	case VERDICT_UNKNOWN:
		TRY(core_warn(core,
			      "whether %s is the right executable cannot be told: the core has not "
			      "got its first page",
			      core->given_executable));
		break;
	case VERDICT_SAME:
		break;
	}
	image->descriptor = TAKE_FD(file);
	image->state = CORE_IMAGE_OPEN;
	return NULL;
}

/* A copy that was broken off has the right id, and not all that belongs to it. */
static struct error *warn_if_cut(struct core *core, const struct core_image *image)
{
	uint8_t page[CORE_IDENTITY_PAGE];
	struct core_identity identity;
	struct stat status;
	uint64_t needed = 0;
	if (image->descriptor < 0 || fstat(image->descriptor, &status) < 0)
		return NULL;
	core_identity_read(page, read_head(image->descriptor, page), &identity);
	for (size_t at = 0; at < identity.segments_size; at += sizeof(Elf64_Phdr)) {
		Elf64_Phdr segment;
		memcpy(&segment, identity.segments + at, sizeof(segment));
		if (segment.p_type == PT_LOAD && segment.p_filesz <= INT64_MAX &&
		    segment.p_offset <= INT64_MAX)
			needed = MAX(needed, segment.p_offset + segment.p_filesz);
	}
	if (needed <= (uint64_t)status.st_size)
		return NULL;
	return core_warn(
		core, "%s is damaged: it ends at offset 0x%" PRIx64 ", its segments at 0x%" PRIx64,
		core->given_executable ? core->given_executable : image->path,
		(uint64_t)status.st_size, needed);
}

/* Of a core without a list of files: nothing says where it was mapped, so it cannot be used. */
struct error *core_images_find_executable(struct core *core)
{
	core->main_image = find_main(core);
	if (core->main_image == CORE_NO_IMAGE) {
		if (core->given_executable)
			TRY(core_warn(core, "--exe is of no use: the core does not say where the "
					    "executable was mapped"));
		core->facts.problem = "the core does not name it";
		return NULL;
	}
	struct core_image *image = &core->images.items[core->main_image];
	core->facts.executable = image->path;
	if (core->given_executable)
		TRY(use_given(core, image));
	core->facts.executable_found = core_image_open(core, core->main_image) >= 0;
	core->facts.problem = core->facts.executable_found ? NULL : image->problem;
	return warn_if_cut(core, image);
}

void core_images_close(struct core *core)
{
	for (size_t i = 0; i < core->images.count; i++)
		close_descriptor(&core->images.items[i].descriptor);
	core_image_vector_deinit(&core->images);
}
