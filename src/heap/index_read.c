/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/big_array.h"
#include "heap/index_private.h"

/*
 * Whoever can write beside a snapshot can write anything there. So lists are taken over item by
 * item, and arrays that are used as they lie in the file are looked through (index_check.c). What
 * is left to a forger is to lie about the heap, as he could in the snapshot itself.
 */
struct index_reading {
	int descriptor;
	struct index_header header;
	struct heap *heap;
};

static struct error *refuse(const char *why)
{
	return error_new(ERROR_CORRUPT, "the index is not used: %s", why);
}

static const struct index_section *section(const struct index_reading *reading,
					   enum index_section_id id)
{
	return &reading->header.sections[id];
}

/* Sections follow each other, within the file, and have the items that this dowse writes. */
static struct error *check_sections(const struct index_reading *reading)
{
	uint64_t reached = HEAP_INDEX_PAGE, end = reading->header.file_size;
	for (size_t i = 0; i < INDEX_SECTION_COUNT; i++) {
		const struct index_section *one = &reading->header.sections[i];
		if (one->offset < reached || one->offset % HEAP_INDEX_PAGE || one->offset > end ||
		    one->item_size != index_item_sizes[i] ||
		    one->count > (end - one->offset) / one->item_size)
			return refuse("its sections make no sense");
		reached = one->offset + one->count * one->item_size;
	}
	return NULL;
}

static struct error *read_header(struct index_reading *reading,
				 const struct heap_index_source *source)
{
	struct index_header *header = &reading->header;
	struct stat status;
	if (fstat(reading->descriptor, &status) < 0 || !S_ISREG(status.st_mode))
		return refuse("it is no file");
	ssize_t size = pread(reading->descriptor, header, sizeof(*header), 0);
	if (size != sizeof(*header) || !heap_index_is(header->magic, sizeof(header->magic)) ||
	    header->order != HEAP_INDEX_ORDER || header->build != index_build())
		return refuse("another dowse has made it");
	if (memcmp(&header->source, source, sizeof(*source)) != 0)
		return refuse("it is of another snapshot");
	if (header->checksum != index_checksum(header, offsetof(struct index_header, checksum)) ||
	    header->file_size != (uint64_t)status.st_size ||
	    header->section_count != INDEX_SECTION_COUNT ||
	    (size_t)sysconf(_SC_PAGESIZE) > HEAP_INDEX_PAGE)
		return refuse("it is damaged");
	return check_sections(reading);
}

/* To be freed by big_array_free() with the section's count. */
static struct error *map_section(const struct index_reading *reading, enum index_section_id id,
				 int protection, void *ret)
{
	const struct index_section *one = section(reading, id);
	if (!one->count)
		return big_array_allocate(0, one->item_size, ret);
	void *items = mmap(NULL, one->count * one->item_size, protection, MAP_PRIVATE,
			   reading->descriptor, (off_t)one->offset);
	if (items == MAP_FAILED)
		return error_os(errno, "the index cannot be mapped");
	*(void **)ret = items;
	return NULL;
}

