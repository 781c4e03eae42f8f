/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_INDEX_PRIVATE_H
#define DOWSE_HEAP_INDEX_PRIVATE_H

#include "heap/digest.h"
#include "heap/index.h"

/*
 * The format, in the machine's own byte order. A change of it, or of what any of the arrays means,
 * needs no new number: the header names the very build of dowse that wrote it.
 */
#define HEAP_INDEX_MAGIC                                                                           \
	"\x8f"                                                                                     \
	"dowsei\n"
#define HEAP_INDEX_PAGE  ((size_t)4096) /* sections begin at multiples of it */
#define HEAP_INDEX_ORDER UINT64_C(0x0102030405060708)

/* Everything has its place, and nothing between is left to chance: no bytes of padding. */
struct index_facts {
	uint64_t unreadable;
	uint64_t damaged;   /* spans were left out */
	uint64_t dominated; /* else dominators and holders are empty */
	uint64_t roots;     /* a hash of them */
	uint64_t holders;   /* how many there are in all */
	struct heap_totals totals;
};

struct index_type {
	uint64_t descriptor;
	uint64_t form;
};

struct index_shape {
	uint64_t mask;
	uint32_t size;
	uint32_t kind;
};

struct index_span {
	uint64_t start;
	uint64_t end;
	uint64_t slot_size;
	uint64_t bits_at;
	uint32_t count;
	uint8_t bits;
	uint8_t head;
	uint8_t marks_inside;
	uint8_t unswept;
};

struct index_group {
	uint64_t count;
	uint64_t bytes;
	uint64_t retained;
	uint32_t type;
	uint32_t shape;
};

struct index_class {
	uint64_t size;
	uint64_t pointers;
	uint64_t spans;
	uint64_t bytes;
	uint64_t used;
	uint64_t reached;
};

struct index_user {
	uint64_t root; /* its place in the list */
	uint64_t text; /* where in TEXTS its name begins */
};

struct index_holder {
	uint64_t members;
	uint64_t count;
	uint64_t retained;
	uint32_t kind;
	uint32_t example;
	uint32_t part_count;
	uint32_t zero;
};

/* SECTION(id, its items): the order in the file. */
#define HEAP_INDEX_SECTIONS(SECTION)                                                               \
	SECTION(FACTS, struct index_facts) /* one */                                               \
	SECTION(TYPES, struct index_type)  /* by number - 1 */                                     \
	SECTION(SHAPE_LIST, struct index_shape)                                                    \
	SECTION(SPANS, struct index_span)                                                          \
	SECTION(GROUPS, struct index_group)                                                        \
	SECTION(CLASSES, struct index_class)                                                       \
	SECTION(HOLDERS, struct index_holder)                                                      \
	SECTION(PARTS, struct index_group) /* of all holders, one behind the other */              \
	SECTION(ROOT_TYPES, uint32_t)      /* of each root's pointers */                           \
	SECTION(USERS, struct index_user)  /* of globals without a name */                         \
	SECTION(TEXTS, char)               /* each with a zero behind it */                        \
	SECTION(USED, uint64_t)                                                                    \
	SECTION(DEAD, uint64_t) /* none, or as many as of the other bits */                        \
	SECTION(REACHED, uint64_t)                                                                 \
	SECTION(ROWS, uint32_t)                                                                    \
	SECTION(EDGES, uint32_t)                                                                   \
	SECTION(SHAPES, uint16_t)                                                                  \
	SECTION(MARKS, uint32_t)                                                                   \
	SECTION(VERTICES, uint32_t)                                                                \
	SECTION(NUMBERS, uint32_t)                                                                 \
	SECTION(PARENTS, uint32_t)                                                                 \
	SECTION(RETAINED, uint64_t)

enum index_section_id {
#define SECTION(id, item) INDEX_##id,
	HEAP_INDEX_SECTIONS(SECTION)
#undef SECTION
		INDEX_SECTION_COUNT,
};

struct index_section {
	uint64_t offset;
	uint64_t count; /* of items */
	uint64_t item_size;
	uint64_t checksum; /* XXH3 */
};

struct index_header {
	uint8_t magic[HEAP_INDEX_MAGIC_SIZE];
	uint64_t order;
	uint64_t build; /* of dowse */
	struct heap_index_source source;
	uint64_t file_size;
	uint64_t section_count;
	struct index_section sections[INDEX_SECTION_COUNT];
	uint64_t checksum; /* of all above */
};

_Static_assert(sizeof(struct index_header) <= HEAP_INDEX_PAGE, "the header takes one page");
_Static_assert(sizeof(struct index_span) == 40 && sizeof(struct index_group) == 32 &&
		       sizeof(struct index_holder) == 40,
	       "no padding");

/* index_format.c: the bytes of an item of each section. */
extern const uint64_t index_item_sizes[INDEX_SECTION_COUNT];

/* How many words of bits an index has for so many objects. */
static inline size_t index_bit_words(uint32_t objects)
{
	return objects / 64 + 2;
}

uint64_t index_checksum(const void *bytes, size_t size);

/* Which dowse this is: the linker's number of it where it has one, and its version. */
uint64_t index_build(void);

/* A hash of what roots are, which are not in the index. */
uint64_t index_roots(const struct heap_roots *roots);

/* index_check.c: an array that is mapped, and what must be true of all of its items. */
struct index_check {
	enum index_section_id id;
	const void *items;
	size_t count;
	uint64_t checksum;
	uint64_t limit;    /* items are below it; what else, says the section */
	uint64_t previous; /* ROWS: the last item that was seen; 0 before */
};

/* By two threads; false when anything is wrong with any of them. */
bool index_check_all(struct index_check *checks, size_t count);

#endif
