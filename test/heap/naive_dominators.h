/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TEST_HEAP_NAIVE_DOMINATORS_H
#define DOWSE_TEST_HEAP_NAIVE_DOMINATORS_H

#include "small_graph.h"

/*
 * Dominators and retained sizes of a graph, against those that one finds by doing without each
 * vertex in turn and searching again. NULL, or what is wrong: static text.
 */
const char *naive_dominators_judge(const struct small_graph *graph);

#endif
