/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/abandoned.h"

#include <string.h>

#include "binary/channel_uses.h"
#include "binary/type.h"
#include "leak/live/age.h"
#include "leak/live/holder.h"
#include "leak/live/library.h"
#include "leak/live/liveness.h"
#include "leak/live/waits_name.h"
#include "leak/live/waits_rule.h"
#include "model/quantity.h"

/*
 * L1 to L5, L7 where somebody still holds the channel: a list of subscribers that is only ever
 * added to. Reachability says that they may be woken. But nobody does by himself: some code must
 * send or close. So all code of the program is looked through that does so with channels of that
 * type, and if there is none, none of these goroutines goes on.
 *
 * Types are found by following machine code, so that this is no proof. Where they are not found,
 * a place counts that reads the channel from a field at the same offset, and one of which nothing
 * is known counts always. The standard library sends on no channel of a program's own but those of
 * the types below; a channel that something of the library holds is left out.
 *
 * One or two of a kind may be what a program has for itself, whose other side was left out when it
 * was linked.
 */
#define SUSPECT_LEAST 3
#define CROWDS_MAX    32
#define MEMBERS_MAX   256 /* of a crowd, whose holders are looked for */

/* Elements of channels that the library sends on, though they are not its own. */
static const char *const sent_by_library[] = { "time.Time", "os.Signal", "*rpc.Call" };

static bool is_for_program(const struct wait_channel *channel)
{
	if (!channel->known || channel->closed || !channel->element)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(sent_by_library); i++) {
		if (strcmp(channel->element, sent_by_library[i]) == 0)
			return false;
	}
	return true;
}

/* The program's own code waits itself. */
static bool waits_itself(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	const struct stack *stack = goroutine->stack;
	uint32_t i = 0;
	while (i < stack->count && strncmp(stack->frames[i].function, "runtime.", 8) == 0)
		i++;
	return i < stack->count && place_is_users(&evidence->places, stack->frames[i].function);
}

static bool is_wanted(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	const struct wait *wait = &goroutine->wait;
	const struct live_age age = live_age_of(evidence);
	if (goroutine->id == 1 || goroutine->system || goroutine->bubble ||
	    goroutine->state != GOROUTINE_WAITING || !goroutine->creator.function ||
	    (wait->kind != WAIT_CHANNEL && wait->kind != WAIT_SELECT) || !wait->queued ||
	    !wait->channel_count ||
	    liveness_of(evidence->liveness, goroutine) != LIVENESS_WAKEABLE ||
	    !live_age_is_high(&age, goroutine) || !waits_itself(evidence, goroutine))
		return false;
	for (uint32_t i = 0; i < wait->channel_count; i++) {
		if (!is_for_program(&wait->channels[i]))
			return false;
	}
	return true;
}

struct search {
	const struct live_evidence *evidence;
	struct crowds crowds;
	struct abandoned_vector list;
	struct map channels; /* vertex → index into `list` */
};

static void search_deinit(struct search *search)
{
	for (size_t i = 0; i < search->list.count; i++) {
		u64_vector_deinit(&search->list.items[i].offsets);
		u64_vector_deinit(&search->list.items[i].globals);
	}
	abandoned_vector_deinit(&search->list);
	map_deinit(&search->channels);
	crowds_deinit(&search->crowds);
}

static void add_case(struct abandoned_crowd *abandoned, uint64_t element, unsigned wakes)
{
	for (size_t i = 0; i < abandoned->case_count; i++) {
		if (abandoned->cases[i].element == element) {
			abandoned->cases[i].wakes |= wakes;
			return;
		}
	}
	if (abandoned->case_count == ABANDONED_CASES_MAX)
		abandoned->foreign = true;
	else
		abandoned->cases[abandoned->case_count++] = (struct abandoned_case){ element,
										     wakes };
}

static struct error *add_channel(struct search *search, struct abandoned_crowd *abandoned,
				 size_t index, const struct wait_channel *channel)
{
	const struct heap *heap = search->evidence->heap;
	uint32_t vertex = library_vertex(heap, channel->address);
	struct type element;
	struct map_slot *slot;
	if (vertex == VERTEX_NONE || !channel->element_type ||
	    !error_ignore(
		    type_read(runtime_binary(heap->runtime), channel->element_type, &element))) {
		abandoned->foreign = true;
		return NULL;
	}
	if (element.size)
		abandoned->only_closed = false;
	add_case(abandoned, element.address,
		 CHANNEL_CLOSES | (channel->send ? CHANNEL_RECEIVES : CHANNEL_SENDS));
	size_t before = search->channels.count;
	TRY(map_insert(&search->channels, vertex, index, &slot));
	abandoned->channels += search->channels.count > before;
	/* Of two crowds that wait for one channel, the first one's is told. */
	if (slot->value != index)
		abandoned->foreign = true;
	return NULL;
}