/* A copy, for what is small; one item more, of zeroes, so that nothing is an array, too. */
static struct error *copy_section(const struct index_reading *reading, enum index_section_id id,
				  void *ret)
{
	const struct index_section *one = section(reading, id);
	size_t size = (size_t)(one->count * one->item_size);
	_cleanup_(free_pointer) uint8_t *items = calloc(one->count + 1, one->item_size);
	if (!items)
		return error_no_memory();
	for (size_t done = 0; done < size;) {
		ssize_t n = pread(reading->descriptor, items + done, size - done,
				  (off_t)(one->offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return refuse("it ends too early");
		done += (size_t)n;
	}
	if (index_checksum(items, size) != one->checksum)
		return refuse("it is damaged");
	*(void **)ret = TAKE_PTR(items);
	return NULL;
}

/* Numbers are given in order: those of then come out again, or the binary is another one. */
static struct error *restore_types(struct index_reading *reading)
{
	_cleanup_(free_pointer) struct index_type *items = NULL;
	struct heap *heap = reading->heap;
	TRY(copy_section(reading, INDEX_TYPES, &items));
	TRY(heap_types_create(heap->runtime, &heap->types));
	for (size_t i = 0; i < section(reading, INDEX_TYPES)->count; i++) {
		uint32_t number;
		if (items[i].form >= HEAP_FORM_COUNT)
			return refuse("a type of no form");
		const struct heap_type type = { (enum heap_form)items[i].form,
						items[i].descriptor };
		TRY(heap_types_restore(heap->types, &type, &number));
		if (number != i + 1)
			return refuse("its types are not the snapshot's");
	}
	return NULL;
}

static struct error *restore_shapes(struct index_reading *reading)
{
	_cleanup_(free_pointer) struct index_shape *items = NULL;
	struct heap_shapes *shapes = &reading->heap->scan.shape_list;
	uint64_t count = section(reading, INDEX_SHAPE_LIST)->count;
	TRY(copy_section(reading, INDEX_SHAPE_LIST, &items));
	if (!count || count > SHAPES_MAX)
		return refuse("too many shapes");
	TRY(heap_shapes_init(shapes));
	shapes->count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		if (items[i].kind > SHAPE_LARGE)
			return refuse("a shape of no kind");
		shapes->list[i] = (struct heap_shape){
			.mask = items[i].mask,
			.size = items[i].size,
			.kind = (uint8_t)items[i].kind,
		};
	}
	return NULL;
}

/* What heap_spans_read() would not have made of any snapshot. */
static bool span_good(const struct index_span *span, uint64_t reached, uint32_t vertices)
{
	const uint64_t page = UINT64_C(1) << HEAP_PAGE_BITS;
	return span->start >= reached && span->start % page == 0 && span->end % page == 0 &&
	       span->end > span->start && span->slot_size && span->slot_size % 8 == 0 &&
	       span->count && span->count <= (span->end - span->start) / span->slot_size &&
	       span->count < VERTEX_MAX - vertices && span->bits <= HEAP_BITS_TYPE &&
	       span->head <= 8 && span->marks_inside <= 1 && span->unswept <= 1;
}

static struct error *take_spans(struct heap_spans *spans, const struct index_span *items,
				size_t count, const struct address_range_vector *ranges)
{
	uint64_t reached = 0;
	TRY(heap_span_vector_reserve(&spans->list, count + 1));
	for (size_t i = 0; i < count; i++) {
		const struct index_span *item = &items[i];
		/* Within the heap: so there is no more of it than the snapshot says. */
		if (!span_good(item, reached, spans->vertex_count) ||
		    !heap_ranges_has(ranges, item->start) ||
		    !heap_ranges_has(ranges, item->end - 1))
			return refuse("its spans make no sense");
		spans->list.items[spans->list.count++] = (struct heap_span){
			.start = item->start,
			.end = item->end,
			.slot_size = item->slot_size,
			.bits_at = item->bits_at,
			.first = spans->vertex_count,
			.count = item->count,
			.inverse = heap_span_inverse(item->count, item->slot_size),
			.bits = item->bits,
			.head = item->head,
			.marks_inside = item->marks_inside,
			.unswept = item->unswept,
		};
		spans->vertex_count += item->count;
		reached = item->end;
	}
	return NULL;
}

static struct error *restore_bits(struct index_reading *reading, enum index_section_id id,
				  uint64_t **ret)
{
	uint32_t objects = reading->heap->spans.vertex_count;
	size_t words = index_bit_words(objects);
	if (id == INDEX_DEAD && !section(reading, id)->count)
		return NULL;
	if (section(reading, id)->count != words)
		return refuse("its bits are of other objects");
	TRY(copy_section(reading, id, ret));
	for (size_t i = objects; i < words * 64; i++) {
		if (heap_bit(*ret, (uint32_t)i))
			return refuse("there are objects behind the last one");
	}
	return NULL;
}

static struct error *restore_spans(struct index_reading *reading,
				   const struct address_range_vector *ranges)
{
	_cleanup_(free_pointer) struct index_span *items = NULL;
	struct heap_spans *spans = &reading->heap->spans;
	TRY(copy_section(reading, INDEX_SPANS, &items));
	TRY(take_spans(spans, items, (size_t)section(reading, INDEX_SPANS)->count, ranges));
	TRY(heap_spans_number(spans));
	TRY(restore_bits(reading, INDEX_USED, &spans->used));
	TRY(restore_bits(reading, INDEX_DEAD, &spans->dead));
	return restore_bits(reading, INDEX_REACHED, &reading->heap->reached);
}

static struct error *restore_root_types(struct index_reading *reading)
{
	_cleanup_(free_pointer) uint32_t *items = NULL;
	struct heap_root_pointer_vector *pointers = &reading->heap->roots.pointers;
	if (section(reading, INDEX_ROOT_TYPES)->count != pointers->count)
		return refuse("its roots have other pointers");
	TRY(copy_section(reading, INDEX_ROOT_TYPES, &items));
	for (size_t i = 0; i < pointers->count; i++) {
		if (items[i] > section(reading, INDEX_TYPES)->count)
			return refuse("a root of no type");
		pointers->items[i].type = items[i];
	}
	return NULL;
}

static struct error *restore_users(struct index_reading *reading)
{
	_cleanup_(free_pointer) struct index_user *items = NULL;
	_cleanup_(free_pointer) char *texts = NULL;
	struct heap_roots *roots = &reading->heap->roots;
	size_t size = (size_t)section(reading, INDEX_TEXTS)->count, at = 0;
	TRY(copy_section(reading, INDEX_USERS, &items));
	TRY(copy_section(reading, INDEX_TEXTS, &texts));
	for (size_t i = 0; i < section(reading, INDEX_USERS)->count; i++) {
		/* One behind the other: no text stands for many. */
		if (items[i].root >= roots->list.count || items[i].text != at || at >= size)
			return refuse("a root that is none has a name");
		/* There is a zero behind the last one. */
		const char *text = texts + items[i].text;
		char *kept = arena_copy_string(&roots->arena, text, strlen(text));
		if (!kept)
			return error_no_memory();
		roots->list.items[items[i].root].user = kept;
		at += strlen(text) + 1;
	}
	return NULL;
}

static struct error *map_graph(struct index_reading *reading, const struct index_facts *facts)
{
	/* heap_dominate() cuts some. */
	int protection = facts->dominated ? PROT_READ : PROT_READ | PROT_WRITE;
	struct heap_scan *scan = &reading->heap->scan;
	uint64_t objects = reading->heap->spans.vertex_count;
	uint64_t vertices = objects + reading->heap->roots.list.count;
	uint64_t edges = section(reading, INDEX_EDGES)->count;
	if (section(reading, INDEX_ROWS)->count != vertices + 1 || vertices >= VERTEX_MAX ||
	    edges >= UINT32_MAX || section(reading, INDEX_SHAPES)->count != objects ||
	    section(reading, INDEX_MARKS)->count != objects)
		return refuse("its graph is of other objects");
	TRY(map_section(reading, INDEX_ROWS, PROT_READ, &scan->graph.rows));
	scan->row_count = vertices + 1;
	TRY(map_section(reading, INDEX_EDGES, protection, &scan->graph.edges));
	scan->edge_count = scan->edge_capacity = edges;
	scan->slot_count = objects;
	TRY(map_section(reading, INDEX_SHAPES, PROT_READ, &scan->shapes));
	TRY(map_section(reading, INDEX_MARKS, PROT_READ, &scan->types));
	scan->graph.object_count = (uint32_t)objects;
	scan->graph.vertex_count = (uint32_t)vertices;
	return NULL;
}

static struct error *map_dominators(struct index_reading *reading, const struct index_facts *facts)
{
	struct dominators *dominators = &reading->heap->dominators;
	uint64_t vertices = reading->heap->scan.graph.vertex_count;
	uint64_t count = section(reading, INDEX_VERTICES)->count;
	if (!facts->dominated)
		return !count && !section(reading, INDEX_PARENTS)->count &&
				       !section(reading, INDEX_RETAINED)->count &&
				       !section(reading, INDEX_NUMBERS)->count &&
				       !section(reading, INDEX_HOLDERS)->count
			       ? NULL
			       : refuse("it has half of its dominators");
	if (!count || count > vertices + 1 || section(reading, INDEX_PARENTS)->count != count ||
	    section(reading, INDEX_RETAINED)->count != count ||
	    section(reading, INDEX_NUMBERS)->count != vertices)
		return refuse("its dominators are of other objects");
	dominators->count = (uint32_t)count;
	dominators->vertex_count = (uint32_t)vertices;
	TRY(map_section(reading, INDEX_VERTICES, PROT_READ, &dominators->vertices));
	TRY(map_section(reading, INDEX_NUMBERS, PROT_READ, &dominators->numbers));
	TRY(map_section(reading, INDEX_PARENTS, PROT_READ, &dominators->parents));
	return map_section(reading, INDEX_RETAINED, PROT_READ, &dominators->retained);
}

static struct error *check_arrays(const struct index_reading *reading)
{
	const struct heap *heap = reading->heap;
	const struct heap_scan *scan = &heap->scan;
	const struct dominators *dominators = &heap->dominators;
	/* The longest first: so two threads end at about the same time. */
	struct index_check checks[] = {
		{ .id = INDEX_EDGES,
		  .items = scan->graph.edges,
		  .limit = scan->graph.object_count },
		{ .id = INDEX_RETAINED, .items = dominators->retained },
		{ .id = INDEX_ROWS, .items = scan->graph.rows, .limit = scan->edge_count + 1 },
		{ .id = INDEX_MARKS,
		  .items = scan->types,
		  .limit = section(reading, INDEX_TYPES)->count + 1 },
		{ .id = INDEX_VERTICES,
		  .items = dominators->vertices,
		  .limit = scan->graph.vertex_count },
		{ .id = INDEX_NUMBERS, .items = dominators->numbers, .limit = dominators->count },
		{ .id = INDEX_PARENTS, .items = dominators->parents },
		{ .id = INDEX_SHAPES, .items = scan->shapes, .limit = scan->shape_list.count },
	};
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		checks[i].count = (size_t)section(reading, checks[i].id)->count;
		checks[i].checksum = section(reading, checks[i].id)->checksum;
	}
	if (!index_check_all(checks, ARRAY_SIZE(checks)))
		return refuse("it is damaged");
	/* Rows rise: so every edge is in one of them. */
	return scan->graph.rows[0] == 0 &&
			       scan->graph.rows[scan->graph.vertex_count] == scan->edge_count
		       ? NULL
		       : refuse("edges that are in no row");
}

