/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CONFINE_CONNECTOR_H
#define DOWSE_CONFINE_CONNECTOR_H

#include "confine/policy.h"
#include "confine/protocol.h"
#include "http/endpoint.h"

/*
 * The worker's way to those whom the user named by URLs: it says which of them, and gets a socket that
 * is connected. Addresses were looked up before there was a worker; no other can be asked for.
 */
void connector_answer(const struct policy *policy, const struct request *request,
		      struct reply_message *reply, int *ret_descriptor);

/* In the worker: from now on connections are asked for. */
void connector_init(void);

/* A connection to the endpoint of that index, which `endpoint` is: asked for, or else made here. */
struct error *connector_connect(const struct http_endpoint *endpoint, size_t index, int *ret)
	must_use;

#endif
