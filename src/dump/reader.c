/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/reader.h"

#include <string.h>

#include "base/hash.h"
#include "dump/reader_private.h"

#define MINUTE_NS INT64_C(60000000000)

#define DUMPS_MAX 512
#define DUMPS_FEW 16 /* as many may well be those that count */

/* What a runtime prints for debug=2 ends here, whatever is left. */
#define RUNTIME_LIMIT ((uint64_t)64 << 20)

/* Goroutines of text that was compressed are in proportion to the bytes that were really there. */
#define BUDGET_ALWAYS   ((uint64_t)24 << 20)
#define BUDGET_PER_BYTE 8

void reader_init(struct reader *reader, struct dumps *dumps, const struct dumps_options *options)
{
	*reader = (struct reader){
		.dumps = dumps,
		.options = options,
		.text = WRITER_TO_MEMORY,
	};
}

void reader_deinit(struct reader *reader)
{
	stack_texts_deinit(&reader->stacks);
	stack_text_builder_deinit(&reader->stack);
	race_deinit(&reader->race);
	map_deinit(&reader->ids);
	writer_deinit(&reader->text);
}

void reader_note(struct reader *reader, const char *bytes, size_t length)
{
	static const char *const heads[] = {
		"panic: ",
		"fatal error: ",
		"SIGQUIT: ",
		"SIGABRT: ",
		"SIGSEGV: ",
		"SIGTRAP: ",
		"unexpected fault address ",
		"runtime: goroutine stack exceeds ",
	};
	static const char served[] = "panic serving ";
	bool tells = length >= 14 && bytes[0] != '\t' &&
		     memmem(bytes, MIN(length, (size_t)200), served, strlen(served));
	for (size_t i = 0; i < ARRAY_SIZE(heads) && !tells; i++)
		tells = dump_starts(bytes, length, heads[i]);
	if (!tells || (reader->dump && reader->more_threads))
		return;
	/* Of several the first is the cause: a panic during a panic, a signal's name and its code. */
	if (!reader->foreign_tells) {
		size_t size = MIN(length, sizeof(reader->reason) - 1);
		memcpy(reader->reason, bytes, size);
		reader->reason[size] = '\0';
	}
	reader->foreign_tells = true;
}

/* A line that is somebody else's. */
static void pass(struct reader *reader, const char *bytes, size_t length)
{
	reader->foreign++;
	reader->foreign_bytes += length;
	if (!reader->in_goroutine)
		reader->apart = true;
	if (length == 5 && !memcmp(bytes, "-----", 5))
		reader->more_threads = true;
	reader_note(reader, bytes, length);
}

static void own(struct reader *reader, const char *bytes, size_t length)
{
	struct dump *dump = reader->dump;
	dump->foreign += reader->foreign;
	dump->size += length + 1 + reader->empty;
	reader->foreign = reader->foreign_bytes = reader->empty = 0;
	if (!reader->options->keep_texts)
		return;
	writer_bytes(&reader->text, bytes, length);
	writer_char(&reader->text, '\n');
}

static uint64_t memory_of(const struct dump *dump)
{
	const struct strings *strings = &dump->strings;
	uint64_t slots = strings->by_hash.slots ? strings->by_hash.mask + 1 : 0;
	return dump->goroutines.arena.total + slots * sizeof(struct map_slot) +
	       dump->goroutines.list.capacity * sizeof(struct goroutine) +
	       dump->locks.capacity * sizeof(struct dump_lock) +
	       dump->text_capacity * sizeof(struct dump_text) + sizeof(*dump);
}

/* Memory of goroutines is had until it would be out of proportion. */
static bool has_room(const struct reader *reader)
{
	uint64_t used = reader->kept;
	if (reader->dump)
		used += memory_of(reader->dump) + reader->ids.count * 2 * sizeof(struct map_slot);
	return !reader->raw || used <= BUDGET_ALWAYS + reader->raw * BUDGET_PER_BYTE;
}

static int compare_counts(const void *left, const void *right)
{
	const size_t *a = left, *b = right;
	return *a < *b ? -1 : *a > *b;
}

/*
 * Room for more dumps: a half of those that are kept goes, the ones with the fewest goroutines. A
 * program that recovers from panics may print thousands of one goroutine before the one that counts.
 */
