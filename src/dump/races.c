/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/races.h"

#include <stdio.h>
#include <string.h>

#include "dump/lines.h"

/* Two race, and each is told with who started it. */
#define GOROUTINES_MAX 16
#define STRANGE_MAX    200

#define MAIN_ID 1

void race_deinit(struct race *race)
{
	stack_texts_deinit(&race->stacks);
	stack_text_builder_deinit(&race->stack);
	*race = (struct race){ 0 };
}

/* The last thing before `*end` is this word: go before it. */
static bool back(const char *line, size_t *end, const char *word)
{
	size_t size = strlen(word);
	if (*end < size || memcmp(line + *end - size, word, size) != 0)
		return false;
	*end -= size;
	return true;
}

static bool back_hex(const char *line, size_t *end)
{
	size_t at = *end;
	while (at && ((line[at - 1] >= '0' && line[at - 1] <= '9') ||
		      (line[at - 1] >= 'a' && line[at - 1] <= 'f')))
		at--;
	if (at == *end || !back(line, &at, "x") || !back(line, &at, "0"))
		return false;
	*end = at;
	return true;
}

/* Where the number ends, and the colon behind it; 0: there is none. No number: it is main's. */
static size_t parse_who(const char *line, size_t length, size_t at, bool is_main, uint64_t *ret_id)
{
	*ret_id = MAIN_ID;
	if (!is_main &&
	    (at >= length || line[at++] != ' ' || !dump_number(line, length, &at, ret_id)))
		return 0;
	return at < length && line[at] == ':' ? at + 1 : 0;
}

/* "Read at 0x00c0000981e0 by goroutine 38:", "Previous write at 0x... by main goroutine:" */
static bool parse_access(const char *line, size_t length, size_t word, bool first,
			 size_t *ret_begin, size_t *ret_end, uint64_t *ret_id)
{
	size_t begin = word;
	bool is_main = back(line, &begin, "main ");
	size_t end = parse_who(line, length, word + strlen("goroutine"), is_main, ret_id);
	if (!end || !back(line, &begin, " by ") || !back_hex(line, &begin) ||
	    !back(line, &begin, " at ") ||
	    !(first ? back(line, &begin, "Read") || back(line, &begin, "Write")
		    : back(line, &begin, "Previous read") || back(line, &begin, "Previous write")))
		return false;
	*ret_begin = begin;
	*ret_end = end;
	return true;
}

bool race_find(const char *line, size_t length, size_t word, size_t *ret_begin)
{
	size_t end;
	uint64_t id;
	return parse_access(line, length, word, true, ret_begin, &end, &id);
}

/* One that is all of the line. */
static bool is_access(const char *line, size_t length, bool first, uint64_t *ret_id)
{
	const char *word = memmem(line, MIN(length, (size_t)80), "goroutine", 9);
	size_t begin, end;
	return word &&
	       parse_access(line, length, (size_t)(word - line), first, &begin, &end, ret_id) &&
	       !begin && end == length;
}

bool race_begins(const char *line, size_t length)
{
	uint64_t id;
	return is_access(line, length, true, &id);
}

static struct goroutine *goroutine_of(const struct race *race)
{
	return &race->dump->goroutines.list.items[race->goroutine];
}

/* The goroutine of that id is the one that is told of; false: there would be too many. */
static struct error *find_goroutine(struct race *race, uint64_t id, bool *ret_found)
{
	struct goroutine_vector *list = &race->dump->goroutines.list;
	*ret_found = true;
	for (race->goroutine = 0; race->goroutine < list->count; race->goroutine++) {
		if (list->items[race->goroutine].id == id)
			return NULL;
	}
	*ret_found = list->count < GOROUTINES_MAX;
	if (!*ret_found)
		return NULL;
	const struct stack_text_builder none = { 0 };
	const struct known_stack *known;
	TRY(stack_texts_find(&race->stacks, &race->dump->strings, &race->dump->goroutines, &none,
			     &known));
	/* Nobody starts main's, and when it ends all do. */
	const struct goroutine goroutine = {
		.id = id,
		.index = (uint32_t)list->count,
		.state = id == MAIN_ID ? GOROUTINE_RUNNING : GOROUTINE_UNKNOWN,
		.state_text = id == MAIN_ID ? "running" : "",
		.state_note = "",
		.wait_ns = -1,
		.wait = { .wakes_in_ns = INT64_MIN, .descriptor = -1 },
		.stack = known->stack,
	};
	return goroutine_vector_append(list, &goroutine);
}