static struct error *add_crowd(struct search *search, const struct crowd *crowd)
{
	struct abandoned_crowd abandoned = { .crowd = crowd, .only_closed = true };
	size_t index = search->list.count, members = 0;
	for (uint32_t i = crowd->first; i != CROWD_END && members < MEMBERS_MAX;
	     i = search->crowds.next[i], members++) {
		const struct wait *wait = &search->evidence->goroutines->list.items[i].wait;
		for (uint32_t k = 0; k < wait->channel_count; k++)
			TRY(add_channel(search, &abandoned, index, &wait->channels[k]));
	}
	return abandoned_vector_append(&search->list, &abandoned);
}

/* An idle pool receives from one channel. */
static bool is_judged(const struct abandoned_crowd *abandoned)
{
	return !abandoned->foreign && abandoned->held &&
	       (!abandoned->only_closed || abandoned->channels > 1);
}

static bool has(const struct u64_vector *list, uint64_t number)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i] == number)
			return true;
	}
	return false;
}

/* The type of a channel's elements, if somebody waits for it or the heap tells; 0. */
static uint64_t element_of(const struct live_evidence *evidence, uint64_t channel)
{
	const struct heap *heap = evidence->heap;
	uint32_t vertex = library_vertex(heap, channel);
	struct heap_type type = { 0 };
	if (vertex != VERTEX_NONE && heap_object_type(heap, vertex) != HEAP_TYPE_UNKNOWN)
		heap_types_get(heap->types, heap_object_type(heap, vertex), &type);
	if (type.form == HEAP_CHANNEL)
		return type.descriptor;
	for (size_t i = 0; i < evidence->goroutines->list.count; i++) {
		const struct wait *wait = &evidence->goroutines->list.items[i].wait;
		for (uint32_t k = 0; k < wait->channel_count; k++) {
			if (wait->channels[k].address == channel)
				return wait->channels[k].element_type;
		}
	}
	return 0;
}

/* Of the channel that one of the program's variables leads to now. */
static uint64_t element_in_global(const struct live_evidence *evidence, uint64_t address)
{
	const struct heap_roots *roots = &evidence->heap->roots;
	for (size_t i = 0; i < roots->list.count; i++) {
		const struct heap_root *root = &roots->list.items[i];
		for (size_t k = root->first; k < root->first + root->count; k++) {
			if (root->kind == HEAP_ROOT_GLOBAL &&
			    roots->pointers.items[k].where == address)
				return element_of(evidence, roots->pointers.items[k].value);
		}
	}
	return 0;
}

static bool may_wake(const struct live_evidence *evidence, const struct abandoned_crowd *abandoned,
		     const struct channel_use *use)
{
	for (size_t i = 0; i < abandoned->case_count; i++) {
		const struct abandoned_case *one = &abandoned->cases[i];
		if (!(one->wakes & use->does))
			continue;
		if (use->known == CHANNEL_OF_ANYTHING ||
		    (use->known == CHANNEL_OF_ELEMENT && use->value == one->element) ||
		    (use->known == CHANNEL_IN_FIELD && has(&abandoned->offsets, use->value)) ||
		    (use->known == CHANNEL_IN_GLOBAL &&
		     (has(&abandoned->globals, use->value) ||
		      element_in_global(evidence, use->value) == one->element)))
			return true;
	}
	return false;
}

static unsigned wakes_of(const struct abandoned_crowd *abandoned)
{
	unsigned wakes = 0;
	for (size_t i = 0; i < abandoned->case_count; i++)
		wakes |= abandoned->cases[i].wakes;
	return wakes;
}

/* True when none of the crowds is left that no code wakes. */
static bool drop_woken(struct search *search, const struct channel_use_vector *found)
{
	size_t left = 0;
	for (size_t i = 0; i < search->list.count; i++) {
		struct abandoned_crowd *abandoned = &search->list.items[i];
		for (size_t k = 0; k < found->count && !abandoned->foreign; k++) {
			if (may_wake(search->evidence, abandoned, &found->items[k]))
				abandoned->foreign = true;
		}
		left += is_judged(abandoned);
	}
	return left == 0;
}