static bool group_good(const struct index_reading *reading, const struct index_group *group)
{
	return group->type <= section(reading, INDEX_TYPES)->count &&
	       group->shape < reading->heap->scan.shape_list.count;
}

static struct heap_group group_of(const struct index_group *item)
{
	return (struct heap_group){
		.type = item->type,
		.shape = (uint16_t)item->shape,
		.count = item->count,
		.bytes = item->bytes,
		.retained = item->retained,
	};
}

static struct error *restore_groups(struct index_reading *reading, struct heap_digest *digest)
{
	_cleanup_(free_pointer) struct index_group *items = NULL;
	size_t count = (size_t)section(reading, INDEX_GROUPS)->count;
	TRY(copy_section(reading, INDEX_GROUPS, &items));
	TRY(heap_group_vector_reserve(&digest->types, count + 1));
	for (size_t i = 0; i < count; i++) {
		if (!group_good(reading, &items[i]))
			return refuse("a group of no type");
		digest->types.items[digest->types.count++] = group_of(&items[i]);
	}
	return NULL;
}

static struct error *restore_classes(struct index_reading *reading, struct heap_digest *digest)
{
	_cleanup_(free_pointer) struct index_class *items = NULL;
	size_t count = (size_t)section(reading, INDEX_CLASSES)->count;
	TRY(copy_section(reading, INDEX_CLASSES, &items));
	TRY(heap_size_class_vector_reserve(&digest->classes, count + 1));
	for (size_t i = 0; i < count; i++)
		digest->classes.items[digest->classes.count++] = (struct heap_size_class){
			.size = items[i].size,
			.pointers = items[i].pointers,
			.spans = items[i].spans,
			.bytes = items[i].bytes,
			.used = items[i].used,
			.reached = items[i].reached,
		};
	return NULL;
}

