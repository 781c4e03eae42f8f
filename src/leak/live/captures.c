/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heap/edge_names.h"
#include "heap/holders.h"
#include "leak/live/holder.h"
#include "leak/live/holdings.h"
#include "model/quantity.h"

/*
 * L19: closures of one function that keep much alive, by themselves alone. What a closure uses of
 * what it has captured cannot be seen, so that it takes more than size:
 *
 *   - the bulk of it is in a few objects, a buffer, a text, a large struct: what is spread over many
 *     is the program's state, that a handler is there to work on;
 *   - there are several, each with its own: one closure over the one cache is how servers are built;
 *   - something lasting holds them: what a goroutine holds is being worked with;
 *   - methods as values have their receiver, which is meant.
 */
#define CLOSURES_MIN 8
#define EACH_MIN     (UINT64_C(16) << 10)
#define TOTAL_MIN    (UINT64_C(1) << 20)
#define TOTAL_PART   10 /* of what is alive */
#define BULK_OBJECTS 4
#define BULK_PERCENT 75
#define STEPS_MAX    32
#define OBJECTS_MAX  4096 /* of one closure that are looked at */
#define FINDINGS_MAX 8

/* Closures of one function. */
struct captures {
	uint64_t count;    /* that keep much */
	uint64_t others;   /* that do not */
	uint64_t retained; /* by those that do */
	uint32_t type;
	uint32_t example;
	uint64_t example_retained;
	uint32_t bulk; /* of the example: its largest object */
};

DEFINE_VECTOR(captures_vector, struct captures);

struct capturing {
	const struct live_evidence *evidence;
	const struct heap *heap;
	uint32_t *groups; /* by type: 1 + index; 0 none yet */
	uint32_t type_count;
	struct captures_vector list;
};

/* Is it held by an object of its own kind, or by a goroutine? */
static bool is_nested_or_busy(const struct heap *heap, uint32_t number, uint32_t type)
{
	const struct dominators *dominators = &heap->dominators;
	for (int i = 0; i < STEPS_MAX; i++) {
		number = dominators->parents[number];
		if (!number)
			return false;
		uint32_t vertex = dominators->vertices[number];
		const struct heap_root *root = heap_vertex_root(heap, vertex);
		if (root)
			return root->kind == HEAP_ROOT_GOROUTINE || root->kind == HEAP_ROOT_THREAD;
		if (heap_object_type(heap, vertex) == type)
			return true;
	}
	return false;
}

/* The largest objects that a closure holds alone: what they take together, and the largest one. */
static uint64_t find_bulk(const struct capturing *capturing, uint32_t number, uint32_t *ret)
{
	const struct dominator_tree *tree = capturing->evidence->tree;
	uint64_t largest[BULK_OBJECTS] = { 0 }, bulk = 0;
	uint32_t first = tree->places[number] + 1;
	uint32_t count = MIN(tree->sizes[number] - 1, (uint32_t)OBJECTS_MAX);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t vertex = capturing->heap->dominators.vertices[tree->order[first + i]];
		uint64_t size = heap_object_size(capturing->heap, vertex);
		if (size > largest[0])
			*ret = vertex;
		for (int at = 0; at < BULK_OBJECTS; at++) {
			uint64_t smaller = largest[at];
			if (size <= smaller)
				continue;
			largest[at] = size;
			size = smaller;
		}
	}
	for (int at = 0; at < BULK_OBJECTS; at++)
		bulk += largest[at];
	return bulk;
}

static struct error *take_closure(struct capturing *capturing, uint32_t vertex, uint32_t type)
{
	const struct heap *heap = capturing->heap;
	uint32_t number = heap->dominators.numbers[vertex], *group = &capturing->groups[type];
	if (number == VERTEX_NONE)
		return NULL;
	if (!*group) {
		TRY(captures_vector_append(&capturing->list, &(struct captures){ .type = type }));
		*group = (uint32_t)capturing->list.count;
	}
	struct captures *captures = &capturing->list.items[*group - 1];
	uint64_t retained = heap->dominators.retained[number] - heap_object_size(heap, vertex);
	uint32_t bulk = VERTEX_NONE;
	if (retained < EACH_MIN || is_nested_or_busy(heap, number, type) ||
	    find_bulk(capturing, number, &bulk) * 100 < retained * BULK_PERCENT) {
		captures->others++;
		return NULL;
	}
	captures->count++;
	captures->retained += retained;
	if (retained > captures->example_retained) {
		captures->example_retained = retained;
		captures->example = vertex;
		captures->bulk = bulk;
	}
	return NULL;
}

