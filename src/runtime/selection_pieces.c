/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/selection_private.h"

#include <stdlib.h>

#include "runtime/batch.h"
#include "runtime/capture.h"
#include "runtime/goroutine_state.h"
#include "runtime/label_map.h"

/*
 * All goroutines are walked, a thousand at a time: what each of them needs besides objects with
 * pointers is noted.
 */
#define GOROUTINES_MAX           ((uint64_t)1 << 25)
#define AT_ONCE                  ((size_t)1024)
#define PIECES_MAX               ((size_t)1 << 20) /* 16 MiB */
#define THREADS_MAX              ((size_t)1 << 17)
#define HOPS_MAX                 64
#define RED_ZONE                 256u /* below a stack pointer; 128 on amd64, and a signal's or call's word */
#define THREAD_STACK_MAX         ((uint64_t)1 << 20)
#define FOREIGN_STACK            ((uint64_t)4096) /* of a stack whose bounds nobody says */
#define RUNNING_MAX              128
#define LABEL_LENGTH_MAX         65536u
#define RELEASE_LABELS_IN_A_LIST 24

struct finder {
	struct runtime *runtime;
	struct target *target;
	const struct layout *layout;
	struct selection_pieces *pieces;
	struct arena arena; /* of one round */
	struct batch batch;
	struct map labels; /* that were looked at */
	struct target_extent_vector
		running; /* from their stack pointers on: of some of those that run */
};

/* Objects of one kind lie side by side: what was noted of them joins well. */
static int compare_extents(const void *left, const void *right)
{
	const struct target_extent *a = left, *b = right;
	return a->start < b->start ? -1 : a->start > b->start;
}

