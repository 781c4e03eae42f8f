/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_DWARF_ENTRIES_H
#define DOWSE_BINARY_DWARF_ENTRIES_H

#include "base/cursor.h"
#include "base/error.h"
#include "binary/elf.h"

/*
 * The entries of .debug_info, DWARF 4 and 5, one by one. What is not needed to know types,
 * constants and global variables (other locations, lines, ranges) is stepped over. References and offsets are those in
 * .debug_info.
 */
struct dwarf;

struct dwarf_bytes {
	const uint8_t *bytes;
	size_t size;
};

enum dwarf_tag {
	DWARF_ARRAY_TYPE = 0x01,
	DWARF_FORMAL_PARAMETER = 0x05,
	DWARF_MEMBER = 0x0d,
	DWARF_POINTER_TYPE = 0x0f,
	DWARF_COMPILE_UNIT = 0x11,
	DWARF_STRUCTURE_TYPE = 0x13,
	DWARF_SUBROUTINE_TYPE = 0x15,
	DWARF_TYPEDEF = 0x16,
	DWARF_SUBRANGE_TYPE = 0x21,
	DWARF_BASE_TYPE = 0x24,
	DWARF_CONSTANT = 0x27,
	DWARF_SUBPROGRAM = 0x2e,
	DWARF_VARIABLE = 0x34,
};

enum { DWARF_LANGUAGE_GO = 0x16 };

struct dwarf_abbreviations;

struct dwarf_unit {
	uint64_t offset;  /* of its header */
	uint64_t entries; /* of its first entry */
	uint64_t end;
	uint64_t abbreviations_offset;
	uint16_t version;
	uint8_t address_size;
	uint8_t offset_size; /* 4 or 8: 32-bit or 64-bit DWARF */
	uint64_t addresses;  /* where its own begin in .debug_addr; the first entry says it */
	const struct dwarf_abbreviations *abbreviations; /* NULL until entries are read */
};

/* An absent number is -1 where that is not a value, an absent name NULL, an absent type 0. */
struct dwarf_entry {
	uint64_t offset;
	uint32_t tag; /* 0 ends a list of children */
	bool has_children;
	const char *name;
	uint64_t type;
	int64_t byte_size;
	int64_t member_offset;
	int64_t count;
	int64_t language;
	int64_t value; /* of a constant */
	bool has_value;
	uint64_t address; /* of a variable that has one, fixed; 0 */
	uint64_t
		runtime_type; /* Go: where its descriptor lies, counted from the module's types; 0 */
	int64_t kind;         /* Go: as reflect numbers them */
	uint64_t element;     /* Go: a type, of a slice, channel, map */
	uint64_t key;         /* Go: a type, of a map */
	uint64_t origin;      /* another entry, that has the rest; 0 */
	uint64_t low_pc;      /* of a function; 0 */
	bool is_result;       /* Go: of a parameter that the function sets */
	uint64_t addresses;   /* of a unit */
	struct dwarf_bytes location; /* an expression; bytes NULL: none */
	uint64_t location_list;      /* where it begins in the unit's section; UINT64_MAX: none */
};

/* .debug_loc or .debug_loclists, by the unit's version; empty: there is none. */
struct error *dwarf_location_lists(struct dwarf *dwarf, const struct dwarf_unit *unit,
				   struct dwarf_bytes *ret) must_use;

/* The unit's address with that number; 0 when there is none. */
uint64_t dwarf_address(const struct dwarf *dwarf, const struct dwarf_unit *unit, uint64_t index);

/*
 * Opens the debug information of an image, which must outlive it. ERROR_NOT_FOUND when there is
 * none.
 */
struct error *dwarf_open(struct elf *elf, struct dwarf **ret) must_use;
void dwarf_destroy(struct dwarf *dwarf);

/* The size of .debug_info. */
uint64_t dwarf_size(const struct dwarf *dwarf);

/* The unit whose header lies at `offset`; the next one begins at its end. */
struct error *dwarf_unit_at(struct dwarf *dwarf, uint64_t offset, struct dwarf_unit *ret) must_use;

/*
 * The first entry of a unit, which says whose unit it is; cheap. A unit of DWARF 2 or 3, or an empty
 * one, has none: tag 0.
 */
struct error *dwarf_unit_root(struct dwarf *dwarf, const struct dwarf_unit *unit,
			      struct dwarf_entry *ret) must_use;

/* A cursor over the unit that stands at an entry. */
struct cursor dwarf_entries(const struct dwarf *dwarf, const struct dwarf_unit *unit,
			    uint64_t offset);

/* Read the entry that the cursor stands at and pass over it, not over its children. */
struct error *dwarf_entry_read(struct dwarf *dwarf, struct dwarf_unit *unit, struct cursor *cursor,
			       struct dwarf_entry *ret) must_use;

/*
 * A quick way through the children of a unit's first entry that have one tag: they are read,
 * everything else is passed over. All zeroes is the beginning.
 */
struct dwarf_walk {
	uint64_t offset;
	uint64_t depth;
};

/* The next of them; ret->tag is 0 when there are no more. */
struct error *dwarf_walk_next(struct dwarf *dwarf, struct dwarf_unit *unit, struct dwarf_walk *walk,
			      uint32_t tag, struct dwarf_entry *ret) must_use;

static inline void dwarf_cleanup(struct dwarf **dwarf)
{
	dwarf_destroy(*dwarf);
}

#endif
