/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heap/holders.h"
#include "heap/names.h"
#include "leak/live/callers.h"
#include "leak/live/crowd.h"
#include "leak/live/library.h"
#include "leak/live/lone_channels.h"
#include "model/quantity.h"
#include "runtime/batch.h"

/*
 * L33: what was begun to be read and neither read to its end nor closed.
 *
 *   - An answer's body, of net/http: the goroutine that reads the connection waits for whoever has the
 *     body to say that he is done with it. When it alone leads to the channel for that, nobody has the
 *     body any more. (A connection at rest waits for the other side instead.)
 *   - Rows and transactions of database/sql: a goroutine waits for their context, and alone leads to
 *     them. Or the pool of connections alone leads to one that counts as in use.
 *
 * Each keeps a connection. One that is forgotten at a program's start is no matter; from 3 on it is a
 * suspicion, and 10 are made by something that goes on.
 */
#define COUNT_SUSPECT 3
#define COUNT_LIKELY  10
#define VALUE_MAX     4096

enum { TYPE_ROWS, TYPE_TX, TYPE_CONNECTION, TYPE_DATABASE };

static const struct library_type types[] = {
	[TYPE_ROWS] = { "database/sql", "sql.Rows" },
	[TYPE_TX] = { "database/sql", "sql.Tx" },
	[TYPE_CONNECTION] = { "database/sql", "sql.driverConn" },
	[TYPE_DATABASE] = { "database/sql", "sql.DB" },
};

struct stream_notes {
	struct library_objects objects; /* connections that are in use; the others all */
};

/* A connection of a pool says of itself whether it is in use. */
static struct error *drop_idle(const struct heap *heap, struct library_objects *objects)
{
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	_cleanup_(batch_deinit) struct batch batch = {
		.target = runtime_target(heap->runtime),
		.arena = &arena,
	};
	struct library_object_vector *list = &objects->list;
	uint64_t used = library_field(heap, objects->descriptors[TYPE_CONNECTION], "inUse");
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++)
		TRY(batch_add(&batch, list->items[i].address + (used < VALUE_MAX ? used : 0), 1));
	TRY(batch_run(&batch));
	for (size_t i = 0; i < list->count; i++) {
		const uint8_t *byte = batch_bytes(&batch, i);
		if (list->items[i].type != TYPE_CONNECTION ||
		    (used != LIBRARY_NO_FIELD && byte && *byte == 1))
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
	return NULL;
}

static struct error *streams_read(const struct live_evidence *evidence, void **ret_notes)
{
	struct stream_notes *notes = calloc(1, sizeof(*notes));
	*ret_notes = notes;
	if (!notes)
		return error_no_memory();
	TRY(library_objects_find(evidence->heap, types, ARRAY_SIZE(types), &notes->objects));
	return notes->objects.list.count ? drop_idle(evidence->heap, &notes->objects) : NULL;
}

static void streams_forget(void *argument)
{
	struct stream_notes *notes = argument;
	library_objects_deinit(&notes->objects);
	free(notes);
}

static bool stands_in(const struct goroutine *goroutine, const char *function)
{
	for (uint32_t i = 0; i < goroutine->stack->count; i++) {
		const char *name = goroutine->stack->frames[i].function;
		if (name && strcmp(name, function) == 0)
			return true;
	}
	return false;
}

/* crowds_gather() hands the evidence along, which is the first part of this. */
struct streams_evidence {
	struct live_evidence evidence;
	const bool *chosen; /* by goroutine */
};

static bool is_chosen(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	const struct streams_evidence *streams = (const struct streams_evidence *)evidence;
	return streams->chosen[goroutine - evidence->goroutines->list.items];
}

/* The channel by which whoever has the body says that he is done; VERTEX_NONE. */
static uint32_t body_channel(const struct heap *heap, const struct goroutine *goroutine)
{
	const struct wait *wait = &goroutine->wait;
	if (goroutine->state != GOROUTINE_WAITING || wait->kind != WAIT_SELECT ||
	    !stands_in(goroutine, "net/http.(*persistConn).readLoop"))
		return VERTEX_NONE;
	for (uint32_t i = 0; i < wait->channel_count; i++) {
		const struct wait_channel *channel = &wait->channels[i];
		if (!channel->send && channel->known && !channel->closed && channel->element &&
		    strcmp(channel->element, "bool") == 0)
			return library_vertex(heap, channel->address);
	}
	return VERTEX_NONE;
}

struct words {
	const char *title;
	const char *why;
	const char *const *makers;
};

