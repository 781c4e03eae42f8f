/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/layout_check.h"

/* Far more than any of them has in any release. */
#define STRUCTURE_SIZE_MAX 65536

struct copied_member {
	enum layout_field size; /* of the structure; absent: it is never copied */
	enum layout_field member;
	int32_t width; /* bytes that are read there */
};

#define COPIED(structure, member, width)                                                           \
	{                                                                                          \
		LAYOUT_FIELD_##structure##_size, LAYOUT_FIELD_##structure##_##member, width        \
	}

static const struct copied_member copied_members[] = {
	COPIED(g, async_safe_point, 1),
	COPIED(g, atomicstatus, 4),
	COPIED(g, bubble, 8),
	COPIED(g, defer, 8),
	COPIED(g, goid, 8),
	COPIED(g, gopc, 8),
	COPIED(g, labels, 8),
	COPIED(g, lockedm, 8),
	COPIED(g, m, 8),
	COPIED(g, panic, 8),
	COPIED(g, parent_goid, 8),
	COPIED(g, sched_ctxt, 8),
	COPIED(g, sched_pc, 8),
	COPIED(g, sched_sp, 8),
	COPIED(g, sleep_when, 8),
	COPIED(g, stack_hi, 8),
	COPIED(g, stack_lo, 8),
	COPIED(g, startpc, 8),
	COPIED(g, sync_group, 8),
	COPIED(g, syscallpc, 8),
	COPIED(g, syscallsp, 8),
	COPIED(g, timer, 8),
	COPIED(g, tracking_stamp, 8),
	COPIED(g, waiting, 8),
	COPIED(g, waitreason, 1),
	COPIED(g, waitsince, 8),
	COPIED(g, xregs_state, 8),
	COPIED(m, alllink, 8),
	COPIED(m, curg, 8),
	COPIED(m, g0, 8),
	COPIED(m, gsignal, 8),
	COPIED(m, p, 8),
	COPIED(m, procid, 8),
	COPIED(m, vdso_pc, 8),
	COPIED(m, vdso_sp, 8),
	COPIED(sudog, c, 8),
	COPIED(sudog, c_vu, 8),
	COPIED(sudog, elem, 8),
	COPIED(sudog, elem_vu, 8),
	COPIED(sudog, g, 8),
	COPIED(sudog, is_select, 1),
	COPIED(sudog, next, 8),
	COPIED(sudog, prev, 8),
	COPIED(sudog, waitlink, 8),
	COPIED(hchan, closed, 4),
	COPIED(hchan, dataqsiz, 8),
	COPIED(hchan, elemtype, 8),
	COPIED(hchan, qcount, 8),
	COPIED(hchan, recvq_first, 8),
	COPIED(hchan, sendq_first, 8),
	COPIED(timer, status, 4),
	COPIED(timer, when, 8),
	COPIED(defer, fn, 8),
	COPIED(defer, heap, 1),
	COPIED(defer, link, 8),
	COPIED(defer, pc, 8),
	COPIED(poll_desc, fd, 8),
	COPIED(poll_desc, rd, 8),
	COPIED(poll_desc, rg, 8),
	COPIED(poll_desc, wd, 8),
	COPIED(poll_desc, wg, 8),
	COPIED(hmap, b, 1),
	COPIED(hmap, buckets, 8),
	COPIED(swiss_map, dir_ptr, 16),
	COPIED(swiss_table, used, 2),
	COPIED(swiss_table, capacity, 2),
	COPIED(mspan, alloc_bits, 8),
	COPIED(mspan, alloc_count, 4),
	COPIED(mspan, elemsize, 8),
	COPIED(mspan, free_index_for_scan, 8),
	COPIED(mspan, freeindex, 8),
	COPIED(mspan, gcmark_bits, 8),
	COPIED(mspan, large_type, 8),
	COPIED(mspan, nelems, 8),
	COPIED(mspan, npages, 8),
	COPIED(mspan, spanclass, 1),
	COPIED(mspan, specials, 8),
	COPIED(mspan, start_addr, 8),
	COPIED(mspan, state, 1),
	COPIED(mspan, sweepgen, 4),
};

static struct error *check_member(const struct layout *layout, const struct copied_member *member)
{
	int32_t size = layout->values[member->size];
	int32_t offset = layout->values[member->member];
	if (size == LAYOUT_ABSENT || offset == LAYOUT_ABSENT)
		return NULL;
	if (size > 0 && size <= STRUCTURE_SIZE_MAX && offset >= 0 && offset <= size - member->width)
		return NULL;
	return error_new(ERROR_CORRUPT,
			 "the layout of %s contradicts itself: %d bytes, and a member at %d",
			 layout_members[member->size].types, size, offset);
}

struct error *layout_check(const struct layout *layout)
{
	if (!layout_has(layout->g_size))
		return error_new(ERROR_UNSUPPORTED, "the layout of runtime.g is not known");
	for (size_t i = 0; i < ARRAY_SIZE(copied_members); i++)
		TRY(check_member(layout, &copied_members[i]));
	return NULL;
}
