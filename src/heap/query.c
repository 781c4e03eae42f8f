/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/query.h"

#include <errno.h>
#include <string.h>

#include "base/writer.h"
#include "heap/digest.h"
#include "heap/holders.h"

#define CANDIDATES_SHOWN 8

/* What a name may mean: types by their groups, roots by their vertices. */
struct candidate {
	const char *name;
	uint32_t group; /* of a type; else UINT32_MAX */
	uint32_t vertex;
};

DEFINE_VECTOR(candidate_vector, struct candidate);

struct finding {
	struct heap *heap;
	struct heap_query *query;
	const char *what;
	uint64_t *counts; /* reachable objects, by group */
	struct candidate_vector exact;
	struct candidate_vector near;
};

static void finding_deinit(struct finding *finding)
{
	free(finding->counts);
	candidate_vector_deinit(&finding->exact);
	candidate_vector_deinit(&finding->near);
}

/* Is what comes before a part of a name nothing but a package's path: "net/http." ? */
static bool is_package(const char *text, size_t length)
{
	if (!length || (text[length - 1] != '.' && text[length - 1] != '/'))
		return false;
	return !memchr(text, '[', length) && !memchr(text, ' ', length) &&
	       !memchr(text, '*', length) && !memchr(text, '(', length);
}

/* The stars and brackets that a type's name begins with. */
static size_t prefix_length(const char *name)
{
	size_t at = 0;
	for (;;) {
		size_t digits = strspn(name + at + 1, "0123456789");
		if (name[at] == '*')
			at++;
		else if (name[at] == '[' && name[at + 1 + digits] == ']')
			at += digits + 2;
		else
			return at;
	}
}

/* Does `what` mean the name, though it leaves out the package, or arguments of a generic type? */
static bool is_near(const char *name, const char *what)
{
	size_t prefix = prefix_length(name);
	if (prefix != prefix_length(what) || strncmp(name, what, prefix) != 0)
		return false;
	name += prefix;
	what += prefix;
	size_t wanted = strlen(what), length = strlen(name);
	size_t plain = strcspn(name, "[");
	if (!wanted)
		return false;
	if (!memchr(what, '[', wanted) && plain < length && name[length - 1] == ']' &&
	    plain >= wanted && strncmp(name + plain - wanted, what, wanted) == 0 &&
	    (plain == wanted || is_package(name, plain - wanted)))
		return true;
	return length > wanted && strcmp(name + length - wanted, what) == 0 &&
	       is_package(name, length - wanted);
}

static struct error *add_candidate(struct finding *finding, const struct candidate *candidate)
{
	if (strcmp(candidate->name, finding->what) == 0)
		return candidate_vector_append(&finding->exact, candidate);
	return is_near(candidate->name, finding->what)
		       ? candidate_vector_append(&finding->near, candidate)
		       : NULL;
}

static struct error *count_types(struct finding *finding)
{
	const struct heap *heap = finding->heap;
	const struct heap_grouping *grouping = &finding->query->grouping;
	finding->counts = calloc((size_t)grouping->count + 1, sizeof(*finding->counts));
	if (!finding->counts)
		return error_no_memory();
	if (heap->digest) {
		const struct heap_group_vector *known = &heap->digest->types;
		for (size_t i = 0; i < known->count; i++)
			finding->counts[known->items[i].type] += known->items[i].count;
		return NULL;
	}
	for (uint32_t vertex = 0; vertex < heap->scan.graph.object_count; vertex++) {
		if (heap_bit(heap->reached, vertex))
			finding->counts[heap_grouping_of(grouping, vertex)]++;
	}
	return NULL;
}

static struct error *add_types(struct finding *finding)
{
	if (!finding->counts)
		TRY(count_types(finding));
	for (uint32_t type = 1; type < finding->query->grouping.types; type++) {
		struct candidate candidate = { .group = type, .vertex = VERTEX_NONE };
		if (!finding->counts[type])
			continue;
		TRY(heap_types_name(finding->heap->types, type, &candidate.name));
		TRY(add_candidate(finding, &candidate));
	}
	return NULL;
}

static uint64_t retained_by(const struct heap *heap, uint32_t vertex)
{
	const struct dominators *dominators = &heap->dominators;
	uint32_t number = dominators->count ? dominators->numbers[vertex] : VERTEX_NONE;
	return number == VERTEX_NONE ? 0 : dominators->retained[number];
}

