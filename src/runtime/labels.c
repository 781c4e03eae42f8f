/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/labels.h"

#include <string.h>

#include "base/utf8.h"
#include "base/writer.h"
#include "runtime/label_map.h"
#include "runtime/member.h"

#define RELEASE_LABELS_IN_A_LIST 24
#define RELEASE_QUOTES_AS_NEEDED 27
#define LABEL_LENGTH_MAX         65536
#define SETS_MAX                 ((size_t)1 << 17)
#define LABELS_COPY_MAX          ((size_t)32 << 20) /* of all sets, and what is read for them */

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '/' || c == '_';
}

static bool needs_quotes(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (!is_plain(text[i]))
			return true;
	}
	return false;
}

static uint32_t decode_utf8(const char *text, size_t size)
{
	if (size == 1)
		return (unsigned char)text[0];
	uint32_t rune = (unsigned char)text[0] & (0x7f >> size);
	for (size_t i = 1; i < size; i++)
		rune = rune << 6 | ((unsigned char)text[i] & 0x3f);
	return rune;
}

/* One character of `size` bytes; 0 stands for a byte that is not UTF-8. */
static void write_escaped(struct writer *writer, bool replace, const char *text, size_t size)
{
	static const char escaped[] = "\n\r\t\\\"", letters[] = "nrt\\\"";
	const char *found = size == 1 ? memchr(escaped, text[0], sizeof(escaped) - 1) : NULL;
	if (found)
		writer_printf(writer, "\\%c", letters[found - escaped]);
	else if (size == 1 && text[0] >= ' ' && text[0] <= '~')
		writer_char(writer, text[0]);
	else if (size == 0 && replace)
		writer_string(writer, "\\ufffd");
	else if (size == 0 || (unsigned char)text[0] < ' ')
		writer_printf(writer, "\\x%02x", (unsigned char)text[0]);
	else if (size <= 3)
		writer_printf(writer, "\\u%04x", decode_utf8(text, size));
	else
		writer_printf(writer, "\\U%08x", decode_utf8(text, size));
}

/* Up to Go 1.26 every label is quoted, and what is not UTF-8 is replaced. */
static void write_label(struct writer *writer, bool quoted, const char *text, size_t length)
{
	if (!quoted && !needs_quotes(text, length)) {
		writer_bytes(writer, text, length);
		return;
	}
	writer_char(writer, '"');
	for (size_t i = 0; i < length;) {
		size_t size = utf8_character(text + i, length - i);
		write_escaped(writer, quoted, text + i, size);
		i += MAX(size, (size_t)1);
	}
	writer_char(writer, '"');
}

/* A string of the process; NULL when it is not to be had. */
static char *read_string(struct labels *labels, const struct go_string *string)
{
	if (string->length > LABEL_LENGTH_MAX || string->length > LABELS_COPY_MAX - labels->copied)
		return NULL;
	labels->copied += string->length;
	_cleanup_(free_pointer) char *text = malloc(string->length + 1);
	if (!text || !error_ignore(target_read(runtime_target(labels->runtime), string->bytes, text,
					       string->length)))
		return NULL;
	text[string->length] = '\0';
	return TAKE_PTR(text);
}

static bool write_string(struct labels *labels, struct writer *writer,
			 const struct go_string *string)
{
	bool quoted = runtime_binary(labels->runtime)->minor < RELEASE_QUOTES_AS_NEEDED;
	_cleanup_(free_pointer) char *text = read_string(labels, string);
	if (!text)
		return false;
	write_label(writer, quoted, text, string->length);
	return true;
}

static bool read_list(struct runtime *runtime, uint64_t address, struct label_pair *ret,
		      size_t *ret_count)
{
	struct target *target = runtime_target(runtime);
	struct {
		uint64_t array;
		uint64_t count;
	} list;
	if (!error_ignore(target_read(target, address, &list, sizeof(list))) ||
	    list.count > LABELS_MAX ||
	    !error_ignore(target_read(target, list.array, ret, list.count * sizeof(*ret))))
		return false;
	*ret_count = list.count;
	return true;
}