static struct error *drop_smallest(struct reader *reader)
{
	struct dump_vector *list = &reader->dumps->list;
	size_t left = 0, few = list->count / 2;
	_cleanup_(free_pointer) size_t *counts = calloc(list->count + 1, sizeof(*counts));
	if (!counts)
		return error_no_memory();
	for (size_t i = 0; i < list->count; i++)
		counts[i] = list->items[i]->goroutines.list.count;
	qsort(counts, list->count, sizeof(*counts), compare_counts);
	size_t least = counts[few];
	for (size_t i = 0; i < list->count; i++) {
		struct dump *dump = list->items[i];
		bool open = dump == reader->dump || dump == reader->race.dump;
		if (few && !open && dump->goroutines.list.count <= least) {
			few--;
			reader->kept -= memory_of(dump);
			reader->dumps->dropped++;
			dump_destroy(dump);
		} else {
			list->items[left++] = dump;
		}
	}
	list->count = left;
	return NULL;
}

/* One more in the list, or NULL where it would be too many. */
static struct error *add_dump(struct reader *reader, enum dump_form form, struct dump **ret)
{
	*ret = NULL;
	if ((!has_room(reader) && reader->dumps->list.count >= DUMPS_FEW) ||
	    reader->dumps->list.count == DUMPS_MAX)
		TRY(drop_smallest(reader));
	if (!has_room(reader))
		return NULL;
	struct dump *dump = calloc(1, sizeof(*dump));
	if (!dump)
		return error_no_memory();
	struct error *error = dump_vector_append(&reader->dumps->list, &dump);
	if (error) {
		free(dump);
		return error;
	}
	dump->form = form;
	dump->line = reader->line;
	dump->goroutines.complete = true;
	dump->goroutines.told = true;
	*ret = dump;
	return NULL;
}

struct error *reader_begin_dump(struct reader *reader, enum dump_form form)
{
	struct dump *dump;
	TRY(add_dump(reader, form, &dump));
	if (!dump) {
		/* Each of its goroutines comes here: it is one dump that is dropped. */
		reader->dumps->dropped += !reader->drops || reader->foreign_tells;
		reader->drops = true;
		reader->foreign_tells = false;
		return NULL;
	}
	reader->drops = false;
	reader->dump = dump;
	reader->runs = reader->more_threads = false;
	reader->foreign = reader->foreign_bytes = reader->empty = 0;
	if (reader->foreign_tells)
		TRY(strings_intern(&dump->strings, &dump->goroutines.arena, reader->reason,
				   strlen(reader->reason), &dump->reason));
	return NULL;
}

static void judge_end(struct reader *reader, bool in_line)
{
	struct dump *dump = reader->dump;
	const struct goroutine_vector *list = &dump->goroutines.list;
	/* A line that breaks off may have been taken for somebody else's. */
	if (in_line && reader->foreign == 1)
		dump->size += reader->foreign_bytes + 1;
	dump->size += reader->foreign ? 0 : reader->empty;
	if (in_line && dump->size)
		dump->size--;
	if (dump->size == RUNTIME_LIMIT)
		dump->cut = "the runtime has stopped at 64 MiB, as it does, whatever was left";
	else if (dump->form == DUMP_STACKS && list->count == 1 &&
		 list->items[0].state == GOROUTINE_RUNNING)
		dump->cut = "it is of the one goroutine alone that was running";
	dump->goroutines.complete = !dump->cut;
}

static struct error *end_dump(struct reader *reader, bool in_line)
{
	struct dump *dump = reader->dump;
	if (!dump)
		return NULL;
	judge_end(reader, in_line);
	reader->dump = NULL;
	stack_texts_deinit(&reader->stacks);
	map_deinit(&reader->ids);
	reader->ids = (struct map){ 0 };
	/* What was not needed gives its room back. */
	if (dump->goroutines.list.count) {
		void *items = realloc(dump->goroutines.list.items,
				      dump->goroutines.list.count * sizeof(struct goroutine));
		if (items) {
			dump->goroutines.list.items = items;
			dump->goroutines.list.capacity = dump->goroutines.list.count;
		}
	}
	reader->kept += memory_of(dump);
	return NULL;
}