static void sort_and_join(struct target_extent_vector *list)
{
	size_t kept = 0;
	if (list->count)
		qsort(list->items, list->count, sizeof(list->items[0]), compare_extents);
	for (size_t i = 0; i < list->count; i++) {
		struct target_extent *last = kept ? &list->items[kept - 1] : NULL;
		if (last && list->items[i].start <= last->end)
			last->end = MAX(last->end, list->items[i].end);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

struct error *selection_pieces_add(struct selection_pieces *pieces, uint64_t start, uint64_t end)
{
	struct target_extent extent = { start, end };
	if (start >= end)
		return NULL;
	if (pieces->list.count >= PIECES_MAX && !pieces->too_many) {
		sort_and_join(&pieces->list);
		pieces->too_many = pieces->list.count > PIECES_MAX / 4 * 3;
	}
	return pieces->too_many ? NULL : target_extent_vector_append(&pieces->list, &extent);
}

static struct error *add(struct finder *finder, uint64_t start, uint64_t end)
{
	return selection_pieces_add(finder->pieces, start, end);
}

static struct error *add_stack(struct finder *finder, const uint8_t *g)
{
	const struct layout *layout = finder->layout;
	uint64_t low = member_u64(g, layout->g_stack_lo), high = member_u64(g, layout->g_stack_hi);
	uint64_t pointer = member_u64(g, layout->g_sched_sp);
	uint32_t status = member_u32(g, layout->g_atomicstatus) & G_STATUS_MASK;
	/* Of who runs, what was saved last is old; who is in the kernel may be on its way out. */
	bool runs = status == G_RUNNING || status == G_SYSCALL;
	if (low >= high || high - low > ((uint64_t)1 << 32))
		return NULL;
	if (!runs && pointer > low + RED_ZONE && pointer <= high)
		low = pointer - RED_ZONE;
	finder->pieces->stacks += high - low;
	return finder->pieces->whole_stacks ? NULL : add(finder, low, high);
}

static struct error *add_label_text(struct finder *finder, const struct go_string *string)
{
	return string->length && string->length <= LABEL_LENGTH_MAX
		       ? add(finder, string->bytes, string->bytes + string->length)
		       : NULL;
}

/* A list of pairs from Go 1.24 on, a map before. */
static bool read_labels(const struct finder *finder, uint64_t set,
			struct label_pair ret[static LABELS_MAX], size_t *ret_count)
{
	uint64_t list[2];
	if (runtime_binary(finder->runtime)->minor < RELEASE_LABELS_IN_A_LIST)
		return label_map_read(finder->runtime, set, ret, ret_count);
	if (!error_ignore(target_read(finder->target, set, list, sizeof(list))) ||
	    list[1] > LABELS_MAX ||
	    !error_ignore(target_read(finder->target, list[0], ret, list[1] * sizeof(*ret))))
		return false;
	*ret_count = (size_t)list[1];
	return true;
}

static struct error *add_labels(struct finder *finder, uint64_t set)
{
	struct map_slot *slot;
	struct label_pair pairs[LABELS_MAX];
	size_t count = 0;
	if (!set || set == UINT64_MAX || map_find(&finder->labels, set) ||
	    finder->labels.count >= PIECES_MAX)
		return NULL;
	TRY(map_insert(&finder->labels, set, 0, &slot));
	if (!read_labels(finder, set, pairs, &count))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		TRY(add_label_text(finder, &pairs[i].key));
		TRY(add_label_text(finder, &pairs[i].value));
	}
	return NULL;
}

/* What a list of structures has: 0 where it was not read. */
static uint64_t member_of(const struct finder *finder, size_t index, int32_t offset)
{
	const uint8_t *bytes = batch_bytes(&finder->batch, index);
	return bytes ? member_u64(bytes, offset) : 0;
}

static struct error *read_all(struct finder *finder, const struct u64_vector *addresses,
			      int32_t size)
{
	batch_clear(&finder->batch);
	for (size_t i = 0; i < addresses->count; i++)
		TRY(batch_add(&finder->batch, addresses->items[i], (size_t)MAX(size, 0)));
	return batch_run(&finder->batch);
}

/* Every channel that one of them waits at, along the lists of their selects. */
static struct error *add_channels(struct finder *finder, struct u64_vector *sudogs)
{
	const struct layout *layout = finder->layout;
	enum { CASES_MAX = 65536 };
	for (int hop = 0; sudogs->count && hop < CASES_MAX; hop++) {
		size_t next = 0;
		TRY(read_all(finder, sudogs, layout->sudog_size));
		for (size_t i = 0; i < sudogs->count; i++) {
			const uint8_t *sudog = batch_bytes(&finder->batch, i);
			uint64_t channel = sudog ? sudog_channel(layout, sudog) : 0;
			if (channel)
				TRY(add(finder, channel,
					channel + (uint64_t)MAX(layout->hchan_size, 0)));
			if (sudog && member_u8(sudog, layout->sudog_is_select) &&
			    member_u64(sudog, layout->sudog_waitlink))
				sudogs->items[next++] = member_u64(sudog, layout->sudog_waitlink);
		}
		sudogs->count = next;
		arena_deinit(&finder->arena);
	}
	return NULL;
}

/* The closures of pending deferred calls: their first word is the function. */
static struct error *add_closures(struct finder *finder, struct u64_vector *records)
{
	const struct layout *layout = finder->layout;
	for (int hop = 0; records->count && hop < HOPS_MAX; hop++) {
		size_t next = 0;
		TRY(read_all(finder, records, layout->defer_size));
		for (size_t i = 0; i < records->count; i++) {
			uint64_t closure = member_of(finder, i, layout->defer_fn);
			uint64_t link = member_of(finder, i, layout->defer_link);
			if (closure)
				TRY(add(finder, closure, closure + 8));
			if (link)
				records->items[next++] = link;
		}
		records->count = next;
		arena_deinit(&finder->arena);
	}
	return NULL;
}

struct leads {
	struct u64_vector sudogs;
	struct u64_vector deferred;
	struct u64_vector labels;
};

static void leads_deinit(struct leads *leads)
{
	u64_vector_deinit(&leads->sudogs);
	u64_vector_deinit(&leads->deferred);
	u64_vector_deinit(&leads->labels);
}

static struct error *note(struct u64_vector *into, uint64_t address)
{
	return address ? u64_vector_append(into, &address) : NULL;
}

/* Who runs may stand on its thread's stack: then what was saved last is where it left its own. */
static struct error *note_running(struct finder *finder, uint64_t sp, uint64_t end)
{
	struct target_extent stack = { sp, end };
	if (sp % 8 || sp >= end || finder->running.count >= RUNNING_MAX)
		return NULL;
	return target_extent_vector_append(&finder->running, &stack);
}

static struct error *look_at(struct finder *finder, const uint8_t *g, struct leads *leads)
{
	const struct layout *layout = finder->layout;
	uint32_t status = member_u32(g, layout->g_atomicstatus) & G_STATUS_MASK;
	if (status == G_DEAD || status == G_DEAD_EXTRA)
		return NULL;
	finder->pieces->goroutines++;
	TRY(add_stack(finder, g));
	if (status == G_RUNNABLE || status == G_RUNNING || status == G_PREEMPTED)
		TRY(note_running(finder, member_u64(g, layout->g_sched_sp),
				 member_u64(g, layout->g_stack_hi)));
	TRY(note(&leads->sudogs, member_u64(g, layout->g_waiting)));
	TRY(note(&leads->deferred, member_u64(g, layout->g_defer)));
	return note(&leads->labels, member_u64(g, layout->g_labels));
}

static struct error *add_some(struct finder *finder, const struct u64_vector *addresses)
{
	_cleanup_(leads_deinit) struct leads leads = { 0 };
	/* The g itself is in the heap, but those of a program's first moments are not. */
	TRY(read_all(finder, addresses, finder->layout->g_size));
	for (size_t i = 0; i < addresses->count; i++) {
		const uint8_t *g = batch_bytes(&finder->batch, i);
		if (g)
			TRY(look_at(finder, g, &leads));
	}
	arena_deinit(&finder->arena);
	TRY(add_channels(finder, &leads.sudogs));
	TRY(add_closures(finder, &leads.deferred));
	for (size_t i = 0; i < leads.labels.count; i++)
		TRY(add_labels(finder, leads.labels.items[i]));
	return NULL;
}

static struct error *add_goroutines(struct finder *finder)
{
	_cleanup_(u64_vector_deinit) struct u64_vector some = { 0 };
	uint64_t count, array;
	TRY(target_read_u64(finder->target, runtime_global(finder->runtime, GLOBAL_ALLGLEN),
			    &count));
	TRY(target_read_u64(finder->target, runtime_global(finder->runtime, GLOBAL_ALLGPTR),
			    &array));
	if (count > GOROUTINES_MAX)
		return error_new(ERROR_CORRUPT, "%s: the list of goroutines claims %llu of them",
				 target_name(finder->target), (unsigned long long)count);
	TRY(u64_vector_reserve(&some, AT_ONCE));
	for (uint64_t from = 0; from < count && !finder->pieces->too_many; from += AT_ONCE) {
		some.count = (size_t)MIN(count - from, (uint64_t)AT_ONCE);
		/* The list has no pointers to what the collector manages: it may be anywhere. */
		TRY(target_read(finder->target, array + from * 8, some.items, some.count * 8));
		TRY(add_some(finder, &some));
	}
	return add(finder, array, array + count * 8);
}

/* [lo, hi) of the stacks of a thread's two system goroutines. */
static struct error *read_system_stacks(struct finder *finder, struct target_extent_vector *ret)
{
	const struct layout *layout = finder->layout;
	const int32_t members[] = { layout->m_g0, layout->m_gsignal };
	uint64_t m, allm = runtime_global(finder->runtime, GLOBAL_ALLM);
	if (!allm || layout->m_alllink < 0 ||
	    !error_ignore(target_read_u64(finder->target, allm, &m)))
		return NULL;
	for (size_t n = 0; m && n < THREADS_MAX; n++) {
		for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
			uint64_t g;
			struct target_extent stack;
			if (members[i] < 0 ||
			    !error_ignore(target_read_u64(finder->target, m + (uint64_t)members[i],
							  &g)) ||
			    !g ||
			    !error_ignore(target_read(finder->target,
						      g + (uint64_t)layout->g_stack_lo, &stack,
						      sizeof(stack))))
				continue;
			TRY(target_extent_vector_append(ret, &stack));
		}
		if (!error_ignore(
			    target_read_u64(finder->target, m + (uint64_t)layout->m_alllink, &m)))
			break;
	}
	return NULL;
}