static bool section_has_stack(const struct race *race)
{
	return race->section != RACE_OTHER && (race->stack.length || race->unrestored);
}

/* What was gathered of a section becomes its goroutine's. */
static struct error *end_section(struct race *race)
{
	const struct known_stack *known = NULL;
	if (race->pending)
		race->stack.length = race->pending - 1;
	race->pending = 0;
	if (race->stack.no_memory)
		return error_no_memory();
	if (!section_has_stack(race)) {
		race->section = RACE_OTHER;
		return NULL;
	}
	struct goroutine *goroutine = goroutine_of(race);
	TRY(stack_texts_find(&race->stacks, &race->dump->strings, &race->dump->goroutines,
			     &race->stack, &known));
	if (race->section == RACE_CREATED)
		goroutine->creator = known->creator;
	else if (!goroutine->stack->count)
		goroutine->stack = known->stack;
	if (race->unrestored && race->section == RACE_ACCESS)
		goroutine->problem = "the race detector has lost its stack";
	race->section = RACE_OTHER;
	return NULL;
}

static struct error *begin_section(struct race *race, enum race_section section)
{
	TRY(end_section(race));
	race->section = section;
	race->unrestored = false;
	stack_text_begin(&race->stack);
	return NULL;
}

static struct error *begin_access(struct race *race, uint64_t id, bool writes)
{
	bool found = false;
	TRY(begin_section(race, RACE_OTHER));
	if (race->access_count < ARRAY_SIZE(race->accesses))
		TRY(find_goroutine(race, id, &found));
	if (!found)
		return NULL;
	race->accesses[race->access_count] = race->goroutine;
	race->writes[race->access_count++] = writes;
	race->section = RACE_ACCESS;
	return NULL;
}

struct error *race_begin(struct race *race, struct dump *dump, const char *line, size_t length)
{
	uint64_t id;
	race_deinit(race);
	race->dump = dump;
	if (!is_access(line, length, true, &id))
		return NULL;
	return begin_access(race, id, line[0] == 'W');
}

/* "Goroutine 38 (running) created at:" */
static struct error *begin_created(struct race *race, const char *line, size_t length,
				   bool *ret_taken)
{
	static const char word[] = "Goroutine ";
	static const struct {
		const char *words, *text;
		enum goroutine_state state;
	} states[] = {
		{ " (running) created at:", "running", GOROUTINE_RUNNING },
		{ " (finished) created at:", "finished", GOROUTINE_DEAD },
	};
	size_t at = strlen(word);
	uint64_t id;
	*ret_taken = false;
	if (!dump_starts(line, length, word) || !dump_number(line, length, &at, &id))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		struct span rest = { line + at, length - at };
		bool found = false;
		if (!span_is(&rest, states[i].words, strlen(states[i].words)))
			continue;
		*ret_taken = true;
		TRY(begin_section(race, RACE_OTHER));
		TRY(find_goroutine(race, id, &found));
		if (!found)
			return NULL;
		goroutine_of(race)->state = states[i].state;
		goroutine_of(race)->state_text = states[i].text;
		race->section = RACE_CREATED;
		return NULL;
	}
	return NULL;
}

/* Where somebody has allocated the memory, or declared it, is of no goroutine that races. */
static bool is_location(const char *line, size_t length)
{
	return (dump_starts(line, length, "Heap block of size ") && line[length - 1] == ':') ||
	       dump_starts(line, length, "Global var ");
}

