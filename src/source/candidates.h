/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_SOURCE_CANDIDATES_H
#define DOWSE_SOURCE_CANDIDATES_H

#include "base/arena.h"

/* Where source may lie. Strings are borrowed; NULL is unknown. */
struct source_roots {
	const char *const
		*folders; /* that the user has named: the program's tree, or parts of it */
	size_t folder_count;
	const char *folder;       /* that dowse was called in */
	const char *main_module;  /* its path */
	const char *main_package; /* the path of package main */
	const char *library;      /* Go's own folder: the standard library lies in its src */
	const char *modules;      /* the cache of modules */
};

/* More places are not looked at for one file. */
#define CANDIDATES_MAX 64

struct source_candidates {
	const char *paths[CANDIDATES_MAX];
	size_t count;
	size_t exact; /* so many, from the first on, are that file if they are there */
};

/*
 * Where a file may be found that a program names, the likeliest first: as it is named, in the
 * module's tree, in the cache of modules, in Go's own library. A binary that was built by -trimpath
 * names "example.com/shop/cart.go", "golang.org/x/net@v0.1.0/http2/server.go", "net/http/server.go".
 */
struct error *source_candidates(const struct source_roots *roots, const char *function,
				const char *file, struct arena *arena,
				struct source_candidates *ret) must_use;

#endif
