/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CONFINE_CLIENT_H
#define DOWSE_CONFINE_CLIENT_H

#include "confine/protocol.h"

/*
 * The worker's side of the socket. There is one worker in a process, and one conversation: threads
 * wait for each other. Nothing here allocates, so that it can be called for a trapped system call
 * at any place.
 */
void client_init(int socket);

/*
 * Ask and wait for the answer, which stays valid until client_done(). `directory` and
 * *ret_descriptor may be -1 and NULL. If the broker is gone this does not return: so is dowse.
 */
struct request *client_begin(enum request_kind kind);
const struct reply_message *client_ask(int directory, int *ret_descriptor);
void client_done(void);

/* The error that an answer tells of, or NULL. */
struct error *client_error(const struct reply_message *reply) must_use;

#endif
