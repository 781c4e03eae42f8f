/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/map.h"
#include "heap/edge_names.h"
#include "heap/holders.h"
#include "heap/names.h"
#include "leak/live/callers.h"
#include "leak/live/files_private.h"
#include "leak/live/library.h"
#include "leak/live/live.h"
#include "model/quantity.h"

/*
 * L32, and L33 for sockets: descriptors that nobody closes.
 *
 *   - Dropped: the object cannot be reached and is open still, so it was let go of without a Close. The
 *     collector will find it and its finalizer will close it, some time: until then the process has a
 *     descriptor less. A Close that is forgotten once at the program's start is no matter; 50 are
 *     what a loop or a request does.
 *   - Held: many os.Files are open by way of one holder. A database may have hundreds, each another
 *     file; nobody needs one file 32 times. So that, or half of the descriptors that the process may
 *     have, is more than a suspicion.
 *   - Accepted, and nobody there: a connection that a listener has accepted is served by a goroutine,
 *     which has it on its stack. Ten that hang on one holder alone have been left behind. (Connections
 *     that the program has made itself lie in pools like that, and are not looked at.)
 */
#define DROPPED_SUSPECT 10
#define DROPPED_LIKELY  50
#define HELD_SAME       32
#define HELD_MANY       100
#define ACCEPTED_LEAST  10
#define FINDINGS_MAX    8
#define GROUPS_MAX      2048
#define STEPS_MAX       64

struct file_notes {
	struct closable_vector list;
	int64_t limit;
};

static struct error *files_read(const struct live_evidence *evidence, void **ret_notes)
{
	struct file_notes *notes = calloc(1, sizeof(*notes));
	*ret_notes = notes;
	if (!notes)
		return error_no_memory();
	notes->limit = closables_limit(evidence->heap);
	return closables_read(evidence->heap, &notes->list);
}

static void files_forget(void *argument)
{
	struct file_notes *notes = argument;
	closable_vector_deinit(&notes->list);
	free(notes);
}

/* Of one holder, or dropped. */
struct file_group {
	enum closable_kind kind;
	bool dropped;
	uint64_t holder; /* a type's number, or a root */
	uint64_t count;
	uint64_t bytes;
	uint64_t same; /* those of the name that most have, about */
	uint64_t name;
	uint64_t votes; /* of the name above the others */
	uint32_t example;
	uint32_t goroutine; /* that holds it; HEAP_NO_GOROUTINE */
};

DEFINE_VECTOR(file_group_vector, struct file_group);

/* A type of the packages that only wrap it: the holder is behind. */
static struct error *is_wrapper(const struct heap *heap, uint32_t vertex, bool *ret)
{
	static const char *const wrappers[] = { "os.", "net.", "bufio.", "crypto/tls.", "tls." };
	const char *name;
	*ret = false;
	TRY(heap_types_name(heap->types, heap_object_type(heap, vertex), &name));
	for (size_t i = 0; i < ARRAY_SIZE(wrappers); i++)
		*ret |= strncmp(name, wrappers[i], strlen(wrappers[i])) == 0;
	return NULL;
}

struct holder {
	uint64_t key; /* 0: several lead to it */
	uint32_t goroutine;
	bool queue; /* it waits in a channel */
};

/* The nearest that holds it alone; and the goroutine, if one is above. */
static struct error *find_holder(const struct heap *heap, uint32_t vertex, struct holder *ret)
{
	*ret = (struct holder){ .goroutine = HEAP_NO_GOROUTINE };
	uint32_t at = library_dominator(heap, vertex);
	for (int step = 0; step < STEPS_MAX && at != VERTEX_NONE;
	     step++, at = library_dominator(heap, at)) {
		const struct heap_root *root = heap_vertex_root(heap, at);
		bool wrapper = false;
		if (root) {
			ret->goroutine = root->kind == HEAP_ROOT_GOROUTINE ? root->goroutine
									   : HEAP_NO_GOROUTINE;
			ret->key = ret->key ? ret->key : at;
			break;
		}
		struct heap_type type = { 0 };
		uint32_t number = heap_object_type(heap, at);
		if (number != HEAP_TYPE_UNKNOWN)
			heap_types_get(heap->types, number, &type);
		ret->queue |= type.form == HEAP_CHANNEL || type.form == HEAP_CHANNEL_BUFFER;
		TRY(is_wrapper(heap, at, &wrapper));
		if (!wrapper && !ret->key)
			ret->key = UINT64_C(1) << 40 | number;
	}
	return NULL;
}