/* What a thread stands on. Goroutines that run have theirs noted already. */
static struct error *add_thread(struct finder *finder, uint64_t sp,
				const struct target_extent_vector *stacks)
{
	uint64_t end = sp + FOREIGN_STACK;
	for (size_t i = 0; i < stacks->count; i++) {
		const struct target_extent *stack = &stacks->items[i];
		if (sp >= stack->start && sp < stack->end)
			end = MIN(stack->end, sp + THREAD_STACK_MAX);
	}
	return sp > RED_ZONE && sp < UINT64_MAX - THREAD_STACK_MAX ? add(finder, sp - RED_ZONE, end)
								   : NULL;
}

static struct error *add_threads(struct finder *finder)
{
	_cleanup_(target_extent_vector_deinit) struct target_extent_vector stacks = { 0 };
	size_t count;
	const struct target_thread *threads = target_threads(finder->target, &count);
	TRY(read_system_stacks(finder, &stacks));
	for (size_t i = 0; i < count; i++) {
		uint64_t sp = threads[i].registers.sp;
		if (!threads[i].stopped)
			continue;
		TRY(add_thread(finder, sp, &stacks));
		TRY(note_running(finder, sp, sp + MIN(FOREIGN_STACK, UINT64_MAX - sp)));
	}
	return NULL;
}

static struct error *find_all(struct finder *finder)
{
	TRY(add_goroutines(finder));
	TRY(selection_words_find(finder->runtime, finder->pieces));
	finder->running.count = MIN(finder->running.count, (size_t)RUNNING_MAX / 2);
	TRY(add_threads(finder));
	return selection_closed_find(finder->runtime, &finder->running, finder->pieces);
}

struct error *selection_pieces_find(struct runtime *runtime, struct selection_pieces *ret)
{
	struct finder finder = {
		.runtime = runtime,
		.target = runtime_target(runtime),
		.layout = &runtime_binary(runtime)->layout,
		.pieces = ret,
	};
	finder.batch = (struct batch){ .target = finder.target, .arena = &finder.arena };
	struct error *error = find_all(&finder);
	if (!error && ret->too_many) {
		target_extent_vector_deinit(&ret->list);
		map_deinit(&finder.labels);
		finder.labels = (struct map){ 0 };
		finder.running.count = 0;
		*ret = (struct selection_pieces){ .whole_stacks = true };
		error = find_all(&finder);
	}
	sort_and_join(&ret->list);
	batch_deinit(&finder.batch);
	arena_deinit(&finder.arena);
	map_deinit(&finder.labels);
	target_extent_vector_deinit(&finder.running);
	return error;
}

void selection_pieces_deinit(struct selection_pieces *pieces)
{
	target_extent_vector_deinit(&pieces->list);
}