/* A key of a map, and which pair has it. */
struct sorted_key {
	char *text;
	size_t length;
	size_t pair;
};

static int compare_keys(const void *a, const void *b)
{
	const struct sorted_key *one = a, *other = b;
	int order = memcmp(one->text, other->text, MIN(one->length, other->length));
	return order ? order : (one->length > other->length) - (one->length < other->length);
}

/* As the runtime's profiles do, for a map has no order of its own. */
static bool sort_pairs(struct labels *labels, struct label_pair *pairs, size_t count)
{
	struct sorted_key keys[LABELS_MAX];
	struct label_pair sorted[LABELS_MAX];
	size_t had = 0;
	for (; had < count; had++) {
		keys[had] = (struct sorted_key){ .length = pairs[had].key.length, .pair = had };
		keys[had].text = read_string(labels, &pairs[had].key);
		if (!keys[had].text)
			break;
	}
	qsort(keys, had, sizeof(keys[0]), compare_keys);
	for (size_t i = 0; i < had; i++) {
		sorted[i] = pairs[keys[i].pair];
		free(keys[i].text);
	}
	memcpy(pairs, sorted, had * sizeof(*pairs));
	return had == count;
}

static bool write_set(struct labels *labels, uint64_t address, struct writer *writer)
{
	struct runtime *runtime = labels->runtime;
	struct label_pair pairs[LABELS_MAX];
	size_t count;
	if (runtime_binary(runtime)->minor >= RELEASE_LABELS_IN_A_LIST) {
		if (!read_list(runtime, address, pairs, &count))
			return false;
	} else if (!label_map_read(runtime, address, pairs, &count) ||
		   !sort_pairs(labels, pairs, count)) {
		return false;
	}
	if (!count)
		return false;

	for (size_t i = 0; i < count; i++) {
		writer_string(writer, i ? ", " : "{");
		if (!write_string(labels, writer, &pairs[i].key))
			return false;
		writer_string(writer, ": ");
		if (!write_string(labels, writer, &pairs[i].value))
			return false;
	}
	writer_char(writer, '}');
	return true;
}

void labels_init(struct labels *labels, struct runtime *runtime, struct arena *arena)
{
	*labels = (struct labels){ .runtime = runtime, .arena = arena };
}

void labels_deinit(struct labels *labels)
{
	map_deinit(&labels->by_address);
}

/* *ret is NULL for a set that is not to be had. */
static struct error *labels_copy(struct labels *labels, uint64_t address, const char **ret)
{
	_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
	*ret = NULL;
	if (labels->sets++ >= SETS_MAX || !write_set(labels, address, &writer))
		return NULL;
	const char *text = writer_text(&writer);
	*ret = text ? arena_copy_string(labels->arena, text, writer.length) : NULL;
	return *ret ? NULL : error_no_memory();
}

struct error *labels_decode(struct labels *labels, uint64_t address, const char **ret)
{
	*ret = NULL;
	if (!address || address == UINT64_MAX)
		return NULL;
	struct map_slot *slot = map_find(&labels->by_address, address);
	if (!slot) {
		const char *text;
		TRY(labels_copy(labels, address, &text));
		TRY(map_insert(&labels->by_address, address, (uintptr_t)text, &slot));
	}
	*ret = (const char *)(uintptr_t)slot->value;
	return NULL;
}

/* From 1.25 bubbles have a number; in 1.24 the dump names the goroutine that made the group. */
void labels_bubble_decode(struct runtime *runtime, const uint8_t *g, struct goroutine *goroutine)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	struct target *target = runtime_target(runtime);
	uint64_t bubble = member_u64(g, layout->g_bubble);
	uint64_t group = member_u64(g, layout->g_sync_group), root;

	if (bubble && layout->bubble_id >= 0)
		(void)error_ignore(target_read_u64(target, bubble + (uint64_t)layout->bubble_id,
						   &goroutine->bubble));
	else if (group && layout->bubble_root >= 0 &&
		 error_ignore(
			 target_read_u64(target, group + (uint64_t)layout->bubble_root, &root)))
		(void)error_ignore(target_read_u64(target, root + (uint64_t)layout->g_goid,
						   &goroutine->bubble));
}
