/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/room.h"

#include <sys/resource.h>

#include "target/headroom.h"

#define MIB ((uint64_t)1 << 20)

/* Less is always there: it is not worth asking the kernel. */
#define ALWAYS_THERE (16 * MIB)

static uint64_t mebibytes(uint64_t bytes)
{
	return (bytes + MIB - 1) / MIB;
}

/* What dowse has used at most so far, which it may use again: arrays go and come. */
static uint64_t used(void)
{
	struct rusage usage;
	return getrusage(RUSAGE_SELF, &usage) < 0 ? 0 : (uint64_t)usage.ru_maxrss << 10;
}

struct error *heap_room_allow(const struct heap_room *room, uint64_t more, const char *what)
{
	uint64_t whole = used() + more;
	if (!room->limit || whole <= room->limit)
		return NULL;
	return error_new(ERROR_LIMIT,
			 "%s takes %llu MiB of memory at least, and --max-memory allows %llu: a "
			 "snapshot can be looked at elsewhere",
			 what, (unsigned long long)mebibytes(whole),
			 (unsigned long long)(room->limit / MIB));
}

struct error *heap_room_check(const struct heap_room *room, uint64_t more, const char *what)
{
	_cleanup_(headroom_cleanup) struct headroom *headroom = NULL;
	TRY(heap_room_allow(room, more, what));
	if (more <= ALWAYS_THERE)
		return NULL;
	/* Where nothing is known of control groups, an allocation fails in time or never. */
	if (!error_ignore(headroom_open(getpid(), &headroom)))
		return NULL;
	return error_wrap(
		headroom_check(headroom, 0, more, what),
		"there is too little memory here (a snapshot can be looked at elsewhere)");
}