static struct finding new_finding(const struct words *words, uint64_t count, uint64_t bytes,
				  struct findings *ret)
{
	char text[QUANTITY_SIZE];
	bool likely = count >= COUNT_LIKELY;
	return (struct finding){
		.rule = RULE_STREAM_NOT_CLOSED,
		.certainty = likely ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT,
		.count = count,
		.bytes = (int64_t)bytes,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.wait_min_ns = -1,
		.wait_max_ns = -1,
		.title = findings_text(ret, words->title, quantity_count(count, text)),
		.why = words->why,
		.settle = likely ? NULL : "Count them again after a while at like load.",
	};
}

/* Goroutines that a finding speaks of are told of nowhere else. */
static struct error *claim(const struct live_evidence *evidence, const bool *chosen,
			   struct finding *finding)
{
	_cleanup_(crowds_deinit) struct crowds crowds = { 0 };
	struct streams_evidence streams = { .evidence = *evidence, .chosen = chosen };
	TRY(crowds_gather(&streams.evidence, is_chosen, &crowds));
	if (crowds.list.count) {
		finding->state = crowds.list.items[0].example->state_text;
		finding->wait_min_ns = crowds.list.items[0].wait_min_ns;
		finding->wait_max_ns = crowds.list.items[0].wait_max_ns;
	}
	for (size_t i = 0; i < evidence->goroutines->list.count && evidence->claimed; i++) {
		if (chosen[i])
			evidence->claimed[i] = true;
	}
	return NULL;
}

static struct error *tell(const struct live_evidence *evidence, const struct words *words,
			  uint64_t count, uint64_t bytes, uint32_t example, const bool *chosen,
			  struct findings *ret)
{
	struct place place;
	size_t places;
	if (count < COUNT_SUSPECT)
		return NULL;
	struct finding finding = new_finding(words, count, bytes, ret);
	TRY(live_callers_find(evidence, words->makers, 0, ret, &place, &places));
	if (places) {
		finding.place = place;
		finding.place_word = places == 1 ? "made by" : "may be made by";
	}
	if (example != VERTEX_NONE)
		TRY(live_callers_tell(evidence, example, words->makers, 0, ret, &finding));
	TRY(claim(evidence, chosen, &finding));
	return finding_vector_append(&ret->list, &finding);
}

/* The writer beside a reader of the same connection: they were started by neighbouring statements. */
static void choose_writers(const struct live_evidence *evidence, bool *chosen)
{
	for (size_t i = 0; i < evidence->goroutines->list.count; i++) {
		const struct goroutine *goroutine = &evidence->goroutines->list.items[i];
		if (goroutine->state == GOROUTINE_WAITING &&
		    stands_in(goroutine, "net/http.(*persistConn).writeLoop"))
			chosen[i] = true;
	}
}

static struct error *find_bodies(const struct live_evidence *evidence, bool *chosen,
				 struct findings *ret)
{
	static const char *const makers[] = {
		"net/http.Get",
		"net/http.Post",
		"net/http.PostForm",
		"net/http.Head",
		"net/http.(*Client).Get",
		"net/http.(*Client).Post",
		"net/http.(*Client).PostForm",
		"net/http.(*Client).Head",
		"net/http.(*Client).Do",
		"net/http.(*Client).do",
		"net/http.(*Transport).RoundTrip",
		NULL,
	};
	static const struct words words = {
		"%s answers of HTTP requests were neither read to their end nor closed",
		"The goroutine that reads each connection waits for word that the answer's body was read or closed, and nobody has that body any more. Until the other side gives up, each keeps a connection, which no other request can use, and two goroutines.",
		makers,
	};
	size_t all = evidence->goroutines->list.count;
	uint64_t count = 0, bytes = 0;
	_cleanup_(lone_channel_vector_deinit) struct lone_channel_vector channels = { 0 };
	for (size_t i = 0; i < all; i++) {
		const struct lone_channel channel = {
			.vertex = body_channel(evidence->heap,
					       &evidence->goroutines->list.items[i]),
			.goroutine = (uint32_t)i,
		};
		if (channel.vertex != VERTEX_NONE)
			TRY(lone_channel_vector_append(&channels, &channel));
	}
	if (channels.count < COUNT_SUSPECT)
		return NULL;
	TRY(lone_channels_check(evidence->heap, channels.items, channels.count));
	for (size_t i = 0; i < channels.count; i++) {
		uint32_t goroutine = channels.items[i].goroutine;
		if (channels.items[i].held)
			continue;
		chosen[goroutine] = true;
		count++;
		bytes += evidence->goroutines->list.items[goroutine].stack_bytes;
	}
	if (count >= COUNT_SUSPECT)
		choose_writers(evidence, chosen);
	return tell(evidence, &words, count, bytes, VERTEX_NONE, chosen, ret);
}

