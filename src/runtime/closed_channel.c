/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/closed_channel.h"

#include "binary/type.h"
#include "runtime/member.h"

#define CHANNEL_MAX 256 /* bytes */

/* Who waited was woken when it was closed, and nobody waits at it since. */
static bool is_closed(const struct layout *layout, const uint8_t *hchan)
{
	return member_u32(hchan, layout->hchan_closed) == 1 &&
	       !member_u64(hchan, layout->hchan_recvq_first) &&
	       !member_u64(hchan, layout->hchan_sendq_first) &&
	       member_u64(hchan, layout->hchan_qcount) <= member_u64(hchan, layout->hchan_dataqsiz);
}

bool closed_channel_at(const struct runtime *runtime, uint64_t address)
{
	const struct binary *binary = runtime_binary(runtime);
	const struct layout *layout = &binary->layout;
	uint8_t hchan[CHANNEL_MAX];
	char name[256];
	if (!address || address % 8 || layout->hchan_size <= 0 ||
	    layout->hchan_size > CHANNEL_MAX || layout->hchan_elemtype < 0 ||
	    !error_ignore(target_read(runtime_target(runtime), address, hchan,
				      (size_t)layout->hchan_size)) ||
	    !is_closed(layout, hchan))
		return false;
	uint64_t element = member_u64(hchan, layout->hchan_elemtype);
	return element && error_ignore(type_name(binary, element, name, sizeof(name)));
}