/* Of those with one name, the one that holds most: what a compiler made beside it has it, too. */
static struct error *add_global(struct finding *finding, const struct candidate *candidate)
{
	struct candidate_vector *lists[] = { &finding->exact, &finding->near };
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		for (size_t k = 0; k < lists[i]->count; k++) {
			struct candidate *known = &lists[i]->items[k];
			if (known->vertex == VERTEX_NONE ||
			    strcmp(known->name, candidate->name) != 0)
				continue;
			if (retained_by(finding->heap, candidate->vertex) >
			    retained_by(finding->heap, known->vertex))
				known->vertex = candidate->vertex;
			return NULL;
		}
	}
	return add_candidate(finding, candidate);
}

static struct error *add_globals(struct finding *finding)
{
	const struct heap *heap = finding->heap;
	for (size_t i = 0; i < heap->roots.list.count; i++) {
		const struct heap_root *root = &heap->roots.list.items[i];
		struct candidate candidate = {
			.name = root->name,
			.group = UINT32_MAX,
			.vertex = heap->scan.graph.object_count + (uint32_t)i,
		};
		if (root->kind == HEAP_ROOT_GLOBAL && root->name)
			TRY(add_global(finding, &candidate));
	}
	return NULL;
}

static struct error *ambiguous(const struct finding *finding, const struct candidate_vector *list)
{
	struct writer writer = WRITER_TO_MEMORY;
	for (size_t i = 0; i < list->count && i < CANDIDATES_SHOWN; i++) {
		if (i)
			writer_string(&writer, ", ");
		writer_printf(&writer, "'%s'%s", list->items[i].name,
			      list->items[i].vertex != VERTEX_NONE ? " (a global)" : "");
	}
	if (list->count > CANDIDATES_SHOWN)
		writer_printf(&writer, " and %zu more", list->count - CANDIDATES_SHOWN);
	const char *text = writer_text(&writer);
	struct error *error = text ? error_new(ERROR_USAGE, "'%s' may be %s: say which",
					       finding->what, text)
				   : error_no_memory();
	writer_deinit(&writer);
	return error;
}

static struct error *choose(struct finding *finding, const struct candidate_vector *list)
{
	struct heap_query *query = finding->query;
	if (list->count > 1)
		return ambiguous(finding, list);
	const struct candidate *one = &list->items[0];
	query->vertex = one->vertex;
	query->kind = one->vertex == VERTEX_NONE ? HEAP_QUERY_TYPE : HEAP_QUERY_ROOT;
	if (query->kind == HEAP_QUERY_TYPE) {
		query->group = one->group;
		query->count = finding->counts[one->group];
	}
	query->name = one->name;
	return NULL;
}

static struct error *find_name(struct finding *finding, bool globals)
{
	const char *what = finding->what;
	TRY(add_types(finding));
	if (globals)
		TRY(add_globals(finding));
	/* *T: what such pointers lead to, unless there are objects that are such pointers. */
	if (!finding->exact.count && !finding->near.count && what[0] == '*') {
		finding->what++;
		TRY(add_types(finding));
		finding->what = what;
	}
	if (finding->exact.count)
		return choose(finding, &finding->exact);
	if (finding->near.count)
		return choose(finding, &finding->near);
	return error_new(ERROR_NOT_FOUND,
			 globals ? "nothing that can be reached is a '%s', and no global is called "
				   "so: 'dowse heap' lists the types, 'dowse heap --by holder' the "
				   "globals"
				 : "nothing that can be reached is a '%s': 'dowse heap' lists the "
				   "types",
			 what);
}

static struct error *find_named(struct heap *heap, const char *what, bool globals,
				struct heap_query *query)
{
	struct finding finding = { .heap = heap, .query = query, .what = what };
	struct error *error = find_name(&finding, globals);
	finding_deinit(&finding);
	return error;
}

/* "goroutine 18", "g18": false for anything else. */
static bool goroutine_number(const char *what, uint64_t *ret)
{
	static const char word[] = "goroutine";
	char *end;
	if (strncmp(what, word, sizeof(word) - 1) == 0)
		what += sizeof(word) - 1;
	else if (what[0] == 'g')
		what++;
	else
		return false;
	what += strspn(what, " ");
	if (*what < '0' || *what > '9')
		return false;
	errno = 0;
	*ret = strtoull(what, &end, 10);
	return !*end && !errno;
}

