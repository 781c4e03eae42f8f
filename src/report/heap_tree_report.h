/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_HEAP_TREE_REPORT_H
#define DOWSE_REPORT_HEAP_TREE_REPORT_H

#include "heap/type_tree.h"
#include "report/heap_report.h"

/* Who holds what, for those who draw it: stacks that begin with a root. */
#define HEAP_TREE_SHARE 2000 /* what is less than this part of the whole is left out */
#define HEAP_TREE_NODES 80   /* of a graph */

/* What a node is called: "main.sessions", "main.Session", "(several roots)". */
struct error *heap_tree_text(const struct heap_report *report, const struct type_tree_node *node,
			     struct writer *writer) must_use;

/* "main.sessions;map[int]*main.Session;main.Session 4096", one line a node that has bytes itself. */
struct error *heap_folded(const struct heap_report *report, const struct type_tree_vector *tree,
			  struct writer *writer) must_use;

/* For `go tool pprof`: profile.proto, compressed. */
struct error *heap_pprof(const struct heap_report *report, const struct type_tree_vector *tree,
			 struct writer *writer) must_use;

/* For graphviz: the nodes that hold most. */
struct error *heap_dot(const struct heap_report *report, const struct type_tree_vector *tree,
		       struct writer *writer) must_use;

#endif