static bool holder_good(const struct heap *heap, const struct index_holder *holder)
{
	if (holder->kind > HOLDER_SHARED || holder->example >= heap->scan.graph.vertex_count ||
	    heap->dominators.numbers[holder->example] == VERTEX_NONE)
		return false;
	/* Some are told of by their root, the others by their object. */
	const struct heap_root *root = heap_vertex_root(heap, holder->example);
	if (holder->kind == HOLDER_GOROUTINES)
		return root && root->goroutine != HEAP_NO_GOROUTINE;
	return holder->kind == HOLDER_ROOT ? root != NULL : !root;
}

/* `parts` are `left` of them. */
static struct error *take_parts(const struct index_reading *reading, struct heap_holders *holders,
				struct heap_holder *holder, const struct index_group *parts,
				size_t left)
{
	if (holder->part_count > left)
		return refuse("a holder has more parts than there are");
	struct heap_group *kept = arena_allocate(&holders->arena,
						 (holder->part_count + 1) * sizeof(*kept));
	if (!kept)
		return error_no_memory();
	for (size_t i = 0; i < holder->part_count; i++) {
		if (!group_good(reading, &parts[i]))
			return refuse("a part of no type");
		kept[i] = group_of(&parts[i]);
	}
	holder->parts = kept;
	return NULL;
}

