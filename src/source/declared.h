/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_SOURCE_DECLARED_H
#define DOWSE_SOURCE_DECLARED_H

#include "source/lines.h"

/*
 * Does a line of a file belong to that function, named as the linker names it
 * ("example.com/shop.(*Cart).watch.func1")? What speaks against it: another function is declared
 * around the line, the file is of another kind of package (main or not), nothing stands there but a
 * comment. Go files are laid out by gofmt, and so read by their first column.
 */
enum declared {
	DECLARED_NOT,     /* it is another function's, or nobody's */
	DECLARED_PERHAPS, /* its declaration is the last one before; it may have ended in between */
	DECLARED_AROUND,
};

enum declared declared_at(const struct source_lines *lines, size_t number, const char *function);

/*
 * The path of the package that a function belongs to: "example.com/shop", "main". False where the
 * name has none, or `size` does not hold it.
 */
bool declared_package(const char *function, char *ret, size_t size);

#endif
