/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_SITES_H
#define DOWSE_PROFILE_SITES_H

#include "model/place.h"
#include "profile/profile.h"

/* What a goroutine does, by the functions that it stands in. */
#define PROFILE_WAITS(WAIT)                                                                        \
	WAIT(NONE, NULL)                                                                           \
	WAIT(RECEIVE, "chan receive")                                                              \
	WAIT(SEND, "chan send")                                                                    \
	WAIT(SELECT, "select")                                                                     \
	WAIT(EMPTY_SELECT, "select (no cases)")                                                    \
	WAIT(MUTEX, "sync.Mutex.Lock")                                                             \
	WAIT(RWMUTEX, "sync.RWMutex.Lock")                                                         \
	WAIT(WAITGROUP, "sync.WaitGroup.Wait")                                                     \
	WAIT(COND, "sync.Cond.Wait")                                                               \
	WAIT(SEMAPHORE, "semacquire")                                                              \
	WAIT(SLEEP, "sleep")                                                                       \
	WAIT(IO, "IO wait")                                                                        \
	WAIT(SYSCALL, "syscall")

enum profile_wait {
#define WAIT(id, text) PROFILE_WAIT_##id,
	PROFILE_WAITS(WAIT)
#undef WAIT
};

/* As the runtime's dump words it; NULL of none. */
const char *profile_wait_text(enum profile_wait wait);

/* The values of all samples that come from one place, outside of the standard library. */
struct profile_site {
	struct place place; /* the innermost such frame; else the innermost of all */
	enum profile_wait wait;
	bool users; /* it is outside */
	bool main;  /* the main goroutine stands there, perhaps among others */
};

struct profile_sites {
	struct arena arena;
	struct profile_site *list;
	uint32_t count;
	uint32_t type_count;
	int64_t *values; /* of site i: type_count from values[i * type_count] on */
	int64_t *totals; /* of each type */
};

/* `waits`: sites are told apart by what goroutines do there, too. */
struct error *profile_sites_make(const struct profile *profile, bool waits,
				 struct profile_sites *ret) must_use;
void profile_sites_deinit(struct profile_sites *sites);

static inline int64_t profile_sites_value(const struct profile_sites *sites, uint32_t site,
					  uint32_t type)
{
	return sites->values[(size_t)site * sites->type_count + type];
}

/* The site of the same place in another profile; -1 when it has none. */
int64_t profile_sites_find(const struct profile_sites *sites, const struct map *index,
			   const struct profile_site *like);

/* For profile_sites_find(). */
struct error *profile_sites_index(const struct profile_sites *sites, struct map *ret) must_use;

#endif