static struct error *group_add(struct file_group_vector *groups, const struct heap *heap,
			       const struct closable *closable, const struct holder *holder)
{
	size_t i = 0;
	while (i < groups->count && (groups->items[i].kind != closable->kind ||
				     groups->items[i].dropped != !closable->reached ||
				     groups->items[i].holder != holder->key))
		i++;
	/* Held by ever another one: none of them has many. */
	if (i == groups->count && i >= GROUPS_MAX)
		return NULL;
	if (i == groups->count) {
		const struct file_group fresh = {
			.kind = closable->kind,
			.dropped = !closable->reached,
			.holder = holder->key,
			.example = closable->vertex,
			.goroutine = holder->goroutine,
		};
		TRY(file_group_vector_append(groups, &fresh));
	}
	struct file_group *group = &groups->items[i];
	group->count++;
	group->bytes += closable->reached ? heap_retained(heap, closable->vertex)
					  : heap_object_size(heap, closable->vertex);
	/* Who has more than half of the votes is left at the end. */
	if (!group->votes)
		group->name = closable->name;
	if (closable->name && group->name == closable->name) {
		group->votes++;
		group->same++;
	} else if (group->votes) {
		group->votes--;
	}
	return NULL;
}

/* Which of them are told of at all. */
static struct error *gather(const struct live_evidence *evidence, const struct file_notes *notes,
			    struct file_group_vector *groups)
{
	const struct heap *heap = evidence->heap;
	for (size_t i = 0; i < notes->list.count; i++) {
		const struct closable *closable = &notes->list.items[i];
		struct holder holder = { .goroutine = HEAP_NO_GOROUTINE };
		if (closable->listens || closable->number <= 2)
			continue;
		if (closable->reached) {
			TRY(find_holder(heap, closable->vertex, &holder));
			if (!holder.key || holder.queue ||
			    (closable->kind == CLOSABLE_SOCKET &&
			     (!closable->accepted || holder.goroutine != HEAP_NO_GOROUTINE)))
				continue;
		}
		TRY(group_add(groups, heap, closable, &holder));
	}
	return NULL;
}

static bool judge(const struct file_group *group, int64_t limit, enum certainty *ret)
{
	*ret = CERTAINTY_LIKELY;
	if (group->dropped) {
		if (group->count < DROPPED_LIKELY)
			*ret = CERTAINTY_SUSPECT;
		return group->count >= DROPPED_SUSPECT;
	}
	if (group->kind == CLOSABLE_SOCKET)
		return group->count >= ACCEPTED_LEAST;
	if ((group->votes && group->same >= HELD_SAME && group->same >= group->count / 2) ||
	    (limit > 0 && group->count >= HELD_SAME && (int64_t)group->count >= limit / 2))
		return true;
	*ret = CERTAINTY_SUSPECT;
	return group->count >= HELD_MANY;
}

static const char *title_of(const struct file_group *group, struct findings *ret)
{
	char count[QUANTITY_SIZE];
	quantity_count(group->count, count);
	if (group->kind == CLOSABLE_SOCKET)
		return group->dropped
			       ? findings_text(ret, "%s connections were dropped and not closed",
					       count)
			       : findings_text(
					 ret,
					 "%s accepted connections are open that no goroutine serves",
					 count);
	return group->dropped
		       ? findings_text(ret, "%s open files were dropped and not closed", count)
		       : findings_text(ret, "%s files are held open", count);
}