static struct error *find_goroutine(const struct heap *heap, uint64_t id, struct heap_query *query)
{
	for (size_t i = 0; i < heap->roots.list.count; i++) {
		const struct heap_root *root = &heap->roots.list.items[i];
		if (root->kind != HEAP_ROOT_GOROUTINE || root->goroutine == HEAP_NO_GOROUTINE ||
		    heap->roots.goroutines->list.items[root->goroutine].id != id)
			continue;
		query->kind = HEAP_QUERY_ROOT;
		query->vertex = heap->scan.graph.object_count + (uint32_t)i;
		return NULL;
	}
	return error_new(ERROR_NOT_FOUND,
			 "there is no goroutine %llu: 'dowse goroutines --all' lists them",
			 (unsigned long long)id);
}

/* A global lies there, or nothing of Go's heap. */
static void find_outside(const struct heap *heap, struct heap_query *query)
{
	query->kind = HEAP_QUERY_OUTSIDE;
	for (size_t i = 0; i < heap->roots.list.count; i++) {
		const struct heap_root *root = &heap->roots.list.items[i];
		if (root->kind != HEAP_ROOT_GLOBAL || query->address < root->address ||
		    query->address - root->address >= root->size)
			continue;
		query->kind = HEAP_QUERY_ROOT;
		query->vertex = heap->scan.graph.object_count + (uint32_t)i;
		return;
	}
}

static struct error *find_address(struct heap *heap, const char *text, struct heap_query *query)
{
	char *end;
	errno = 0;
	query->address = strtoull(text, &end, 16);
	if (*end || errno || !text[2])
		return error_new(ERROR_USAGE, "'%s' is no address: write it like 0xc000012000",
				 text);
	uint32_t edge = heap_spans_edge(&heap->spans, query->address);
	if (edge == EDGE_NONE) {
		find_outside(heap, query);
		return NULL;
	}
	query->vertex = edge_target(edge);
	query->kind = heap_bit(heap->spans.used, query->vertex) ? HEAP_QUERY_OBJECT
								: HEAP_QUERY_FREE;
	return NULL;
}

static bool is_address(const char *what)
{
	return what[0] == '0' && (what[1] == 'x' || what[1] == 'X');
}

static struct error *find(struct heap *heap, const char *what, struct heap_query *query)
{
	uint64_t id;
	if (!*what)
		return error_new(ERROR_USAGE, "nothing is called '': say an address, a type, a "
					      "global or a goroutine");
	if (is_address(what))
		return find_address(heap, what, query);
	if (goroutine_number(what, &id))
		return find_goroutine(heap, id, query);
	return find_named(heap, what, true, query);
}

static struct error *begin(struct heap *heap, struct heap_query *query)
{
	*query = (struct heap_query){ .vertex = VERTEX_NONE };
	struct error *error = heap_grouping_init(&query->grouping, heap);
	if (error)
		heap_query_deinit(query);
	return error;
}

static struct error *finish(struct error *error, struct heap_query *query, struct heap_query *ret)
{
	if (error)
		heap_query_deinit(query);
	else
		*ret = *query;
	return error;
}

struct error *heap_query_find(struct heap *heap, const char *what, struct heap_query *ret)
{
	struct heap_query query;
	TRY(begin(heap, &query));
	return finish(find(heap, what, &query), &query, ret);
}

struct error *heap_query_find_type(struct heap *heap, const char *name, struct heap_query *ret)
{
	struct heap_query query;
	TRY(begin(heap, &query));
	return finish(find_named(heap, name, false, &query), &query, ret);
}

struct error *heap_query_find_address(struct heap *heap, const char *text, struct heap_query *ret)
{
	struct heap_query query;
	if (!is_address(text))
		return error_new(ERROR_USAGE, "'%s' is no address: write it like 0xc000012000",
				 text);
	TRY(begin(heap, &query));
	return finish(find_address(heap, text, &query), &query, ret);
}

void heap_query_deinit(struct heap_query *query)
{
	heap_grouping_deinit(&query->grouping);
}
