/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/locks_private.h"

#include <string.h>

/*
 * Locks: who waits for which, and who holds that. Their words and what the frames say of holders
 * are noted while memory stands still, and only where somebody waits for a lock: a program in which
 * nobody does costs nothing.
 *
 *	sync.Mutex	state 0	sema 4
 *	sync.RWMutex	Mutex 0	writerSem 8	readerSem 12	readerCount 16	readerWait 20
 */
#define LOCK_BYTES    24
#define READER_COUNT  16
#define READER_OFFSET (INT32_C(1) << 30) /* taken off the count while a writer is there */
#define MUTEX_BYTES   8

bool lock_is_awaited(const struct goroutine *goroutine)
{
	enum wait_kind kind = goroutine->wait.kind;
	return goroutine->wait.address &&
	       (kind == WAIT_MUTEX || kind == WAIT_RWMUTEX_READ || kind == WAIT_RWMUTEX_WRITE);
}

static int compare_words(const void *left, const void *right)
{
	const struct lock_word *a = left, *b = right;
	return a->address < b->address ? -1 : a->address > b->address;
}

static struct error *gather_words(const struct live_evidence *evidence,
				  struct lock_word_vector *words)
{
	for (size_t i = 0; i < evidence->goroutines->list.count; i++) {
		const struct goroutine *goroutine = &evidence->goroutines->list.items[i];
		if (!lock_is_awaited(goroutine))
			continue;
		const struct lock_word word = {
			.address = goroutine->wait.address,
			.rw = goroutine->wait.kind != WAIT_MUTEX,
			.waiters = 1,
		};
		TRY(lock_word_vector_append(words, &word));
	}
	if (!words->count)
		return NULL;
	qsort(words->items, words->count, sizeof(*words->items), compare_words);
	size_t kept = 0;
	for (size_t i = 1; i < words->count; i++) {
		if (words->items[i].address == words->items[kept].address) {
			words->items[kept].rw |= words->items[i].rw;
			words->items[kept].waiters++;
		} else {
			words->items[++kept] = words->items[i];
		}
	}
	words->count = kept + 1;
	return NULL;
}

static void read_word(struct target *target, struct lock_word *word)
{
	uint8_t bytes[LOCK_BYTES] = { 0 };
	size_t size = word->rw ? LOCK_BYTES : MUTEX_BYTES;
	word->read = error_ignore(target_read(target, word->address, bytes, size));
	memcpy(&word->state, bytes, sizeof(word->state));
	memcpy(&word->readers, bytes + READER_COUNT, sizeof(word->readers));
	word->writer = word->readers < 0;
	if (word->writer)
		word->readers += READER_OFFSET;
}

const struct lock_word *lock_word_find(const struct lock_notes *notes, uint64_t address)
{
	const struct lock_word like = { .address = address };
	return notes->words.count ? bsearch(&like, notes->words.items, notes->words.count,
					    sizeof(like), compare_words)
				  : NULL;
}

static void locks_forget(void *taken)
{
	struct lock_notes *notes = taken;
	locks_held_deinit(&notes->held);
	lock_word_vector_deinit(&notes->words);
	free(notes->by_address);
	free(notes);
}

static bool is_waiting_writer(const struct goroutine *goroutine, const struct lock_notes *notes)
{
	if (goroutine->wait.kind != WAIT_RWMUTEX_WRITE || !goroutine->wait.address)
		return false;
	const struct lock_word *word = lock_word_find(notes, goroutine->wait.address);
	return word && word->read && word->writer;
}

/*
 * A writer that waits for readers has locked other writers out before, whether or not the library's
 * code shows it in a release; nobody else can stand there for the same lock. What is held stays in the
 * order of goroutines.
 */
static struct error *add_pending_writers(const struct live_evidence *evidence,
					 struct lock_notes *notes)
{
	_cleanup_(held_lock_vector_deinit) struct held_lock_vector all = { 0 };
	struct held_lock_vector *list = &notes->held.list;
	size_t next = 0;
	for (uint32_t i = 0; i < evidence->goroutines->list.count; i++) {
		const struct goroutine *goroutine = &evidence->goroutines->list.items[i];
		bool pending = is_waiting_writer(goroutine, notes);
		for (; next < list->count && list->items[next].goroutine <= i; next++) {
			const struct held_lock *held = &list->items[next];
			if (held->address == goroutine->wait.address && !held->shared &&
			    held->certain)
				pending = false;
			TRY(held_lock_vector_append(&all, held));
		}
		const struct held_lock held = {
			.goroutine = i,
			.address = goroutine->wait.address,
			.certain = true,
			.by_code = true,
		};
		if (pending)
			TRY(held_lock_vector_append(&all, &held));
	}
	for (; next < list->count; next++)
		TRY(held_lock_vector_append(&all, &list->items[next]));
	const struct held_lock_vector old = *list;
	*list = all;
	all = old;
	return NULL;
}

