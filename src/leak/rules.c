/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

#include <string.h>
#include <strings.h>

const char *certainty_name(enum certainty certainty)
{
	static const char *const names[] = {
		[CERTAINTY_SUSPECT] = "suspect",
		[CERTAINTY_LIKELY] = "likely",
		[CERTAINTY_PROVED] = "proved",
	};
	return names[certainty];
}

bool certainty_parse(const char *text, enum certainty *ret)
{
	for (int i = CERTAINTY_SUSPECT; i <= CERTAINTY_PROVED; i++) {
		if (strcmp(text, certainty_name((enum certainty)i)) == 0) {
			*ret = (enum certainty)i;
			return true;
		}
	}
	return false;
}

/* A set of rules is a word (rules_parse()). */
_Static_assert(RULE_COUNT < 64, "more rules than bits");

/* What dowse explain tells beside the catalogue's line. */
#define EVIDENCE_NIL_CHANNEL                                                                             \
	"The runtime notes with every parked goroutine why it waits; for a nil channel it has reasons\n" \
	"of their own. Nobody else can reach a nil channel, so nothing can ever wake the goroutine."
#define LEAKY_NIL_CHANNEL                                                                          \
	"type Cart struct{ updates chan Update }\n"                                                \
	"\n"                                                                                       \
	"func (c *Cart) watch() {\n"                                                               \
	"	go func() {\n"                                                                           \
	"		for u := range c.updates { // nobody has made the channel: waits for ever\n"            \
	"			c.apply(u)\n"                                                                          \
	"		}\n"                                                                                    \
	"	}()\n"                                                                                   \
	"}\n"
#define FIXED_NIL_CHANNEL                                                                          \
	"func NewCart() *Cart { return &Cart{updates: make(chan Update)} }\n"                      \
	"\n"                                                                                       \
	"// and close(c.updates) where the cart is dropped, so that the loop ends\n"
#define WRONG_NIL_CHANNEL                                                                              \
	"Somebody may park a goroutine on a nil channel on purpose, to keep a thread or a stack. It\n" \
	"is still true that it never ends."

#define EVIDENCE_SELECT_WITHOUT_CASES                                                                  \
	"The runtime parked the goroutine for good: the select has no case, or its channels are all\n" \
	"nil. Goroutine 1, which commonly ends in `select {}`, is never reported."
#define LEAKY_SELECT_WITHOUT_CASES                                                                 \
	"func (s *Shop) serve(conn net.Conn) {\n"                                                  \
	"	go s.read(conn)\n"                                                                       \
	"	select {} // keeps this goroutine, its stack and conn, for every connection\n"           \
	"}\n"
#define FIXED_SELECT_WITHOUT_CASES                                                                 \
	"func (s *Shop) serve(ctx context.Context, conn net.Conn) {\n"                             \
	"	defer conn.Close()\n"                                                                    \
	"	go s.read(conn)\n"                                                                       \
	"	<-ctx.Done()\n"                                                                          \
	"}\n"
#define WRONG_SELECT_WITHOUT_CASES                                                                      \
	"One goroutine that holds a program open on purpose is no trouble; many of them, or a number\n" \
	"that grows, are."

#define EVIDENCE_UNBOUNDED_GOROUTINES                                                                  \
	"At least 1,000 goroutines that one go statement started wait at one place, or 100 of which\n" \
	"one has waited for 10 s. Goroutines that wait for a connection, or that come one with each\n" \
	"connection, are taken for load. One look cannot tell a crowd from a growing one: suspect."
#define LEAKY_UNBOUNDED_GOROUTINES                                                                 \
	"func (s *Shop) notify(orders []Order) {\n"                                                \
	"	for _, order := range orders {\n"                                                        \
	"		go s.send(order) // as many as there are orders, however slow the other end is\n"       \
	"	}\n"                                                                                     \
	"}\n"
#define FIXED_UNBOUNDED_GOROUTINES                                                                 \
	"func (s *Shop) notify(orders []Order) {\n"                                                \
	"	var group errgroup.Group\n"                                                              \
	"	group.SetLimit(16)\n"                                                                    \
	"	for _, order := range orders {\n"                                                        \
	"		group.Go(func() error { return s.send(order) })\n"                                      \
	"	}\n"                                                                                     \
	"	group.Wait()\n"                                                                          \
	"}\n"
#define WRONG_UNBOUNDED_GOROUTINES                                                                        \
	"A large pool of workers, and one goroutine for each of very many clients, look the same. Look\n" \
	"again after a while at comparable load: a pool keeps its size."

static const struct rule catalogue[] = {
#define RULE(id_, code_, name_, at_most_, summary_)                                                \
	{                                                                                          \
		.id = RULE_##id_,                                                                  \
		.code = code_,                                                                     \
		.name = name_,                                                                     \
		.summary = summary_,                                                               \
		.at_most = CERTAINTY_##at_most_,                                                   \
		.evidence = EVIDENCE_##id_,                                                        \
		.leaky = LEAKY_##id_,                                                              \
		.fixed = FIXED_##id_,                                                              \
		.wrong = WRONG_##id_,                                                              \
	},
	RULES(RULE)
#undef RULE
};

const struct rule *rules_get(enum rule_id id)
{
	return &catalogue[id];
}

const struct rule *rules_find(const char *text, size_t *next)
{
	for (size_t i = *next; i < RULE_COUNT; i++) {
		if (strcasecmp(catalogue[i].code, text) == 0 ||
		    strcasecmp(catalogue[i].name, text) == 0) {
			*next = i + 1;
			return &catalogue[i];
		}
	}
	*next = RULE_COUNT;
	return NULL;
}

struct error *rules_parse(const char *text, uint64_t *ret)
{
	uint64_t set = 0;
	for (const char *at = text;; at++) {
		size_t length = strcspn(at, ",");
		_cleanup_(free_pointer) char *name = strndup(at, length);
		if (!name)
			return error_no_memory();
		size_t next = 0;
		bool found = false;
		for (const struct rule *rule; (rule = rules_find(name, &next)); found = true)
			set |= UINT64_C(1) << rule->id;
		if (!found)
			return error_new(ERROR_USAGE,
					 "there is no rule '%s': dowse explain lists them", name);
		at += length;
		if (!*at)
			break;
	}
	*ret = set;
	return NULL;
}