static bool is_below_database(const struct heap *heap, const struct stream_notes *notes,
			      uint32_t vertex)
{
	uint32_t above = library_dominator(heap, vertex);
	for (int step = 0; step < 64 && above != VERTEX_NONE; step++) {
		struct heap_type type = { 0 };
		if (heap_vertex_root(heap, above))
			return false;
		uint32_t number = heap_object_type(heap, above);
		if (number != HEAP_TYPE_UNKNOWN)
			heap_types_get(heap->types, number, &type);
		if (type.form == HEAP_VALUE &&
		    type.descriptor == notes->objects.descriptors[TYPE_DATABASE] && type.descriptor)
			return true;
		above = library_dominator(heap, above);
	}
	return false;
}

/* Rows, transactions (`type`), and connections that nobody has though they are in use. */
static struct error *find_kept(const struct live_evidence *evidence,
			       const struct stream_notes *notes, uint32_t type,
			       const char *function, const struct words *words, bool *chosen,
			       struct findings *ret)
{
	const struct heap *heap = evidence->heap;
	uint64_t count = 0, bytes = 0;
	uint32_t example = VERTEX_NONE;
	for (size_t i = 0; i < notes->objects.list.count; i++) {
		const struct library_object *object = &notes->objects.list.items[i];
		uint32_t goroutine = HEAP_NO_GOROUTINE;
		if (object->type != type)
			continue;
		if (function) {
			goroutine = library_goroutine_above(heap, object->vertex);
			if (goroutine == HEAP_NO_GOROUTINE ||
			    !stands_in(&evidence->goroutines->list.items[goroutine], function))
				continue;
			chosen[goroutine] = true;
		} else if (!is_below_database(heap, notes, object->vertex)) {
			continue;
		}
		example = object->vertex;
		count++;
		bytes += heap_retained(heap, object->vertex);
	}
	return tell(evidence, words, count, bytes, example, chosen, ret);
}

static struct error *find_databases(const struct live_evidence *evidence,
				    const struct stream_notes *notes, bool *chosen,
				    struct findings *ret)
{
	static const char *const queries[] = {
		"database/sql.(*DB).Query",          "database/sql.(*DB).QueryContext",
		"database/sql.(*Tx).Query",          "database/sql.(*Tx).QueryContext",
		"database/sql.(*Stmt).Query",        "database/sql.(*Stmt).QueryContext",
		"database/sql.(*Conn).QueryContext", NULL,
	};
	static const char *const begins[] = {
		"database/sql.(*DB).Begin",
		"database/sql.(*DB).BeginTx",
		"database/sql.(*Conn).BeginTx",
		NULL,
	};
	static const struct words rows = {
		"%s sql.Rows were neither read to their end nor closed",
		"Nothing leads to them any more but the goroutine that waits for their context: whoever asked the query has let go of them. Each keeps a connection to the database, which nobody else can use.",
		queries,
	};
	static const struct words transactions = {
		"%s transactions were neither committed nor rolled back",
		"Nothing leads to them any more but the goroutine that waits for their context. Each keeps a connection to the database, and what it has locked there.",
		begins,
	};
	static const struct words connections = {
		"%s connections to the database are in use by nobody",
		"The pool takes them for being in use, and nothing but the pool leads to them: rows that were not closed, a transaction or a connection that was not given back.",
		queries,
	};
	TRY(find_kept(evidence, notes, TYPE_ROWS, "database/sql.(*Rows).awaitDone", &rows, chosen,
		      ret));
	memset(chosen, 0, evidence->goroutines->list.count);
	TRY(find_kept(evidence, notes, TYPE_TX, "database/sql.(*Tx).awaitDone", &transactions,
		      chosen, ret));
	memset(chosen, 0, evidence->goroutines->list.count);
	return find_kept(evidence, notes, TYPE_CONNECTION, NULL, &connections, chosen, ret);
}

static struct error *streams_find(const struct live_evidence *evidence, void *notes,
				  struct findings *ret)
{
	_cleanup_(free_pointer) bool *chosen = NULL;
	if (!notes || !evidence->heap->dominators.count)
		return NULL;
	chosen = calloc(evidence->goroutines->list.count + 1, sizeof(*chosen));
	if (!chosen)
		return error_no_memory();
	TRY(find_bodies(evidence, chosen, ret));
	memset(chosen, 0, evidence->goroutines->list.count);
	return find_databases(evidence, notes, chosen, ret);
}

const struct live_detector live_streams = {
	.read = streams_read,
	.find = streams_find,
	.forget = streams_forget,
};
