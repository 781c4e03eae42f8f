/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/connector.h"

#include "confine/client.h"

static bool asks; /* the broker; set once */

static struct error *connect_named(const struct policy *policy, uint64_t index, int *ret)
{
	if (index >= policy->endpoint_count)
		return error_new(ERROR_PERMISSION, "that was not asked for: it is refused");
	return http_endpoint_connect(&policy->endpoints[index], ret);
}

void connector_answer(const struct policy *policy, const struct request *request,
		      struct reply_message *reply, int *ret_descriptor)
{
	struct error *error = connect_named(policy, request->numbers[0], ret_descriptor);
	if (error)
		reply_error(reply, error);
}

void connector_init(void)
{
	asks = true;
}

struct error *connector_connect(const struct http_endpoint *endpoint, size_t index, int *ret)
{
	if (!asks)
		return http_endpoint_connect(endpoint, ret);
	int descriptor = -1;
	struct request *request = client_begin(REQUEST_CONNECT);
	request->numbers[0] = index;
	struct error *error = client_error(client_ask(-1, &descriptor));
	client_done();
	if (!error && descriptor < 0)
		return error_new(ERROR_OTHER, "no connection came");
	if (!error)
		*ret = descriptor;
	return error;
}