static struct error *keep_text(struct reader *reader, struct dump *dump)
{
	void *texts = dump->texts;
	size_t count = dump->goroutines.list.count;
	if (count == dump->text_capacity)
		TRY(vector_grow(&texts, &dump->text_capacity, count + 1, sizeof(*dump->texts)));
	dump->texts = texts;
	char *copy = arena_copy_string(&dump->goroutines.arena, reader->text.bytes,
				       reader->text.length);
	if (!copy)
		return error_no_memory();
	dump->texts[count] = (struct dump_text){ copy, reader->text.length };
	return NULL;
}

/* One more of the threads that a crash has told about: what the goroutine does that it runs. */
static bool add_to_earlier(struct reader *reader, const struct goroutine *goroutine)
{
	struct map_slot *slot = map_find(&reader->ids, hash_foreign_word(goroutine->id));
	if (!slot)
		return false;
	struct goroutine *earlier = &reader->dump->goroutines.list.items[slot->value];
	if (!earlier->stack->count)
		earlier->stack = goroutine->stack;
	return true;
}

struct error *reader_check_stack(struct reader *reader)
{
	if (reader->stack.no_memory || reader->text.os_error)
		return error_no_memory();
	if (reader->stack.full)
		reader->goroutine.problem = "its stack is longer than is read";
	return NULL;
}

struct error *reader_end_goroutine(struct reader *reader)
{
	struct dump *dump = reader->dump;
	struct goroutine *goroutine = &reader->goroutine;
	const struct known_stack *known = NULL;
	struct map_slot *slot;
	if (!reader->in_goroutine)
		return NULL;
	reader->in_goroutine = false;
	reader->want = READER_HEADER;
	if (reader->pending) {
		reader->stack.length = reader->pending - 1;
		goroutine->problem = "the text of its stack breaks off";
	}
	reader->pending = 0;
	TRY(reader_check_stack(reader));
	TRY(stack_texts_find(&reader->stacks, &dump->strings, &dump->goroutines, &reader->stack,
			     &known));
	uint64_t id = goroutine->creator.goroutine;
	goroutine->stack = known->stack;
	goroutine->creator = known->creator;
	goroutine->creator.goroutine = id;
	goroutine->wait.address = reader->lock.lock;
	goroutine->system = dump_is_systems(goroutine);
	goroutine->index = (uint32_t)dump->goroutines.list.count;
	if (goroutine->state == GOROUTINE_RUNNING && goroutine->stack->count)
		reader->runs = true;
	if (add_to_earlier(reader, goroutine))
		return NULL;
	TRY(map_insert(&reader->ids, hash_foreign_word(goroutine->id), goroutine->index, &slot));
	if (reader->options->keep_texts)
		TRY(keep_text(reader, dump));
	reader->lock.goroutine = goroutine->index;
	if (reader->lock.lock)
		TRY(dump_lock_vector_append(&dump->locks, &reader->lock));
	return goroutine_vector_append(&dump->goroutines.list, goroutine);
}

static struct error *begin_goroutine(struct reader *reader, const struct dump_header *header)
{
	struct dump *dump = reader->dump;
	struct goroutine *goroutine = &reader->goroutine;
	struct arena *arena = &dump->goroutines.arena;
	*goroutine = (struct goroutine){
		.id = header->id,
		.wait_ns = header->minutes ? (int64_t)header->minutes * MINUTE_NS : -1,
		.locked = header->locked,
		.bubble = header->bubble,
		.state_note = "",
	};
	dump_wait_decode(&header->state, goroutine);
	TRY(strings_intern(&dump->strings, arena, header->state.bytes, header->state.length,
			   &goroutine->state_text));
	if (header->note.length)
		TRY(strings_intern(&dump->strings, arena, header->note.bytes, header->note.length,
				   &goroutine->state_note));
	if (header->labels.length)
		TRY(strings_intern(&dump->strings, arena, header->labels.bytes,
				   header->labels.length, &goroutine->labels));
	reader->in_goroutine = true;
	reader->want = READER_FRAME;
	stack_text_begin(&reader->stack);
	reader->pending = 0;
	reader->lock = (struct dump_lock){ 0 };
	reader->wants_lock = dump_wait_wants_lock(goroutine);
	reader->has_creator = reader->elsewhere = reader->apart = false;
	reader->foreign_tells = false;
	reader->text.length = 0;
	return NULL;
}

/* Is it of another dump than the one in hand? */
static bool begins_dump(const struct reader *reader, const struct dump_header *header)
{
	if (!reader->dump || reader->dump->form != DUMP_STACKS || reader->foreign_tells)
		return true;
	if (header->id && !reader->more_threads &&
	    map_find(&reader->ids, hash_foreign_word(header->id)))
		return true;
	/* Stacks that a program prints of itself, one by one. */
	return reader->runs && reader->apart && span_is(&header->state, "running", 7);
}

