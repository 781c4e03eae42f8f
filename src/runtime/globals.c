/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/globals.h"

#include <string.h>

#include "binary/code.h"
#include "runtime/globals_check.h"

/*
 * A stripped program has no names for its globals, but its code refers to them, and pclntab names
 * the code. Each row below is a function whose references into the data segments, in the order of
 * their first use, have been the same in every release from 1.19 on: the n-th is the global, or
 * one of its members. A row is a guess all the same (a profile may have inlined or reordered the
 * function), so what it yields is checked in memory; where the n-th reference fails the check, the
 * function's other references are tried, and one is taken if it is the only one that passes for
 * certain.
 */

static const char *const global_names[GLOBAL_COUNT] = {
	[GLOBAL_ALLGS] = "runtime.allgs",
	[GLOBAL_ALLGLEN] = "runtime.allglen",
	[GLOBAL_ALLGPTR] = "runtime.allgptr",
	[GLOBAL_ALLP] = "runtime.allp",
	[GLOBAL_ALLM] = "runtime.allm",
	[GLOBAL_SCHED] = "runtime.sched",
	[GLOBAL_MHEAP] = "runtime.mheap_",
	[GLOBAL_GC_CONTROLLER] = "runtime.gcController",
	[GLOBAL_WORK] = "runtime.work",
	[GLOBAL_MEMSTATS] = "runtime.memstats",
	[GLOBAL_SEMTABLE] = "runtime.semtable",
	[GLOBAL_WAIT_REASONS] = "runtime.waitReasonStrings",
	[GLOBAL_MEM_PROFILE_RATE] = "runtime.MemProfileRate",
};

const char *runtime_global_name(enum runtime_global global)
{
	return global_names[global];
}

struct site {
	enum runtime_global global;
	const char *function;
	unsigned index; /* which of its references */
	bool bss;       /* of those into [bss, ebss) alone */
	size_t member;  /* where struct layout has the member that is referred to, or WHOLE */
};

#define WHOLE        SIZE_MAX
#define MEMBER(name) offsetof(struct layout, name)

static const struct site sites[] = {
	{ GLOBAL_ALLGS, "runtime.forEachG", 1, false, WHOLE },
	{ GLOBAL_ALLGS, "runtime.allgadd", 1, false, WHOLE },
	{ GLOBAL_ALLGLEN, "runtime.forEachGRace", 0, false, WHOLE },
	{ GLOBAL_ALLGLEN, "runtime.atomicAllG", 0, false, WHOLE }, /* not inlined by -N -l */
	{ GLOBAL_ALLGLEN, "runtime.gcount", 0, false, WHOLE },
	{ GLOBAL_ALLGPTR, "runtime.forEachGRace", 1, false, WHOLE },
	{ GLOBAL_ALLGPTR, "runtime.atomicAllG", 1, false, WHOLE },
	{ GLOBAL_ALLGPTR, "runtime.allgadd", 4, false, WHOLE },
	{ GLOBAL_ALLP, "runtime.gcMarkTinyAllocs", 0, false, WHOLE },
	{ GLOBAL_ALLP, "runtime.procresize", 1, false, WHOLE },
	{ GLOBAL_ALLM, "runtime.mexit", 3, false, WHOLE },
	{ GLOBAL_ALLM, "runtime.mcommoninit", 1, false, WHOLE },
	{ GLOBAL_SCHED, "runtime.stopm", 0, false, MEMBER(sched_lock) },
	{ GLOBAL_SCHED, "runtime.startTheWorldWithSema", 0, false, MEMBER(sched_lock) },
	{ GLOBAL_MHEAP, "runtime.setCheckmark", 0, false, MEMBER(mheap_arenas) },
	{ GLOBAL_MHEAP, "runtime.(*mcentral).uncacheSpan", 0, false, MEMBER(mheap_sweepgen) },
	{ GLOBAL_GC_CONTROLLER, "runtime.gcFlushBgCredit", 1, false,
	  MEMBER(gc_controller_assist_bytes_per_work) },
	{ GLOBAL_GC_CONTROLLER, "runtime.gcControllerCommit", 1, false, WHOLE },
	{ GLOBAL_GC_CONTROLLER, "runtime.gcinit", 1, false, WHOLE },
	{ GLOBAL_WORK, "runtime.trygetfull", 0, false, WHOLE },
	{ GLOBAL_WORK, "runtime.putfull", 0, false, WHOLE },
	{ GLOBAL_MEMSTATS, "runtime.recordspan", 0, false, MEMBER(mstats_other_sys) },
	{ GLOBAL_SEMTABLE, "runtime.semrelease1", 0, true, WHOLE },
	{ GLOBAL_SEMTABLE, "runtime.semacquire1", 0, true, WHOLE },
	{ GLOBAL_WAIT_REASONS, "runtime.waitReason.String", 0, false, WHOLE },
	{ GLOBAL_MEM_PROFILE_RATE, "runtime.nextSample", 0, false, WHOLE },
	{ GLOBAL_MEM_PROFILE_RATE, "runtime.profilealloc", 1, false, WHOLE },
};

