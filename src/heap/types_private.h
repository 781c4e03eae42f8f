/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_TYPES_PRIVATE_H
#define DOWSE_HEAP_TYPES_PRIVATE_H

#include "base/arena.h"
#include "base/map.h"
#include "base/vector.h"
#include "binary/type.h"
#include "heap/types.h"

DEFINE_VECTOR(heap_slot_vector, struct heap_slot);

struct heap_type_entry {
	enum heap_form form;
	uint64_t descriptor;
	struct type type; /* the descriptor, read; of a channel its element; zeroes where none is */
	const struct heap_type_layout *layout; /* NULL: not asked for yet */
	const char *name;
	const char *package;
	bool choices_known;
	uint32_t choices[2]; /* for heap_types_choose(); HEAP_TYPE_UNKNOWN behind the last */
};

typedef struct heap_type_entry *heap_type_entry_pointer;
DEFINE_VECTOR(heap_type_entry_vector, heap_type_entry_pointer);

/* What a small object of a type looks like to the collector; of an array one element. */
struct types_shape {
	uint64_t mask; /* of the first 64 words */
	uint32_t size; /* of the slot; of an array of the element */
	uint32_t last; /* word that is a pointer, + 1; 0: there is none */
	uint32_t type;
};

DEFINE_VECTOR(types_shape_vector, struct types_shape);

struct heap_types {
	struct runtime *runtime; /* borrowed */
	struct arena arena;
	struct heap_type_entry_vector entries; /* by number - 1 */
	struct map numbers;                    /* by form and descriptor; 0 for what is none */
	struct map named;    /* the runtime's and the library's types, by a hash of their names */
	struct map groups;   /* from descriptors of maps' groups and buckets to the maps' */
	bool list_known;     /* both are read */
	struct map closures; /* from functions to the types of their closures */
	bool closures_known;
	struct types_shape_vector shapes; /* of what the program's code allocates */
	bool shapes_known;
	size_t slots; /* of all layouts */
	size_t steps; /* that were made to find them */
};

static inline const struct binary *types_binary(const struct heap_types *types)
{
	return runtime_binary(types->runtime);
}

/* NULL for HEAP_TYPE_UNKNOWN, and what is no number. */
static inline struct heap_type_entry *types_entry(const struct heap_types *types, uint32_t type)
{
	return type - 1 < types->entries.count ? types->entries.items[type - 1] : NULL;
}

/* False, and no error, for what is no descriptor: only that memory is out is one. */
struct error *types_read(const struct heap_types *types, uint64_t descriptor, struct type *ret,
			 bool *ret_good) must_use;

/* The buffer of channels with such elements. */
struct error *types_channel_buffer(struct heap_types *types, uint64_t element, uint32_t *ret)
	must_use;

/* type_find.c: the descriptor of one of the standard library's types, "runtime.hchan"; 0: none. */
struct error *types_find(struct heap_types *types, const char *name, uint64_t *ret) must_use;
#define TYPES_EMPTY_INTERFACE "interface {}" /* is one of them */

/* type_find.c: the map whose groups or buckets a descriptor is of; 0: it is of something else. */
struct error *types_map_of_group(struct heap_types *types, uint64_t descriptor, uint64_t *ret)
	must_use;

/* One map for each kind of groups or buckets, appended. */
struct error *types_maps(struct heap_types *types, struct u64_vector *ret) must_use;

/*
 * The package of a named type, and its name behind that, "Pointer[int]" of "sync/atomic"; false for
 * types without a name.
 */
#define TYPES_PACKAGE_MAX 256
#define TYPES_NAME_MAX    1024
struct types_own_name {
	char package[TYPES_PACKAGE_MAX];
	char text[TYPES_NAME_MAX];
	const char *name; /* in `text` */
};
bool types_own_name(const struct heap_types *types, uint64_t descriptor,
		    struct types_own_name *ret);

/* type_flatten.c: the pointer words of a value, appended to `slots`. */
struct types_flatten {
	struct heap_types *types;
	uint64_t context; /* the type of the map or channel that the runtime's structure is of; 0 */
	struct heap_slot_vector slots;
	size_t steps;
	bool complete;
};

struct error *types_flatten(struct types_flatten *flatten, const struct type *type, uint64_t offset)
	must_use;
void types_flatten_deinit(struct types_flatten *flatten);

/* One word; false when it is one too many, or not behind the last. */
struct error *types_flatten_slot(struct types_flatten *flatten, const struct heap_slot *slot)
	must_use;

/* The slots from `first` on again, for elements 1 to count - 1 of an array. */
struct error *types_flatten_repeat(struct types_flatten *flatten, size_t first, uint64_t count,
				   uint64_t stride) must_use;

/* type_rules.c: what a field points to that its type does not say. */
struct error *types_rule(struct types_flatten *flatten, const struct type *structure,
			 const struct type_field *field, struct heap_slot *slot) must_use;

/* The types that a pointer to this one may lead to as well, into entry->choices. */
struct error *types_choices(struct heap_types *types, struct heap_type_entry *entry) must_use;

/* type_maps.c: how a map's groups or buckets are laid out: eight keys and values in each. */
#define TYPES_MAP_SLOTS 8
struct types_map_shape {
	struct type key, value;
	uint64_t size; /* of a group or bucket */
	uint64_t key_offset, key_stride;
	uint64_t value_offset, value_stride;
	bool key_by_pointer, value_by_pointer;
	bool has_overflow; /* a bucket's last word leads to another one */
};

/* False for a descriptor that contradicts itself. */
struct error *types_map_shape(const struct heap_types *types, const struct type *map,
			      struct types_map_shape *ret, bool *ret_good) must_use;

/* The slots of one. */
struct error *types_map_flatten(struct types_flatten *flatten, const struct types_map_shape *shape)
	must_use;

/* The structure of the runtime's that a form's header is, by name; NULL for other forms. */
const char *types_header(const struct heap_types *types, enum heap_form form);

/* type_closures.c: the struct that a function's closures are; false where that is not known. */
struct error *types_closure(struct heap_types *types, uint64_t function, struct type *ret,
			    bool *ret_good) must_use;

/* type_size.c: the bytes that the allocator takes for so many. */
uint64_t types_allocated(const struct heap_types *types, uint64_t size, bool pointers);

#endif