static struct error *restore_holders(struct index_reading *reading, struct heap_digest *digest)
{
	_cleanup_(free_pointer) struct index_holder *items = NULL;
	_cleanup_(free_pointer) struct index_group *parts = NULL;
	size_t left = (size_t)section(reading, INDEX_PARTS)->count, taken = 0;
	TRY(copy_section(reading, INDEX_HOLDERS, &items));
	TRY(copy_section(reading, INDEX_PARTS, &parts));
	for (size_t i = 0; i < section(reading, INDEX_HOLDERS)->count; i++) {
		struct heap_holder holder = {
			.kind = (enum heap_holder_kind)items[i].kind,
			.example = items[i].example,
			.members = items[i].members,
			.count = items[i].count,
			.retained = items[i].retained,
			.part_count = items[i].part_count,
		};
		if (!holder_good(reading->heap, &items[i]))
			return refuse("a holder that is none");
		TRY(take_parts(reading, &digest->holders, &holder, parts + taken, left - taken));
		taken += holder.part_count;
		TRY(heap_holder_vector_append(&digest->holders.list, &holder));
	}
	return NULL;
}

static struct error *restore_digest(struct index_reading *reading, const struct index_facts *facts)
{
	_cleanup_(heap_digest_cleanup) struct heap_digest *digest = calloc(1, sizeof(*digest));
	if (!digest)
		return error_no_memory();
	digest->dominated = facts->dominated;
	digest->totals = facts->totals;
	digest->holders.total = facts->holders;
	TRY(restore_groups(reading, digest));
	TRY(restore_classes(reading, digest));
	TRY(restore_holders(reading, digest));
	reading->heap->digest = TAKE_PTR(digest);
	return NULL;
}

static struct error *restore(struct index_reading *reading)
{
	_cleanup_(address_range_vector_deinit) struct address_range_vector ranges = { 0 };
	_cleanup_(free_pointer) struct index_facts *facts = NULL;
	struct heap *heap = reading->heap;
	if (section(reading, INDEX_FACTS)->count != 1)
		return refuse("it has no facts");
	TRY(copy_section(reading, INDEX_FACTS, &facts));
	heap->scan.unreadable = facts->unreadable;
	heap->spans.damaged = facts->damaged;
	TRY(heap_ranges_read(heap->runtime, &ranges));
	TRY(restore_types(reading));
	TRY(restore_shapes(reading));
	TRY(restore_spans(reading, &ranges));
	TRY(heap_roots_find_bare(heap->runtime, heap->types, &ranges, &heap->roots));
	if (index_roots(&heap->roots) != facts->roots)
		return refuse("its roots are not the snapshot's");
	TRY(restore_root_types(reading));
	TRY(restore_users(reading));
	TRY(map_graph(reading, facts));
	TRY(map_dominators(reading, facts));
	TRY(check_arrays(reading));
	return restore_digest(reading, facts);
}

struct error *heap_index_read(struct runtime *runtime, const struct heap_index_source *source,
			      int descriptor, struct heap **ret)
{
	struct index_reading reading = { .descriptor = descriptor };
	_cleanup_(heap_cleanup) struct heap *heap = NULL;
	TRY(read_header(&reading, source));
	if (!(heap = calloc(1, sizeof(*heap))))
		return error_no_memory();
	heap->runtime = runtime;
	reading.heap = heap;
	TRY(restore(&reading));
	heap_note_warnings(heap);
	*ret = TAKE_PTR(heap);
	return NULL;
}