#define SITE_COUNT     ARRAY_SIZE(sites)
#define REFERENCES_MAX 64

struct search {
	const struct binary *binary;
	struct function functions[SITE_COUNT]; /* entry 0: not there */
	uint64_t *ret;
};

/* One pass over the table of functions for all the rows. */
static void search_functions(struct search *search)
{
	const struct pclntab *table = search->binary->modules[0].functions;
	size_t missing = SITE_COUNT;
	for (size_t i = 0, count = pclntab_function_count(table); i < count && missing; i++) {
		struct function function;
		if (!pclntab_function_at(table, i, &function) ||
		    strncmp(function.name, "runtime.", strlen("runtime.")) != 0)
			continue;
		for (size_t s = 0; s < SITE_COUNT; s++) {
			if (!search->functions[s].entry &&
			    !strcmp(sites[s].function, function.name)) {
				search->functions[s] = function;
				missing--;
			}
		}
	}
}

/* False where this release has no such member, or the row does not apply. */
static bool site_member(const struct search *search, const struct site *site, uint64_t *ret)
{
	if (site->member == WHOLE) {
		*ret = 0;
		return true;
	}
	int32_t offset = *(const int32_t *)((const char *)&search->binary->layout + site->member);
	*ret = (uint64_t)offset;
	return offset >= 0;
}

static size_t site_references(const struct search *search, size_t index,
			      uint64_t ret[REFERENCES_MAX])
{
	const struct module *module = &search->binary->modules[0];
	/* The segments lie one behind the other, in another order where gcc's linker was used. */
	uint64_t low = sites[index].bss ? module->bss : MIN(module->noptrdata, module->data);
	uint64_t high = sites[index].bss ? module->bss_end
					 : MAX(module->noptrbss_end, module->bss_end);
	size_t count = 0;
	if (!search->functions[index].entry ||
	    !error_ignore(code_data_references(search->binary, &search->functions[index], low, high,
					       ret, REFERENCES_MAX, &count)))
		return 0;
	return MIN(count, (size_t)REFERENCES_MAX);
}

/*
 * A running process may change the words between two looks at them: what failed is looked at
 * again before it is given up.
 */
static enum global_verdict check(const struct search *search, enum runtime_global global,
				 uint64_t address)
{
	enum global_verdict verdict = GLOBAL_WRONG;
	for (int tries = 0; tries < 3 && verdict == GLOBAL_WRONG; tries++)
		verdict = global_check(search->binary, search->ret, global, address);
	return verdict;
}

/*
 * What the row says, or the only one of the function's references that passes for certain. A row
 * whose n-th reference is merely possible wins over nothing, but not over another row's certainty.
 */
static enum global_verdict search_site(const struct search *search, size_t index, bool any,
				       uint64_t *ret)
{
	const struct site *site = &sites[index];
	uint64_t references[REFERENCES_MAX], member;
	if (!site_member(search, site, &member))
		return GLOBAL_WRONG;
	size_t count = site_references(search, index, references);
	if (!any) {
		if (site->index >= count)
			return GLOBAL_WRONG;
		*ret = references[site->index] - member;
		return check(search, site->global, *ret);
	}
	size_t certain = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t address = references[i] - member;
		if (check(search, site->global, address) == GLOBAL_CERTAIN) {
			*ret = address;
			certain++;
		}
	}
	return certain == 1 ? GLOBAL_CERTAIN : GLOBAL_WRONG;
}

/* The best of all rows for one global, by the row's own reference or by any. */
static void search_code(const struct search *search, enum runtime_global global, bool any)
{
	uint64_t possible = 0;
	for (size_t i = 0; i < SITE_COUNT; i++) {
		uint64_t address = 0;
		if (sites[i].global != global)
			continue;
		enum global_verdict verdict = search_site(search, i, any, &address);
		if (verdict == GLOBAL_CERTAIN) {
			search->ret[global] = address;
			return;
		}
		if (verdict == GLOBAL_POSSIBLE && !possible)
			possible = address;
	}
	search->ret[global] = possible;
}

struct error *globals_find(const struct binary *binary, uint64_t ret[GLOBAL_COUNT])
{
	uint64_t found[GLOBAL_COUNT] = { 0 };
	struct search search = { .binary = binary, .ret = found };
	struct elf_symbol symbols[GLOBAL_COUNT] = { 0 };
	for (size_t i = 0; i < GLOBAL_COUNT; i++)
		symbols[i].name = global_names[i];
	TRY(binary_find_symbols(binary, symbols, GLOBAL_COUNT));

	bool have_functions = false;
	for (int i = 0; i < GLOBAL_COUNT; i++) {
		if (symbols[i].found && check(&search, i, symbols[i].address) != GLOBAL_WRONG) {
			found[i] = symbols[i].address;
			continue;
		}
		if (!have_functions)
			search_functions(&search);
		have_functions = true;
		search_code(&search, i, false);
		if (!found[i])
			search_code(&search, i, true);
	}
	memcpy(ret, found, sizeof(found));
	return NULL;
}
