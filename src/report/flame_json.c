/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"
#include "profile/flame.h"
#include "report/flame_report.h"

#include <inttypes.h>
#include <stdio.h>

/*
 * Half a million nodes as JSON objects would be fifty megabytes. So they are one text: numbers of
 * seven bits a byte, three a node, in base64. docs/json.md has the format.
 */
struct flame_names {
	struct map numbers; /* of names that are used, in the order of their first use */
	struct u64_vector used;
};

static void names_deinit(struct flame_names *names)
{
	map_deinit(&names->numbers);
	u64_vector_deinit(&names->used);
}

static struct error *number_of(struct flame_names *names, uint32_t name, uint64_t *ret)
{
	const uint64_t key = name;
	struct map_slot *slot;
	TRY(map_insert(&names->numbers, key, names->used.count, &slot));
	if (slot->value == names->used.count)
		TRY(u64_vector_append(&names->used, &key));
	*ret = slot->value;
	return NULL;
}

static void write_number(struct writer *writer, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		writer_char(writer, (char)(value | 0x80));
	writer_char(writer, (char)value);
}

static uint64_t zigzag(int64_t value)
{
	return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

/* How many levels up from below the node before it, its name, what it has by itself. */
static struct error *write_nodes(const struct profile_flame *flame, struct flame_names *names,
				 struct writer *writer)
{
	uint32_t below = 0;
	for (size_t i = 0; i < flame->count; i++) {
		const struct profile_flame_node *node = &flame->nodes[i];
		uint64_t name;
		TRY(number_of(names, node->name, &name));
		write_number(writer, below - node->depth);
		write_number(writer, name);
		write_number(writer, zigzag(node->self));
		below = node->depth + 1;
	}
	return writer_finish(writer);
}

static void write_base64(const struct writer *bytes, struct writer *writer)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < bytes->length; i += 3) {
		size_t left = bytes->length - i;
		const unsigned char *at = (const unsigned char *)bytes->bytes + i;
		uint32_t word = (uint32_t)at[0] << 16;
		word |= left > 1 ? (uint32_t)at[1] << 8 : 0;
		word |= left > 2 ? at[2] : 0;
		writer_char(writer, digits[word >> 18]);
		writer_char(writer, digits[word >> 12 & 63]);
		writer_char(writer, left > 1 ? digits[word >> 6 & 63] : '=');
		writer_char(writer, left > 2 ? digits[word & 63] : '=');
	}
}

static void write_text(const struct profile *profile, uint32_t text, struct json *json)
{
	struct profile_text bytes = profile_text(profile, text);
	json_bytes(json, bytes.bytes, bytes.length);
}

static void write_names(const struct profile *profile, const struct flame_names *names,
			struct json *json)
{
	json_key(json, "names");
	json_array_begin(json);
	for (size_t i = 0; i < names->used.count; i++) {
		uint32_t name = (uint32_t)names->used.items[i];
		char address[24];
		if (name < profile->text_count) {
			write_text(profile, name, json);
			continue;
		}
		snprintf(address, sizeof(address), "0x%" PRIx64,
			 profile->locations[name - profile->text_count].address);
		json_string(json, address);
	}
	json_array_end(json);
}

static struct error *write_flame(const struct profile *profile, uint32_t type,
				 const struct profile_flame *flame, struct json *json)
{
	_cleanup_(names_deinit) struct flame_names names = { 0 };
	_cleanup_(writer_deinit) struct writer nodes = WRITER_TO_MEMORY;
	TRY(write_nodes(flame, &names, &nodes));
	json_key(json, "flame");
	json_object_begin(json);
	json_key(json, "type");
	write_text(profile, profile->types[type].type, json);
	json_key(json, "unit");
	write_text(profile, profile->types[type].unit, json);
	json_member_unsigned(json, "samples", profile->sample_count);
	json_member_unsigned(json, "node_count", flame->count);
	json_member_unsigned(json, "left_out", flame->left_out);
	json_member_signed(json, "left_out_value", flame->left_out_value);
	write_names(profile, &names, json);
	json_key(json, "nodes");
	writer_char(json->writer, '"');
	write_base64(&nodes, json->writer);
	writer_char(json->writer, '"');
	json->needs_comma = true;
	json_object_end(json);
	return NULL;
}

struct error *flame_json(const struct subject *subject, const struct profile *profile,
			 uint32_t type, struct writer *writer)
{
	struct profile_flame flame = { 0 };
	TRY(profile_flame_make(profile, type, FLAME_NODES_MOST, &flame));
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	subject_json(subject, &json);
	struct error *error = write_flame(profile, type, &flame, &json);
	profile_flame_deinit(&flame);
	json_object_end(&json);
	writer_char(writer, '\n');
	return error;
}
