/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/condition.h"

#include "heap/condition_private.h"
#include "heap/edge_names.h"

/* Objects are asked about so many at a time, whose words are read together. */
#define BATCH ((size_t)8192)

struct value {
	__int128 number;
	uint8_t state; /* enum heap_condition_answer, of which TRUE is "known" */
};

struct asking {
	struct heap_condition *condition;
	const uint32_t *vertices;
	size_t count;
	uint64_t *addresses;
	uint64_t *words;
	struct target_range *ranges;
	struct value *left, *right;
	uint8_t *answers;
};

static void asking_deinit(struct asking *asking)
{
	free(asking->addresses);
	free(asking->words);
	free(asking->ranges);
	free(asking->left);
	free(asking->right);
}

static struct error *asking_init(struct asking *asking)
{
	asking->addresses = calloc(BATCH, sizeof(*asking->addresses));
	asking->words = calloc(BATCH, sizeof(*asking->words));
	asking->ranges = calloc(BATCH, sizeof(*asking->ranges));
	asking->left = calloc(BATCH, sizeof(*asking->left));
	asking->right = calloc(BATCH, sizeof(*asking->right));
	return asking->addresses && asking->words && asking->ranges && asking->left && asking->right
		       ? NULL
		       : error_no_memory();
}

/* Read `width` bytes at the addresses of those that are still known. */
static struct error *read_words(struct asking *asking, size_t width, struct value *values)
{
	struct target *target = runtime_target(asking->condition->heap->runtime);
	size_t wanted = 0;
	for (size_t i = 0; i < asking->count; i++) {
		asking->words[i] = 0;
		if (values[i].state == CONDITION_TRUE)
			asking->ranges[wanted++] = (struct target_range){
				.address = asking->addresses[i],
				.length = width,
				.into = &asking->words[i],
			};
	}
	TRY(target_read_ranges(target, asking->ranges, wanted));
	for (size_t i = 0, next = 0; i < asking->count; i++) {
		if (values[i].state == CONDITION_TRUE && !asking->ranges[next++].done)
			values[i].state = CONDITION_UNREADABLE;
	}
	return NULL;
}

/* A nil on the way: it has no length; what it would lead to is not there. */
static void follow(struct asking *asking, const struct condition_operand *operand, size_t hop,
		   struct value *values)
{
	for (size_t i = 0; i < asking->count; i++) {
		if (values[i].state != CONDITION_TRUE)
			continue;
		if (asking->words[i])
			asking->addresses[i] = asking->words[i] + operand->hops[hop];
		else
			values[i].state = CONDITION_FALSE;
	}
}

static __int128 extend(const struct condition_operand *operand, uint64_t word)
{
	unsigned shift = 64 - 8 * operand->width;
	return operand->is_signed ? (__int128)((int64_t)(word << shift) >> shift) : (__int128)word;
}

static struct error *read_operand(struct asking *asking, const struct condition_operand *operand,
				  struct value *values)
{
	const struct heap *heap = asking->condition->heap;
	for (size_t i = 0; i < asking->count; i++) {
		values[i] = (struct value){ operand->number, CONDITION_TRUE };
		if (!operand->constant)
			asking->addresses[i] = heap_value_address(heap, asking->vertices[i]) +
					       operand->hops[0];
	}
	if (operand->constant)
		return NULL;
	for (size_t hop = 1; hop < operand->hop_count; hop++) {
		TRY(read_words(asking, sizeof(uint64_t), values));
		follow(asking, operand, hop, values);
	}
	TRY(read_words(asking, operand->width, values));
	for (size_t i = 0; i < asking->count; i++) {
		values[i].number = operand->factor * extend(operand, asking->words[i]);
		if (values[i].state == CONDITION_FALSE && operand->nil_is_empty)
			values[i] = (struct value){ 0, CONDITION_TRUE };
	}
	return NULL;
}

static bool holds(enum condition_operator operator, __int128 left, __int128 right)
{
	switch (operator) {
	case CONDITION_EQUAL:
		return left == right;
	case CONDITION_UNEQUAL:
		return left != right;
	case CONDITION_LESS:
		return left < right;
	case CONDITION_LESS_EQUAL:
		return left <= right;
	case CONDITION_GREATER:
		return left > right;
	case CONDITION_GREATER_EQUAL:
		return left >= right;
	}
	return false;
}

static struct error *ask_batch(struct asking *asking)
{
	const struct condition_comparison_vector *list = &asking->condition->comparisons;
	for (size_t i = 0; i < asking->count; i++)
		asking->answers[i] = CONDITION_TRUE;
	for (size_t k = 0; k < list->count; k++) {
		const struct condition_comparison *comparison = &list->items[k];
		TRY(read_operand(asking, &comparison->left, asking->left));
		TRY(read_operand(asking, &comparison->right, asking->right));
		for (size_t i = 0; i < asking->count; i++) {
			const struct value *left = &asking->left[i], *right = &asking->right[i];
			uint8_t answer = CONDITION_FALSE;
			if (left->state == CONDITION_UNREADABLE ||
			    right->state == CONDITION_UNREADABLE)
				answer = CONDITION_UNREADABLE;
			else if (left->state && right->state)
				answer = holds(comparison->operator, left->number, right->number);
			if (asking->answers[i] != CONDITION_FALSE && answer != CONDITION_TRUE)
				asking->answers[i] = answer;
		}
	}
	return NULL;
}

struct error *heap_condition_ask(struct heap_condition *condition, const uint32_t *vertices,
				 size_t count, uint8_t *ret)
{
	_cleanup_(asking_deinit) struct asking asking = { .condition = condition };
	TRY(asking_init(&asking));
	for (size_t at = 0; at < count; at += asking.count) {
		asking.vertices = vertices + at;
		asking.answers = ret + at;
		asking.count = MIN(BATCH, count - at);
		TRY(ask_batch(&asking));
	}
	return NULL;
}

void heap_condition_destroy(struct heap_condition *condition)
{
	if (!condition)
		return;
	condition_comparison_vector_deinit(&condition->comparisons);
	free(condition);
}