static struct error *take_header(struct reader *reader, const char *bytes, size_t length,
				 const struct dump_header *header)
{
	TRY(reader_end_goroutine(reader));
	if (begins_dump(reader, header)) {
		TRY(end_dump(reader, false));
		TRY(reader_begin_dump(reader, DUMP_STACKS));
		if (!reader->dump)
			return NULL;
	} else if (!has_room(reader)) {
		reader->dump->cut = "compressed text that claims so much is not read to its end";
		return NULL;
	}
	TRY(begin_goroutine(reader, header));
	own(reader, bytes, length);
	return NULL;
}

static bool add_place(struct reader *reader, const char *bytes, size_t length)
{
	size_t begin = 0, end;
	while (begin < length && (bytes[begin] == '\t' || bytes[begin] == ' '))
		begin++;
	end = dump_place_end(bytes + begin, length - begin);
	if (!end || !stack_text_add_place(&reader->stack, bytes + begin, end))
		return false;
	reader->pending = 0;
	reader->place_whole = begin + end < length;
	if (reader->want == READER_CREATOR)
		reader->has_creator = true;
	reader->want = READER_FRAME;
	return true;
}

static void note_lock(struct dump_lock *lock, const char *bytes, size_t length, size_t name_length)
{
	const char *arguments = bytes + name_length + 1;
	size_t arguments_length = length - name_length - 2;
	uint64_t address = dump_wait_lock(bytes, name_length, arguments, arguments_length);
	if (address && !lock->lock)
		lock->lock = address;
	if (address || !lock->lock || lock->owner_count == DUMP_OWNERS_MAX)
		return;
	address = dump_wait_address(arguments, arguments_length);
	if (address)
		lock->owners[lock->owner_count++] = address;
}

static bool add_call(struct reader *reader, const char *bytes, size_t length)
{
	struct dump_call call;
	if (!dump_call_parse(bytes, length, &call))
		return false;
	if (reader->pending)
		reader->stack.length = reader->pending - 1;
	size_t begin = reader->stack.length;
	if (!stack_text_add(&reader->stack, call.inlined ? 'i' : 'f', bytes, call.name_length))
		return false;
	reader->pending = begin + 1;
	reader->want = READER_PLACE;
	if (reader->wants_lock) {
		dump_wait_kind(bytes, call.name_length, &reader->goroutine);
		note_lock(&reader->lock, bytes, length, call.name_length);
	}
	return true;
}

/* "created by main.run in goroutine 1", up to 1.20 without the last */
static bool add_creator(struct reader *reader, const char *bytes, size_t length)
{
	static const char words[] = "created by ", in[] = " in goroutine ";
	size_t begin = strlen(words), end = length, at;
	uint64_t id = 0;
	if (!dump_starts(bytes, length, words) || length == begin)
		return false;
	while (end && bytes[end - 1] >= '0' && bytes[end - 1] <= '9')
		end--;
	at = end;
	if (end >= begin + strlen(in) && !memcmp(bytes + end - strlen(in), in, strlen(in)) &&
	    dump_number(bytes, length, &at, &id))
		end -= strlen(in);
	else
		end = length;
	if (reader->pending)
		reader->stack.length = reader->pending - 1;
	size_t had = reader->stack.length;
	if (!stack_text_add(&reader->stack, 'c', bytes + begin, end - begin))
		return false;
	reader->pending = had + 1;
	reader->goroutine.creator.goroutine = id;
	reader->want = READER_CREATOR;
	return true;
}

/* "...902 frames elided...", up to 1.20 "...additional frames elided..." */
static bool add_gap(struct reader *reader, const char *bytes, size_t length)
{
	static const char words[] = " frames elided...";
	size_t tail = strlen(words);
	if (length < 3 + tail || memcmp(bytes, "...", 3) != 0 ||
	    memcmp(bytes + length - tail, words, tail) != 0)
		return false;
	/* A frame whose position has not come. */
	if (reader->pending)
		reader->stack.length = reader->pending - 1;
	reader->pending = 0;
	reader->want = READER_FRAME;
	return stack_text_add(&reader->stack, 'e', bytes + 3, length - 3 - tail);
}

