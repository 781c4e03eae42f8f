/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_BANNED_H
#define DOWSE_BASE_BANNED_H

/*
 * Included before the first line of every source file (see src/meson.build): from here on the
 * names below do not compile. They write without knowing how much room there is (strcpy, sprintf,
 * gets), cannot report a failure (atoi), keep hidden state (strtok), or take stack that nobody
 * bounded (alloca; arrays of variable length are refused by -Wvla).
 *
 * The headers that declare these names must come first: a poisoned name is an error wherever it
 * appears, their declarations included.
 */
#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

/* Some C libraries have them as macros, and clang will not poison those. */
#undef alloca
#undef strcpy
#undef stpcpy
#undef strcat
#undef strncat
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy stpcpy strcat strncat sprintf vsprintf
#pragma GCC poison atoi atol atoll atof
#pragma GCC poison strtok gets alloca

#endif
