/* SPDX-License-Identifier: Apache-2.0 */
#include "target/killer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/file.h"
#include "target/headroom.h"

/* Of what is left in a group: kept back for what the kernel takes for us besides. */
#define KEPT_BACK  ((uint64_t)1 << 20)
#define KEPT_SHARE 64

void killer_offer(pid_t pid)
{
	char path[48];
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
	_cleanup_(close_descriptor) int file = open(path, O_WRONLY | O_CLOEXEC);
	if (file >= 0 && write(file, "1000", 4) < 0)
		return; /* a belt: nothing depends on it */
}

/* Bytes of private writable memory that dowse has mapped, which RLIMIT_DATA limits. */
static bool data_mapped(uint64_t *ret)
{
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	if (!error_ignore(file_read("/proc/self/status", 64 << 10, &file)))
		return false;
	const char *line = strstr((const char *)file.bytes, "\nVmData:");
	if (!line)
		return false;
	*ret = strtoull(line + strlen("\nVmData:"), NULL, 10) << 10;
	return true;
}

/* The whole machine is no group: it may swap, and kills one at a time. */
static uint64_t left_in_groups(struct headroom *headroom)
{
	size_t count;
	const struct headroom_level *levels = headroom_read(headroom, &count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(levels[i].path, HEADROOM_MACHINE) != 0)
			return levels[i].left; /* the tightest is first */
	}
	return UINT64_MAX;
}

static void limit_growth(uint64_t left)
{
	struct rlimit limit;
	uint64_t mapped;
	uint64_t kept = KEPT_BACK + left / KEPT_SHARE;

	if (left == UINT64_MAX || left < kept || !data_mapped(&mapped) ||
	    getrlimit(RLIMIT_DATA, &limit) < 0)
		return;
	limit.rlim_cur = MIN((uint64_t)limit.rlim_cur, mapped + left - kept);
	setrlimit(RLIMIT_DATA, &limit);
}

struct error *killer_avoid(uint64_t least)
{
	_cleanup_(headroom_cleanup) struct headroom *headroom = NULL;
	struct error *unknown = headroom_open(getpid(), &headroom);
	/* Where there is no /proc nothing can be known, and only files can be looked at. */
	if (unknown && !file_exists_at(AT_FDCWD, "/proc/self")) {
		error_destroy(unknown);
		return NULL;
	}
	TRY(unknown);
	TRY(headroom_check(headroom, 0, least, "dowse"));
	limit_growth(left_in_groups(headroom));
	return NULL;
}
