/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_REAP_H
#define DOWSE_TARGET_REAP_H

#include "target/inject.h"

/* Kill a fork that the calling thread traces, and take its end: a zombie is left. */
void reap_kill(pid_t fork);

/* The same for whatever forks of the process the calling thread traces without knowing it. */
void reap_kill_unknown(int directory);

/*
 * A fork that has ended is a zombie until its parent waits for it, and its parent is the process
 * that it was made of, which knows nothing of it. So one thread of the process is borrowed for as
 * long as a wait4() takes. In the tracer's thread; `injection` needs all but `call` set.
 *
 * The zombie is named by the id that the process's own PID namespace has for it. The thread
 * `preferred` is tried first (0: none). False when it could not be done now.
 */
bool reap_zombie(struct injection *injection, pid_t inner, pid_t preferred);

/*
 * Reap what forks a dowse that was killed has left. Returns how many there were. Only reads /proc
 * when there are none.
 */
unsigned reap_leftovers(struct injection *injection);

/*
 * The same by a tracer of its own, at any time in which the process runs: a thread that is late to
 * stop is free again when this returns. For any thread; `injection` as above.
 */
void reap_apart(struct injection *injection);

/* Are there any? */
bool reap_is_needed(int directory);

#endif