/* Of a goroutine that is open. */
static bool fits(struct reader *reader, const char *bytes, size_t length)
{
	bool place = reader->want == READER_PLACE || reader->want == READER_CREATOR;
	if (bytes[0] == '\t' || bytes[0] == ' ') {
		if (place && add_place(reader, bytes, length))
			return true;
		reader->elsewhere = reader->elsewhere ||
				    memmem(bytes, length, "stack unavailable", 17);
		return reader->elsewhere && !place;
	}
	/* Leading blanks may have been lost on the way. */
	if (place && bytes[0] == '/' && add_place(reader, bytes, length))
		return true;
	if (reader->has_creator)
		return false;
	return add_creator(reader, bytes, length) || add_gap(reader, bytes, length) ||
	       add_call(reader, bytes, length);
}

/* A race report that is over. Behind one that stood alone the log goes on as it likes. */
static void close_race(struct reader *reader, const struct dump *dump)
{
	reader->kept += memory_of(dump);
	reader->finished = !reader->dump;
}

static struct error *end_race(struct reader *reader)
{
	const struct dump *dump = reader->race.dump;
	TRY(race_end(&reader->race));
	if (dump)
		close_race(reader, dump);
	return NULL;
}

struct error *reader_begin_race(struct reader *reader, const char *bytes, size_t length)
{
	struct dump *dump;
	TRY(end_race(reader));
	TRY(add_dump(reader, DUMP_RACE, &dump));
	reader->dumps->dropped += !dump;
	reader->finished = false;
	return dump ? race_begin(&reader->race, dump, bytes, length) : NULL;
}

/* Is the line the race report's that is in hand? */
static struct error *take_race_line(struct reader *reader, const char *bytes, size_t length,
				    bool *ret_taken)
{
	const struct dump *dump = reader->race.dump;
	enum race_line what;
	TRY(race_take(&reader->race, bytes, length, &what));
	if (!reader->race.dump)
		close_race(reader, dump);
	*ret_taken = what != RACE_LINE_STRANGE;
	return NULL;
}

struct error *reader_line(struct reader *reader, const char *bytes, size_t length)
{
	struct dump_header header;
	bool taken = false;
	if (reader->race.dump)
		TRY(take_race_line(reader, bytes, length, &taken));
	if (taken)
		return NULL;
	if (reader->in_counts)
		return counts_line(reader, bytes, length);
	if (!length) {
		reader->empty += reader->dump != NULL;
		return reader_end_goroutine(reader);
	}
	if (reader->in_goroutine && bytes[0] != 'g' && fits(reader, bytes, length)) {
		own(reader, bytes, length);
		return NULL;
	}
	if (bytes[0] == 'g' && dump_header_parse(bytes, length, &header) && header.size == length)
		return take_header(reader, bytes, length, &header);
	if (bytes[0] == 'g' && counts_begin(bytes, length)) {
		TRY(reader_end(reader, false));
		return counts_start(reader, bytes, length);
	}
	if (reader->in_goroutine && bytes[0] == 'g' && fits(reader, bytes, length)) {
		own(reader, bytes, length);
		return NULL;
	}
	if (race_begins(bytes, length))
		return reader_begin_race(reader, bytes, length);
	pass(reader, bytes, length);
	return NULL;
}

/* Does the text say what it was about to? */
static bool breaks_off(const struct reader *reader, bool in_line)
{
	const struct goroutine *goroutine = &reader->goroutine;
	if (!reader->in_goroutine)
		return false;
	if (reader->pending || (!reader->stack.length && !reader->elsewhere))
		return true;
	/* Half a line fits nothing. */
	return in_line && (reader->foreign == 1 || !reader->place_whole ||
			   (!reader->has_creator && goroutine->id > 1));
}

struct error *reader_end(struct reader *reader, bool in_line)
{
	bool cut = breaks_off(reader, in_line);
	TRY(end_race(reader));
	reader->finished = false;
	TRY(reader->in_counts ? counts_end(reader) : reader_end_goroutine(reader));
	struct dump *dump = reader->dump;
	if (cut && dump && dump->goroutines.list.count) {
		struct goroutine *last =
			&dump->goroutines.list.items[dump->goroutines.list.count - 1];
		last->problem = "the text breaks off here";
		dump->cut = "its text breaks off";
	}
	return end_dump(reader, in_line);
}
