/* SPDX-License-Identifier: Apache-2.0 */
#include "report/wait_text.h"

#include "model/quantity.h"
#include "report/safe.h"

/* Channels of a select that are told one by one. */
#define WAIT_CHANNELS_SHOWN 4

static void write_count(struct writer *writer, uint64_t count)
{
	char text[QUANTITY_SIZE];
	writer_string(writer, quantity_count(count, text));
}

static void write_address(struct writer *writer, const char *what, uint64_t address)
{
	writer_string(writer, what);
	if (address) {
		writer_string(writer, " at ");
		writer_hex(writer, address);
	}
}

static void write_waiters(struct writer *writer, const struct wait_channel *channel)
{
	if (channel->receivers) {
		writer_string(writer, ", ");
		write_count(writer, channel->receivers);
		writer_string(writer, channel->receivers == 1 ? " receiver" : " receivers");
	}
	if (channel->senders) {
		writer_string(writer, ", ");
		write_count(writer, channel->senders);
		writer_string(writer, channel->senders == 1 ? " sender" : " senders");
	}
	if (channel->receivers || channel->senders)
		writer_string(writer, " waiting");
}

static void write_channel(struct writer *writer, const struct wait_channel *channel)
{
	writer_string(writer, channel->send ? "to send to chan" : "to receive from chan");
	if (channel->element) {
		writer_char(writer, ' ');
		safe_string_limited(writer, channel->element, 80, NULL);
	}
	write_address(writer, "", channel->address);
	if (!channel->known)
		return;
	if (channel->capacity) {
		writer_string(writer, ", ");
		write_count(writer, channel->length);
		writer_string(writer, " of ");
		write_count(writer, channel->capacity);
		writer_string(writer, " buffered");
	} else {
		writer_string(writer, ", unbuffered");
	}
	if (channel->closed)
		writer_string(writer, ", closed");
	write_waiters(writer, channel);
}

static void write_select(struct writer *writer, const struct wait *wait)
{
	writer_string(writer, "for any of ");
	write_count(writer, wait->channel_count);
	writer_string(writer, wait->channel_count == 1 ? " case: " : " cases: ");
	for (uint32_t i = 0; i < wait->channel_count && i < WAIT_CHANNELS_SHOWN; i++) {
		writer_string(writer, i ? "; " : "");
		write_channel(writer, &wait->channels[i]);
	}
	if (wait->channel_count > WAIT_CHANNELS_SHOWN) {
		writer_string(writer, "; and ");
		write_count(writer, wait->channel_count - WAIT_CHANNELS_SHOWN);
		writer_string(writer, " more");
	}
}

static void write_others(struct writer *writer, const struct wait *wait)
{
	if (!wait->others)
		return;
	writer_string(writer, ", as ");
	write_count(writer, wait->others);
	writer_string(writer, wait->others == 1 ? " other does" : " others do");
}

static void write_time_left(struct writer *writer, const char *what, int64_t ns)
{
	char text[QUANTITY_SIZE];
	if (ns == INT64_MIN)
		return;
	writer_string(writer, what);
	if (ns > 0) {
		writer_string(writer, " in ");
		writer_string(writer, quantity_duration(ns, text));
	} else {
		writer_string(writer, " now");
	}
}

static void write_descriptor(struct writer *writer, const struct wait *wait)
{
	writer_string(writer, wait->send ? "to write to descriptor" : "to read from descriptor");
	if (wait->descriptor >= 0) {
		writer_char(writer, ' ');
		writer_signed(writer, wait->descriptor);
	}
	if (wait->descriptor_name) {
		writer_char(writer, ' ');
		safe_string_limited(writer, wait->descriptor_name, 120, NULL);
	}
	if (wait->local_address) {
		writer_char(writer, ' ');
		safe_string_limited(writer, wait->local_address, 120, NULL);
	}
	if (wait->remote_address) {
		writer_string(writer, wait->local_address ? " ↔ " : " to ");
		safe_string_limited(writer, wait->remote_address, 120, NULL);
	}
	write_time_left(writer, ", deadline", wait->wakes_in_ns);
}

static const char *wait_noun(enum wait_kind kind)
{
	switch (kind) {
	case WAIT_MUTEX:
		return "for sync.Mutex";
	case WAIT_RWMUTEX_READ:
		return "for sync.RWMutex, to read,";
	case WAIT_RWMUTEX_WRITE:
		return "for sync.RWMutex, to write,";
	case WAIT_COND:
		return "for sync.Cond";
	case WAIT_WAITGROUP:
		return "for sync.WaitGroup";
	case WAIT_SEMAPHORE:
		return "for semaphore";
	default:
		return NULL;
	}
}

bool wait_text(const struct wait *wait, struct writer *writer)
{
	switch (wait->kind) {
	case WAIT_NONE:
	case WAIT_RUNTIME:
		return false;
	case WAIT_NIL_CHANNEL:
		writer_string(writer, wait->send ? "to send to a nil channel: it never wakes"
						 : "to receive from a nil channel: it never wakes");
		return true;
	case WAIT_EMPTY_SELECT:
		writer_string(writer, "in a select without a case that can happen: it never wakes");
		return true;
	case WAIT_CHANNEL:
		if (!wait->channel_count)
			return false;
		write_channel(writer, &wait->channels[0]);
		return true;
	case WAIT_SELECT:
		if (!wait->channel_count)
			return false;
		write_select(writer, wait);
		return true;
	case WAIT_SLEEP:
		writer_string(writer, "for the clock");
		write_time_left(writer, ", wakes", wait->wakes_in_ns);
		return true;
	case WAIT_DESCRIPTOR:
		write_descriptor(writer, wait);
		return true;
	default:
		if (!wait->address)
			return false;
		write_address(writer, wait_noun(wait->kind), wait->address);
		write_others(writer, wait);
		return true;
	}
}