static int compare_held(const void *left, const void *right, void *argument)
{
	const struct held_lock *held = argument;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	if (held[a].address != held[b].address)
		return held[a].address < held[b].address ? -1 : 1;
	return a < b ? -1 : a > b;
}

static struct error *sort_held(struct lock_notes *notes)
{
	size_t count = notes->held.list.count;
	notes->by_address = calloc(count + 1, sizeof(*notes->by_address));
	if (!notes->by_address)
		return error_no_memory();
	for (size_t i = 0; i < count; i++)
		notes->by_address[i] = (uint32_t)i;
	if (count)
		qsort_r(notes->by_address, count, sizeof(*notes->by_address), compare_held,
			notes->held.list.items);
	return NULL;
}

const uint32_t *lock_holders(const struct lock_notes *notes, uint64_t address, size_t *ret_count)
{
	const struct held_lock *held = notes->held.list.items;
	size_t low = 0, high = notes->held.list.count, count = 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (held[notes->by_address[middle]].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + count < notes->held.list.count &&
	       held[notes->by_address[low + count]].address == address)
		count++;
	*ret_count = count;
	return notes->by_address + low;
}

static struct error *take_notes(const struct live_evidence *evidence, struct lock_notes *notes)
{
	struct runtime *runtime = evidence->heap->runtime;
	for (size_t i = 0; i < notes->words.count; i++)
		read_word(runtime_target(runtime), &notes->words.items[i]);
	TRY(locks_held_find(runtime, evidence->goroutines, &notes->held));
	TRY(add_pending_writers(evidence, notes));
	return sort_held(notes);
}

static struct error *locks_read(const struct live_evidence *evidence, void **ret_notes)
{
	_cleanup_(lock_word_vector_deinit) struct lock_word_vector words = { 0 };
	TRY(gather_words(evidence, &words));
	if (!words.count)
		return NULL;
	struct lock_notes *notes = calloc(1, sizeof(*notes));
	if (!notes)
		return error_no_memory();
	notes->words = words;
	words = (struct lock_word_vector){ 0 };
	struct error *error = take_notes(evidence, notes);
	if (error)
		locks_forget(notes);
	else
		*ret_notes = notes;
	return error;
}

static void locks_deinit(struct locks *locks)
{
	wait_for_deinit(&locks->graph);
	free(locks->roots);
}

static struct error *find_roots(struct locks *locks)
{
	const struct heap *heap = locks->evidence->heap;
	size_t count = locks->evidence->goroutines->list.count;
	locks->roots = malloc((count + 1) * sizeof(*locks->roots));
	if (!locks->roots)
		return error_no_memory();
	memset(locks->roots, 0xff, (count + 1) * sizeof(*locks->roots));
	for (size_t i = 0; i < heap->roots.list.count; i++) {
		const struct heap_root *root = &heap->roots.list.items[i];
		if (root->kind == HEAP_ROOT_GOROUTINE && root->goroutine < count)
			locks->roots[root->goroutine] = heap->scan.graph.object_count + (uint32_t)i;
	}
	return NULL;
}

static struct error *locks_find(const struct live_evidence *evidence, void *notes,
				struct findings *ret)
{
	if (!notes)
		return NULL;
	_cleanup_(locks_deinit) struct locks locks = {
		.evidence = evidence,
		.notes = notes,
		.findings = ret,
	};
	TRY(find_roots(&locks));
	TRY(locks_add_owners(&locks));
	TRY(locks_add_debts(&locks));
	TRY(wait_for_solve(&locks.graph, (uint32_t)evidence->goroutines->list.count));
	TRY(locks_find_cycles(&locks));
	return locks_find_unreleased(&locks);
}

const struct live_detector live_locks = {
	.read = locks_read,
	.find = locks_find,
	.forget = locks_forget,
};