/* Every closure begins with a pointer to code, which is no pointer into the heap. */
static struct error *take_all(struct capturing *capturing)
{
	const struct heap *heap = capturing->heap;
	_cleanup_(free_pointer) bool *closures = calloc((size_t)capturing->type_count + 1,
							sizeof(*closures));
	if (!closures)
		return error_no_memory();
	for (uint32_t type = 1; type <= capturing->type_count; type++) {
		struct heap_type known;
		heap_types_get(heap->types, type, &known);
		closures[type] = known.form == HEAP_CLOSURE;
	}
	for (uint32_t vertex = 0; vertex < heap->scan.graph.object_count; vertex++) {
		uint32_t type = heap_object_type(heap, vertex);
		if (type <= capturing->type_count && closures[type] &&
		    heap_is_reached(heap, vertex))
			TRY(take_closure(capturing, vertex, type));
	}
	return NULL;
}

static bool is_worth_telling(const struct capturing *capturing, const struct captures *captures)
{
	uint64_t reachable = capturing->evidence->holdings->reachable_bytes;
	return captures->count >= CLOSURES_MIN && captures->count > captures->others &&
	       captures->retained >= TOTAL_MIN && captures->retained >= reachable / TOTAL_PART;
}

/* The function's name: "func main.serve.func1" is the closure's. */
static const char *function_of(const char *name)
{
	return strncmp(name, "func ", 5) == 0 ? name + 5 : name;
}

static bool is_method_value(const char *function)
{
	size_t length = strlen(function);
	return length > 3 && strcmp(function + length - 3, "-fm") == 0;
}

/* Where the closure is written, which is where it captures. */
static void set_place(const struct live_evidence *evidence, const struct captures *captures,
		      const char *name, struct finding *finding)
{
	const struct binary *binary = runtime_binary(evidence->heap->runtime);
	struct heap_type known;
	struct function function;
	struct function_line lines[FUNCTION_LINES_MAX];
	heap_types_get(evidence->heap->types, captures->type, &known);
	if (!binary_function(binary, known.descriptor, &function))
		return;
	function_lines(&function, known.descriptor, lines);
	finding->place = (struct place){ name, lines[0].file, lines[0].line };
	finding->place_word = "closure";
}

static struct error *report(const struct capturing *capturing, const struct captures *captures,
			    struct findings *ret)
{
	const struct live_evidence *evidence = capturing->evidence;
	char count[QUANTITY_SIZE], bytes[QUANTITY_SIZE], each[QUANTITY_SIZE];
	const char *name, *bulk;
	TRY(heap_types_name(evidence->heap->types, captures->type, &name));
	const char *function = findings_text(ret, "%s", function_of(name));
	if (is_method_value(function) || !place_is_users(&evidence->places, function))
		return NULL;
	TRY(live_type_name(evidence, captures->bulk, &bulk));
	bool old = evidence->counters && evidence->counters->gc_count >= 2;
	quantity_bytes((int64_t)heap_object_size(evidence->heap, captures->bulk), each);
	struct finding finding = {
		.rule = RULE_LARGE_CAPTURE,
		.certainty = old ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT,
		.count = captures->count,
		.bytes = (int64_t)captures->retained,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.wait_min_ns = -1,
		.wait_max_ns = -1,
		.title = findings_text(ret, "%s closures %s keep %s alive, by themselves alone",
				       quantity_count(captures->count, count), function,
				       quantity_bytes((int64_t)captures->retained, bytes)),
		.why = findings_text(
			ret,
			"A closure keeps all of what it captures, whatever it uses of it. Each of these has its own; most of it is a single object, here a %s of %s.",
			bulk, each),
	};
	if (!old)
		finding.settle = "Look again once the process has collected its garbage twice.";
	set_place(evidence, captures, function, &finding);
	TRY(live_holder_tell(evidence, captures->bulk, ret, &finding));
	return finding_vector_append(&ret->list, &finding);
}

static int compare(const void *left, const void *right)
{
	const struct captures *a = left, *b = right;
	if (a->retained != b->retained)
		return a->retained < b->retained ? 1 : -1;
	return a->example < b->example ? -1 : a->example > b->example;
}

static struct error *find(struct capturing *capturing, struct findings *ret)
{
	unsigned found = 0;
	TRY(take_all(capturing));
	if (capturing->list.count)
		qsort(capturing->list.items, capturing->list.count, sizeof(struct captures),
		      compare);
	for (size_t i = 0; i < capturing->list.count && found < FINDINGS_MAX; i++) {
		if (!is_worth_telling(capturing, &capturing->list.items[i]))
			continue;
		TRY(report(capturing, &capturing->list.items[i], ret));
		found++;
	}
	return NULL;
}

static struct error *captures_find(const struct live_evidence *evidence, void *notes,
				   struct findings *ret)
{
	(void)notes;
	if (!evidence->heap || !evidence->tree || !evidence->holdings)
		return NULL;
	uint32_t types = heap_types_count(evidence->heap->types);
	struct capturing capturing = {
		.evidence = evidence,
		.heap = evidence->heap,
		.groups = calloc((size_t)types + 1, sizeof(uint32_t)),
		.type_count = types,
	};
	struct error *error = capturing.groups ? find(&capturing, ret) : error_no_memory();
	free(capturing.groups);
	captures_vector_deinit(&capturing.list);
	return error;
}

const struct live_detector live_captures = { .find = captures_find };
