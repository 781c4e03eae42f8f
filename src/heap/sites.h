/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_SITES_H
#define DOWSE_HEAP_SITES_H

#include "base/arena.h"
#include "heap/summary.h"

/*
 * Where objects were allocated. The runtime samples one allocation in so many bytes, notes its stack,
 * and ties the object to it for as long as it lives: so a sampled object that can be reached says
 * where it comes from, and stands for all those that were not sampled.
 */
struct heap_sample {
	uint64_t object;
	uint64_t bucket; /* where the runtime keeps its stack */
};

DEFINE_VECTOR(heap_sample_vector, struct heap_sample);

struct heap_bucket {
	uint64_t size;         /* of each of its objects */
	uint64_t objects;      /* in use, as the runtime's own profile has it; not scaled */
	const uint64_t *stack; /* return addresses, innermost first */
	uint32_t depth;
};

DEFINE_VECTOR(heap_bucket_vector, struct heap_bucket);

struct heap_samples {
	struct arena arena;
	struct heap_sample_vector list;
	struct heap_bucket_vector buckets;
	struct map places;   /* from addresses of buckets to their places among them */
	uint64_t rate;       /* bytes between two samples; 0: the program takes none */
	bool rate_known;     /* false: the usual one is assumed */
	uint64_t unreadable; /* samples whose stack is not there */
	const char *problem; /* why there may be more, static text; NULL */
};

/* The target must stand still. */
struct error *heap_samples_read(const struct heap *heap, struct heap_samples *ret) must_use;
void heap_samples_deinit(struct heap_samples *samples);

struct heap_site_frame {
	const char *function; /* as the runtime prints it */
	const char *file;
	int32_t line;
};

/* One stack. The two estimates are what the samples stand for. */
struct heap_site {
	const struct heap_site_frame
		*frames; /* innermost first; without the runtime's at its head */
	uint32_t depth;
	double count;
	double bytes;
	uint64_t sampled;     /* objects that can be reached */
	double profile_count; /* in use by the runtime's own profile: its last collection */
	double profile_bytes;
	const struct heap_group *parts; /* the types of the sampled ones: their number and bytes */
	size_t part_count;
	uint32_t number; /* for who sorts them */
};

DEFINE_VECTOR(heap_site_vector, struct heap_site);

struct heap_sites {
	struct arena arena;
	struct heap_site_vector list; /* most bytes first */
	uint32_t *site_of; /* by bucket of the samples: its place in the list; NULL: none */
	uint64_t rate;
	bool rate_known;
	uint64_t sampled; /* all that can be reached */
	uint64_t unreadable;
};

/* After heap_search(). */
struct error *heap_sites_find(const struct heap *heap, const struct heap_samples *samples,
			      struct heap_sites *ret) must_use;
void heap_sites_deinit(struct heap_sites *sites);

#endif
