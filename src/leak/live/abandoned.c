/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/abandoned.h"

#include <stdio.h>
#include <string.h>

#include "binary/channel_uses.h"
#include "binary/pclntab.h"
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
 * Types are found by following machine code, so that this is no proof. Where one is not found, the
 * place counts as one that wakes anybody. The standard library sends on no channel of a program's
 * own but those of the types below; a channel that something of the library holds is left out.
 *
 * One or two of a kind may be what a program has for itself, whose other side was left out when it
 * was linked.
 */
#define SUSPECT_LEAST 3
#define LIKELY_LEAST  10
#define CROWDS_MAX    32

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
	const struct map *globals;
};

static void search_deinit(struct search *search)
{
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
	size_t index = search->list.count;
	for (uint32_t i = crowd->first; i != CROWD_END; i = search->crowds.next[i]) {
		const struct wait *wait = &search->evidence->goroutines->list.items[i].wait;
		for (uint32_t k = 0; k < wait->channel_count; k++)
			TRY(add_channel(search, &abandoned, index, &wait->channels[k]));
	}
	return abandoned_vector_append(&search->list, &abandoned);
}

static const char *title_of(const struct abandoned_crowd *abandoned, struct findings *ret)
{
	const struct wait *wait = &abandoned->crowd->example->wait;
	char text[QUANTITY_SIZE];
	const char *count = quantity_count(abandoned->crowd->count, text);
	if (wait->kind == WAIT_SELECT)
		return findings_text(
			ret,
			"%s goroutines wait in a select of whose channels no code does the other half",
			count);
	if (wait->channels[0].send)
		return findings_text(
			ret, "%s goroutines send on channels that no code receives from", count);
	return findings_text(
		ret, "%s goroutines receive from channels that no code sends on or closes", count);
}

/* "receives from a channel of int, or sends on or closes one of string" */
static const char *others_half(const struct search *search, const struct abandoned_crowd *abandoned,
			       struct findings *ret)
{
	const struct binary *binary = runtime_binary(search->evidence->heap->runtime);
	const char *text = "";
	for (size_t i = 0; i < abandoned->case_count; i++) {
		const struct abandoned_case *one = &abandoned->cases[i];
		char name[256];
		if (!error_ignore(type_name(binary, one->element, name, sizeof(name))))
			snprintf(name, sizeof(name), "some type");
		text = findings_text(ret, "%s%s%s%s%s %s of %s", text, i ? ", or " : "",
				     one->wakes & CHANNEL_RECEIVES ? "receives from" : "",
				     one->wakes == (CHANNEL_RECEIVES | CHANNEL_SENDS | CHANNEL_CLOSES)
					     ? ", "
					     : "",
				     one->wakes & CHANNEL_SENDS ? "sends on or closes" : "",
				     i ? "one" : "a channel", name);
	}
	return text;
}

/*
 * Several that wait for a value can hardly be meant to: who sends none at all needs no channel. To be
 * closed at the end, or not even then, is what some wait for by intention: a few.
 */
static bool is_likely(const struct abandoned_crowd *abandoned)
{
	return abandoned->crowd->count >= LIKELY_LEAST &&
	       (!abandoned->only_closed || abandoned->channels >= LIKELY_LEAST);
}

static struct error *report(const struct search *search, const struct abandoned_crowd *abandoned,
			    struct findings *ret)
{
	const struct live_evidence *evidence = search->evidence;
	const struct crowd *crowd = abandoned->crowd;
	enum rule_id rule;
	TRY(waits_rule(evidence, &search->crowds, crowd, &rule));
	struct finding finding = crowd_finding(crowd, rule);
	finding.certainty = is_likely(abandoned) ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT;
	finding.title = title_of(abandoned, ret);
	finding.why = findings_text(
		ret,
		"Somebody still holds the channels. But as far as its machine code tells, nothing in the program %s.",
		others_half(search, abandoned, ret));
	if (finding.certainty == CERTAINTY_SUSPECT)
		finding.settle =
			"A few may be meant to wait so. Look for who was to be the other side: nothing of it was linked.";
	uint32_t vertex = library_vertex(evidence->heap, crowd->example->wait.channels[0].address);
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
		any |= abandoned_is_judged(&search->list.items[i]);
	if (!any)
		return NULL;
	TRY(abandoned_drop_woken(search->evidence, search->globals, &search->list));
	for (size_t i = 0; i < search->list.count; i++) {
		if (abandoned_is_judged(&search->list.items[i]))
			TRY(report(search, &search->list.items[i], ret));
	}
	return NULL;
}

/* Nothing is looked for where there is nobody to look for. */
static bool has_some(const struct live_evidence *evidence)
{
	size_t count = 0;
	for (size_t i = 0; i < evidence->goroutines->list.count && count < SUSPECT_LEAST; i++) {
		const struct goroutine *goroutine = &evidence->goroutines->list.items[i];
		count += goroutine->wait.channel_count && !goroutine->system &&
			 waits_itself(evidence, goroutine);
	}
	return count == SUSPECT_LEAST;
}

/*
 * Another module's code reaches types and functions in ways that are not followed, and may yet be
 * loaded. And without the names of modules nobody can tell whose a package is.
 */
static bool is_possible(const struct live_evidence *evidence)
{
	const struct binary *binary = runtime_binary(evidence->heap->runtime);
	struct function function;
	return binary->module_count == 1 && binary->build_info.main.path &&
	       !pclntab_find_named(binary->modules[0].functions, "plugin.open", &function);
}

static struct error *abandoned_read(const struct live_evidence *evidence, void **ret_notes)
{
	if (!is_possible(evidence) || !has_some(evidence))
		return NULL;
	struct map *globals = calloc(1, sizeof(*globals));
	if (!globals)
		return error_no_memory();
	*ret_notes = globals;
	return abandoned_read_globals(evidence, globals);
}

static void abandoned_forget(void *notes)
{
	map_deinit(notes);
	free(notes);
}

static struct error *abandoned_find(const struct live_evidence *evidence, void *notes,
				    struct findings *ret)
{
	if (!evidence->liveness || !evidence->tree || !notes)
		return NULL;
	_cleanup_(search_deinit) struct search search = {
		.evidence = evidence,
		.globals = notes,
	};
	return find_abandoned(&search, ret);
}

const struct live_detector live_abandoned = {
	.read = abandoned_read,
	.find = abandoned_find,
	.forget = abandoned_forget,
};