/* A frame's line; of who started a goroutine the first one alone is known to be asked for. */
static bool take_frame(struct race *race, const char *line, size_t length)
{
	size_t blanks = 0;
	struct dump_call call;
	while (blanks < length && (line[blanks] == ' ' || line[blanks] == '\t'))
		blanks++;
	/* A call without blanks before it is a dump's. */
	if (!blanks)
		return false;
	line += blanks;
	length -= blanks;
	bool wanted = race->section == RACE_ACCESS ||
		      (race->section == RACE_CREATED && (!race->stack.length || race->pending));
	size_t end = race->pending ? dump_place_end(line, length) : 0;
	if (end && stack_text_add_place(&race->stack, line, end)) {
		race->pending = 0;
		return true;
	}
	if (dump_starts(line, length, "[failed to restore the stack]")) {
		race->unrestored = true;
		return true;
	}
	if (!wanted)
		return dump_place_end(line, length) || dump_call_parse(line, length, &call);
	if (!dump_call_parse(line, length, &call))
		return false;
	if (race->pending)
		race->stack.length = race->pending - 1;
	size_t begin = race->stack.length;
	if (!stack_text_add(&race->stack, race->section == RACE_CREATED ? 'c' : 'f', line,
			    call.name_length))
		return false;
	race->pending = begin + 1;
	return true;
}

static bool is_ruler(const char *line, size_t length)
{
	return length == 18 && !memcmp(line, "==================", 18);
}

/* The line of a section's begin, or of one of its frames. */
static struct error *take(struct race *race, const char *line, size_t length, bool *ret_taken)
{
	uint64_t id;
	if (is_access(line, length, false, &id)) {
		*ret_taken = true;
		return begin_access(race, id, line[9] == 'w');
	}
	TRY(begin_created(race, line, length, ret_taken));
	if (*ret_taken)
		return NULL;
	*ret_taken = is_location(line, length);
	if (*ret_taken)
		return begin_section(race, RACE_OTHER);
	*ret_taken = take_frame(race, line, length);
	return NULL;
}

struct error *race_take(struct race *race, const char *line, size_t length, enum race_line *ret)
{
	bool taken = true;
	*ret = RACE_LINE_TAKEN;
	if (is_ruler(line, length)) {
		*ret = RACE_LINE_LAST;
		return race_end(race);
	}
	if (length)
		TRY(take(race, line, length, &taken));
	else
		TRY(end_section(race));
	race->strange = taken ? 0 : race->strange + 1;
	if (!taken)
		*ret = RACE_LINE_STRANGE;
	return race->strange > STRANGE_MAX ? race_end(race) : NULL;
}

/* Of the program, rather than of a map or an atomic that it calls. */
static const struct frame *frame_of(const struct goroutine *goroutine)
{
	static const char *const runtimes[] = { "runtime.", "internal/", "sync/atomic." };
	const struct stack *stack = goroutine->stack;
	for (uint32_t i = 0; i < stack->count; i++) {
		const char *function = stack->frames[i].function;
		bool own = true;
		for (size_t j = 0; j < ARRAY_SIZE(runtimes); j++)
			own = own && strncmp(function, runtimes[j], strlen(runtimes[j])) != 0;
		if (own)
			return &stack->frames[i];
	}
	return stack->count ? stack->frames : NULL;
}

static void describe(const struct goroutine *goroutine, char *text, size_t size)
{
	const struct frame *frame = frame_of(goroutine);
	if (!frame) {
		snprintf(text, size, "goroutine %llu", (unsigned long long)goroutine->id);
		return;
	}
	const char *slash = strrchr(frame->file, '/');
	snprintf(text, size, "%.80s (%.40s:%d)", frame->function, slash ? slash + 1 : frame->file,
		 frame->line);
}

static struct error *tell_reason(struct race *race)
{
	char first[140], second[140] = "", text[320];
	const struct goroutine *list = race->dump->goroutines.list.items;
	if (!race->access_count)
		return NULL;
	describe(&list[race->accesses[0]], first, sizeof(first));
	if (race->access_count > 1)
		describe(&list[race->accesses[1]], second, sizeof(second));
	int length = snprintf(text, sizeof(text), "data race: %s %s%s%s%s", first,
			      race->writes[0] ? "writes" : "reads", second[0] ? " what " : "",
			      second,
			      !second[0]        ? ""
			      : race->writes[1] ? " has written"
						: " has read");
	return strings_intern(&race->dump->strings, &race->dump->goroutines.arena, text,
			      (size_t)length, &race->dump->reason);
}

struct error *race_end(struct race *race)
{
	if (!race->dump)
		return NULL;
	TRY(end_section(race));
	TRY(tell_reason(race));
	race->dump->goroutines.complete = false;
	race->dump->cut = "it is a race report, of those that raced alone";
	race_deinit(race);
	return NULL;
}
