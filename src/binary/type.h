/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_TYPE_H
#define DOWSE_BINARY_TYPE_H

#include "base/vector.h"
#include "binary/module.h"

/*
 * Go's own descriptions of types, which are in every binary, stripped or not. A descriptor is known
 * by its address in the process: an interface's first word, a channel's elemtype, a span's largeType.
 */
enum type_kind {
	TYPE_INVALID,
	TYPE_BOOL,
	TYPE_INT,
	TYPE_INT8,
	TYPE_INT16,
	TYPE_INT32,
	TYPE_INT64,
	TYPE_UINT,
	TYPE_UINT8,
	TYPE_UINT16,
	TYPE_UINT32,
	TYPE_UINT64,
	TYPE_UINTPTR,
	TYPE_FLOAT32,
	TYPE_FLOAT64,
	TYPE_COMPLEX64,
	TYPE_COMPLEX128,
	TYPE_ARRAY,
	TYPE_CHAN,
	TYPE_FUNC,
	TYPE_INTERFACE,
	TYPE_MAP,
	TYPE_POINTER,
	TYPE_SLICE,
	TYPE_STRING,
	TYPE_STRUCT,
	TYPE_UNSAFE_POINTER,
	TYPE_KIND_COUNT,
};

/* "chan", "struct", "unsafe.Pointer"; "?" for what is none. */
const char *type_kind_name(enum type_kind kind);

/* One descriptor, read; addresses of other descriptors are 0 where the kind has none. */
struct type {
	uint64_t address;
	enum type_kind kind;
	uint64_t size;          /* of a value, bytes */
	uint64_t pointer_bytes; /* how many of its first bytes can hold pointers */
	uint8_t flags;          /* tflag: the layout has its bits */
	bool named;
	uint64_t element; /* of an array, channel, map (its values), pointer, slice */
	uint64_t key;     /* of a map */
	uint64_t length;  /* of an array */
	size_t count;     /* fields of a struct, methods of an interface, parameters and results */
	uint64_t parts;   /* where those lie */
	size_t descriptor_size; /* what follows the descriptor's own struct included */
};

#define TYPE_FIELD_NAME_MAX 256
#define TYPE_COUNT_MAX      65536

/* One field of a struct. */
struct type_field {
	char name[TYPE_FIELD_NAME_MAX]; /* cut, if need be; "" where it cannot be read */
	uint64_t type;
	uint64_t offset;
	bool embedded;
};

/* ERROR_CORRUPT for bytes that are no descriptor, ERROR_FAULT where nothing can be read. */
struct error *type_read(const struct binary *binary, uint64_t address, struct type *ret) must_use;
struct error *type_field(const struct binary *binary, const struct type *type, size_t index,
			 struct type_field *ret) must_use;

/*
 * The name as %T prints it: "main.Node", "map[string]*http.Request", "chan struct {}"; cut to
 * `capacity`. That of a type which reflect made at run time follows from those of its parts;
 * ERROR_NOT_FOUND where these cannot be read.
 */
struct error *type_name(const struct binary *binary, uint64_t address, char *ret, size_t capacity)
	must_use;

/* The import path of a named type's package: "net/http"; "" where there is none. */
struct error *type_package(const struct binary *binary, uint64_t address, char *ret,
			   size_t capacity) must_use;

/*
 * Every descriptor that can be reached from the module's own list, each once, by rising address:
 * the unnamed types, and through *T, fields, elements and parameters the named ones. That leaves out
 * what only code refers to.
 */
struct error *type_list(const struct binary *binary, const struct module *module,
			struct u64_vector *ret) must_use;

/* For this folder: bytes of a descriptor, a name or a list, out of the file where that is good. */
struct error *type_bytes(const struct binary *binary, uint64_t address, void *ret, size_t size)
	must_use;

#endif
