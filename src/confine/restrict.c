/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/restrict.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* Of the kernel's capability.h and landlock.h, as older headers do not have all of it. */
#define CAPABILITIES         64
#define AMBIENT_CLEAR_ALL    4
#define CALL_LANDLOCK_CREATE 444
#define CALL_LANDLOCK_SELF   446
#define CALL_CLOSE_RANGE     436

struct landlock_rules {
	uint64_t files;
	uint64_t network;
	uint64_t scoped;
};

/* By the version of Landlock: how many kinds of access to files, and to the network, it knows. */
static const struct {
	unsigned files;
	unsigned network;
	unsigned scoped;
} landlock_versions[] = {
	{ 0, 0, 0 },  { 13, 0, 0 }, { 14, 0, 0 }, { 15, 0, 0 },
	{ 15, 2, 0 }, { 16, 2, 0 }, { 16, 2, 2 },
};

static void drop_bounding_set(void)
{
	/* Only who has CAP_SETPCAP can, and who has it not has nothing to lose there. */
	for (unsigned i = 0; i < CAPABILITIES; i++)
		prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, AMBIENT_CLEAR_ALL, 0, 0, 0);
}

struct error *restrict_rights(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	/* It would hold what was read of others. */
	const struct rlimit no_core = { 0, 0 };
	setrlimit(RLIMIT_CORE, &no_core);
	/* What is mapped to be read is not to be executable by that. */
	personality(PER_LINUX);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_os(errno, "the kernel knows no no_new_privs");
	drop_bounding_set();
	if (syscall(SYS_capset, &header, none) < 0)
		return error_os(errno, "capabilities cannot be dropped");
	return NULL;
}

static void close_from(unsigned first, unsigned last)
{
	if (first > last || syscall(CALL_CLOSE_RANGE, first, last, 0) == 0)
		return;
	struct rlimit limit;
	unsigned end = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536
			       ? (unsigned)limit.rlim_cur
			       : 65536;
	for (unsigned i = first; i <= last && i < end; i++)
		close((int)i);
}

void restrict_descriptors(const int *kept, size_t count, bool keep_input)
{
	unsigned next = STDERR_FILENO + 1;
	for (size_t i = 0; i < count; i++) {
		if (kept[i] < (int)next)
			continue;
		if ((unsigned)kept[i] > next)
			close_from(next, (unsigned)kept[i] - 1);
		next = (unsigned)kept[i] + 1;
	}
	close_from(next, ~0u);

	_cleanup_(close_descriptor) int nothing = keep_input
							  ? -1
							  : open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (nothing >= 0)
		dup2(nothing, STDIN_FILENO);
}

bool restrict_files(void)
{
	long version = syscall(CALL_LANDLOCK_CREATE, NULL, 0, 1);
	if (version <= 0)
		return false;
	size_t known = MIN((size_t)version, ARRAY_SIZE(landlock_versions) - 1);
	const struct landlock_rules rules = {
		.files = (UINT64_C(1) << landlock_versions[known].files) - 1,
		.network = (UINT64_C(1) << landlock_versions[known].network) - 1,
		.scoped = (UINT64_C(1) << landlock_versions[known].scoped) - 1,
	};
	size_t size = known < 4   ? sizeof(uint64_t)
		      : known < 6 ? 2 * sizeof(uint64_t)
				  : sizeof(rules);
	_cleanup_(close_descriptor) int set = (int)syscall(CALL_LANDLOCK_CREATE, &rules, size, 0);
	return set >= 0 && syscall(CALL_LANDLOCK_SELF, set, 0) == 0;
}