static struct error *look_through_code(struct search *search)
{
	const struct binary *binary = runtime_binary(search->evidence->heap->runtime);
	_cleanup_(channel_uses_cleanup) struct channel_uses *uses = NULL;
	unsigned wakes = 0;
	for (size_t i = 0; i < search->list.count; i++)
		wakes |= is_judged(&search->list.items[i]) ? wakes_of(&search->list.items[i]) : 0;
	TRY(channel_uses_open(binary, &uses));
	bool none_left = channel_uses_count(uses) == 0;
	for (size_t i = 0; i < channel_uses_count(uses) && !none_left; i++) {
		_cleanup_(channel_use_vector_deinit) struct channel_use_vector found = { 0 };
		unsigned does;
		const char *function = channel_uses_function(uses, i, &does);
		if (!(does & wakes) ||
		    (function && !place_is_users(&search->evidence->places, function)))
			continue;
		TRY(channel_uses_resolve(uses, i, &found));
		none_left = drop_woken(search, &found);
	}
	for (size_t i = 0; i < search->list.count && none_left; i++)
		search->list.items[i].foreign = true;
	return NULL;
}

static const char *title_of(const struct abandoned_crowd *abandoned, struct findings *ret)
{
	const struct wait *wait = &abandoned->crowd->example->wait;
	char text[QUANTITY_SIZE];
	const char *count = quantity_count(abandoned->crowd->count, text);
	if (wait->kind == WAIT_SELECT)
		return findings_text(
			ret,
			"%s goroutines wait in a select of whose channels no code seems to do the other half",
			count);
	if (wait->channels[0].send)
		return findings_text(
			ret, "%s goroutines send on channels that no code seems to receive from",
			count);
	return findings_text(
		ret, "%s goroutines receive from channels that no code seems to send on or close",
		count);
}

static struct error *report(const struct search *search, const struct abandoned_crowd *abandoned,
			    struct findings *ret)
{
	const struct live_evidence *evidence = search->evidence;
	const struct crowd *crowd = abandoned->crowd;
	const struct wait_channel *channel = &crowd->example->wait.channels[0];
	enum rule_id rule;
	TRY(waits_rule(evidence, &search->crowds, crowd, &rule));
	struct finding finding = crowd_finding(crowd, rule);
	/*
	 * Types of channels in machine code are followed through callers, fields and interfaces, which
	 * goes wrong where one piece of code serves several types: so it is worth a look, no more.
	 */
	finding.certainty = CERTAINTY_SUSPECT;
	finding.title = title_of(abandoned, ret);
	finding.why = findings_text(
		ret,
		"Somebody still holds the channels. But as far as its machine code tells, nothing in the program %s a channel of %s.",
		channel->send ? "receives from" : "sends on, or closes,", channel->element);
	finding.settle = "Look for who was to be the other side: nothing of it was linked.";
	uint32_t vertex = library_vertex(evidence->heap, channel->address);
	struct finding holder = finding;
	TRY(live_holder_tell(evidence, vertex, ret, &holder));
	finding.path = holder.path;
	finding.path_count = holder.path_count;
	TRY(waits_name(evidence, crowd->example, liveness_root(evidence->liveness, crowd->example),
		       ret, &finding.subject));
	return crowd_report(evidence, &search->crowds, crowd, &finding, ret);
}

static struct error *find_abandoned(struct search *search, struct findings *ret)
{
	TRY(crowds_gather(search->evidence, is_wanted, &search->crowds));
	for (size_t i = 0; i < search->crowds.list.count && i < CROWDS_MAX; i++) {
		if (search->crowds.list.items[i].count >= SUSPECT_LEAST)
			TRY(add_crowd(search, &search->crowds.list.items[i]));
	}
	if (!search->channels.count)
		return NULL;
	TRY(abandoned_find_holders(search->evidence, &search->crowds, &search->channels,
				   &search->list));
	bool any = false;
	for (size_t i = 0; i < search->list.count; i++)
		any |= is_judged(&search->list.items[i]);
	if (!any)
		return NULL;
	TRY(look_through_code(search));
	for (size_t i = 0; i < search->list.count; i++) {
		if (is_judged(&search->list.items[i]))
			TRY(report(search, &search->list.items[i], ret));
	}
	return NULL;
}

static struct error *abandoned_find(const struct live_evidence *evidence, void *notes,
				    struct findings *ret)
{
	(void)notes;
	/* Another module's code reaches types and functions in ways that are not followed. */
	if (!evidence->liveness || !evidence->tree ||
	    runtime_binary(evidence->heap->runtime)->module_count != 1)
		return NULL;
	_cleanup_(search_deinit) struct search search = { .evidence = evidence };
	return find_abandoned(&search, ret);
}

const struct live_detector live_abandoned = { .find = abandoned_find };