static const char *why_of(const struct file_group *group, int64_t limit, struct findings *ret)
{
	char same[QUANTITY_SIZE], most[QUANTITY_SIZE];
	if (group->dropped)
		return "Nothing in the program leads to them any more, and they are open: nobody has called Close. Their finalizers close them once the collector has found them, which may be long after, and the descriptors are used up first.";
	if (group->kind == CLOSABLE_SOCKET)
		return "A listener has accepted them, and no goroutine has one of them on its stack: nobody reads from them, writes to them or is about to close them.";
	if (group->votes && group->same >= HELD_SAME)
		return limit > 0
			       ? findings_text(
					 ret,
					 "About %s of them are one and the same file. The process may have %s descriptors.",
					 quantity_count(group->same, same),
					 quantity_count((uint64_t)limit, most))
			       : findings_text(ret, "About %s of them are one and the same file.",
					       quantity_count(group->same, same));
	return limit > 0
		       ? findings_text(
				 ret,
				 "They are held in one place. The process may have %s descriptors.",
				 quantity_count((uint64_t)limit, most))
		       : "They are held in one place.";
}

/* Who makes them. */
static const char *const files[] = {
	"os.Open", "os.OpenFile",     "os.Create",           "os.CreateTemp", "os.NewFile",
	"os.Pipe", "os.(*Root).Open", "os.(*Root).OpenFile", "os.OpenInRoot", NULL,
};
static const char *const sockets[] = {
	"net.(*TCPListener).Accept",
	"net.(*TCPListener).AcceptTCP",
	"net.Dial",
	"net.DialTimeout",
	"net.(*Dialer).Dial",
	"net.(*Dialer).DialContext",
	"net.DialTCP",
	NULL,
};

struct error *files_place(const struct live_evidence *evidence, enum closable_kind kind,
			  uint32_t held, struct findings *findings, struct finding *finding)
{
	const char *const *names = kind == CLOSABLE_FILE ? files : sockets;
	struct place place;
	size_t count;
	if (held != VERTEX_NONE)
		return live_callers_tell(evidence, held, names, 0, findings, finding);
	TRY(live_callers_find(evidence, names, 0, findings, &place, &count));
	if (count) {
		finding->place = place;
		finding->place_word = count == 1 ? "made by" : "may be made by";
	}
	return NULL;
}

static struct error *tell(const struct live_evidence *evidence, const struct file_group *group,
			  enum certainty certainty, int64_t limit, struct findings *ret)
{
	bool file = group->kind == CLOSABLE_FILE;
	struct finding finding = {
		.rule = file ? RULE_FILE_NOT_CLOSED : RULE_STREAM_NOT_CLOSED,
		.certainty = certainty,
		.count = group->count,
		.bytes = (int64_t)group->bytes,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.wait_min_ns = -1,
		.wait_max_ns = -1,
		.title = title_of(group, ret),
		.why = why_of(group, limit, ret),
	};
	if (certainty == CERTAINTY_SUSPECT)
		finding.settle =
			group->dropped
				? "Look again: a few that are closed by the next collection are a matter of tidiness."
				: "See whether all of them are needed at a time, and whether they become more.";
	TRY(files_place(evidence, group->kind, group->dropped ? VERTEX_NONE : group->example, ret,
			&finding));
	return finding_vector_append(&ret->list, &finding);
}

/* What it has deferred in a loop, it will close: that is another finding. */
static bool is_deferred(const struct live_evidence *evidence, const struct file_group *group)
{
	return group->goroutine != HEAP_NO_GOROUTINE &&
	       evidence->goroutines->list.items[group->goroutine].deferred_count >= HELD_SAME;
}

static struct error *files_find(const struct live_evidence *evidence, void *argument,
				struct findings *ret)
{
	const struct file_notes *notes = argument;
	_cleanup_(file_group_vector_deinit) struct file_group_vector groups = { 0 };
	size_t found = 0;
	if (!notes || !evidence->heap->dominators.count)
		return NULL;
	/* Of tests that are run several times over it tells more than how many there are. */
	if (evidence->rounds)
		return files_find_rounds(evidence, &notes->list, ret);
	TRY(gather(evidence, notes, &groups));
	for (size_t i = 0; i < groups.count && found < FINDINGS_MAX; i++) {
		enum certainty certainty;
		if (!judge(&groups.items[i], notes->limit, &certainty) ||
		    is_deferred(evidence, &groups.items[i]))
			continue;
		TRY(tell(evidence, &groups.items[i], certainty, notes->limit, ret));
		found++;
	}
	return NULL;
}

const struct live_detector live_files = {
	.read = files_read,
	.find = files_find,
	.forget = files_forget,
};
