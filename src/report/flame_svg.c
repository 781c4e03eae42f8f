/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "profile/flame.h"
#include "report/flame_report.h"
#include "report/profile_name.h"
#include "report/profile_report.h"

/* In units of the picture, of which one is a pixel unless it is made larger. */
#define WIDTH      1200.0
#define MARGIN     10.0
#define HEAD       34.0
#define ROW        17.0
#define LETTER     6.7 /* of a monospaced face of 11 */
#define NARROWEST  0.3 /* what is narrower would not be seen */
#define NODES_MOST 30000
#define NAME_LIMIT 300
#define ROWS_MOST  2001

struct drawing {
	const struct profile *profile;
	const struct profile_flame *flame;
	uint32_t type;
	int64_t total;
	double scale;   /* of a value */
	double *next;   /* by row: where the next box begins */
	int64_t *below; /* by node: with all below it, with its sign */
	struct writer *writer;
};

/* Text of XML: neither markup nor a character that it may not have. */
static void write_escaped(const char *bytes, size_t length, struct writer *writer)
{
	for (size_t i = 0; i < length; i++) {
		char c = bytes[i];
		/* U+FFFE and U+FFFF are none; all else that is none has been made safe before. */
		if (c == '\xef' && length - i > 2 && bytes[i + 1] == '\xbf' &&
		    ((unsigned char)bytes[i + 2] >= 0xbe)) {
			writer_char(writer, '?');
			i += 2;
		} else if (strchr("<>&\"'", c) && c) {
			writer_printf(writer, "&#%d;", c);
		} else {
			writer_char(writer, c);
		}
	}
}

static struct profile_text name_of(const struct drawing *drawing, uint32_t name,
				   char room[static 32])
{
	const struct profile *profile = drawing->profile;
	if (name < profile->text_count)
		return profile_text(profile, name);
	int length = snprintf(
		room, 32, "0x%llx",
		(unsigned long long)profile->locations[name - profile->text_count].address);
	return (struct profile_text){ room, (uint32_t)length };
}

/* Warm, one for each package; of a difference red is more and blue is less. */
static void write_colour(const struct drawing *drawing, struct profile_text name, int64_t value)
{
	const char *slash = name.length ? memrchr(name.bytes, '/', name.length) : NULL;
	const char *from = slash ? slash : name.bytes;
	size_t left = (size_t)(name.bytes + name.length - from);
	const char *dot = left ? memchr(from, '.', left) : NULL;
	uint64_t hash = hash_bytes(name.bytes, dot ? (size_t)(dot - name.bytes) : name.length);
	bool less = value < 0;
	writer_printf(drawing->writer, "hsl(%d,%d%%,%d%%)", less ? 210 : (int)(10 + hash % 46),
		      55 + (int)(hash >> 8 & 31), 68 + (int)(hash >> 16 & 7));
}

/* As much of a name as there is room for. */
static void write_label(const struct drawing *drawing, struct profile_text name, double x, double y,
			double width)
{
	_cleanup_(writer_deinit) struct writer text = WRITER_TO_MEMORY;
	double room = (width - 6) / LETTER;
	if (room < 3)
		return;
	profile_name_write(name, (size_t)room, &text, NULL);
	writer_printf(drawing->writer, "<text x=\"%.1f\" y=\"%.1f\">", x + 3, y + 12);
	write_escaped(text.bytes, text.length, drawing->writer);
	writer_string(drawing->writer, "</text>");
}

static void write_box(const struct drawing *drawing, size_t number, double x, double width)
{
	const struct profile_flame_node *node = &drawing->flame->nodes[number];
	_cleanup_(writer_deinit) struct writer text = WRITER_TO_MEMORY;
	char room[32], value[QUANTITY_SIZE], share[32];
	struct profile_text name = name_of(drawing, node->name, room);
	double y = HEAD + ROW * node->depth;
	profile_name_write(name, NAME_LIMIT, &text, NULL);
	writer_string(drawing->writer, "<g><title>");
	write_escaped(text.bytes, text.length, drawing->writer);
	writer_printf(
		drawing->writer,
		" %s %s</title><rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" "
		"height=\"%.1f\" fill=\"",
		profile_value_text(drawing->profile, drawing->type, drawing->below[number], value),
		profile_share_text(drawing->below[number], drawing->total, share), x, y, width,
		ROW - 1);
	write_colour(drawing, name, drawing->below[number]);
	writer_string(drawing->writer, "\"/>");
	write_label(drawing, name, x, y, width);
	writer_string(drawing->writer, "</g>\n");
}

/* Each stands where the one above it begins, behind those that stand there already. */
static void write_boxes(struct drawing *drawing)
{
	const struct profile_flame *flame = drawing->flame;
	for (size_t i = 0; i < flame->count; i++) {
		const struct profile_flame_node *node = &flame->nodes[i];
		double width = (double)node->total * drawing->scale;
		double x = drawing->next[node->depth];
		drawing->next[node->depth] = x + width;
		drawing->next[node->depth + 1] = x;
		if (width >= NARROWEST)
			write_box(drawing, i, x, width);
	}
}

static struct error *settle(struct drawing *drawing, uint32_t *ret_rows)
{
	const struct profile_flame *flame = drawing->flame;
	double whole = 0;
	uint32_t rows = 0;
	drawing->below = profile_flame_sums(flame);
	drawing->next = calloc(ROWS_MOST + 2, sizeof(*drawing->next));
	if (!drawing->below || !drawing->next)
		return error_no_memory();
	for (size_t i = 0; i < flame->count; i++)
		whole += flame->nodes[i].depth ? 0 : (double)flame->nodes[i].total;
	drawing->scale = whole > 0 ? (WIDTH - 2 * MARGIN) / whole : 0;
	for (size_t i = 0; i < flame->count; i++) {
		if ((double)flame->nodes[i].total * drawing->scale >= NARROWEST)
			rows = MAX(rows, flame->nodes[i].depth + 1);
	}
	for (uint32_t i = 0; i < ROWS_MOST + 2; i++)
		drawing->next[i] = MARGIN;
	*ret_rows = rows;
	return NULL;
}

static void write_head(const struct drawing *drawing, const char *title, uint32_t rows)
{
	struct writer *writer = drawing->writer;
	_cleanup_(writer_deinit) struct writer text = WRITER_TO_MEMORY;
	double height = HEAD + ROW * rows + MARGIN;
	char value[QUANTITY_SIZE];
	profile_name_write(
		profile_text(drawing->profile, drawing->profile->types[drawing->type].type), 60,
		&text, NULL);
	writer_printf(&text, ": %s in all",
		      profile_value_text(drawing->profile, drawing->type, drawing->total, value));
	writer_printf(
		writer,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" "
		"height=\"%.0f\" font-family=\"monospace\" font-size=\"11\">\n<title>",
		WIDTH, height, WIDTH, height);
	struct writer name = WRITER_TO_MEMORY;
	profile_name_write((struct profile_text){ title, (uint32_t)strnlen(title, 4096) },
			   NAME_LIMIT, &name, NULL);
	write_escaped(name.bytes, name.length, writer);
	writer_deinit(&name);
	writer_printf(writer,
		      "</title>\n<rect width=\"%.0f\" height=\"%.0f\" fill=\"#fff\"/>\n"
		      "<text x=\"%.0f\" y=\"21\" font-size=\"13\">",
		      WIDTH, height, MARGIN);
	write_escaped(text.bytes, text.length, writer);
	writer_string(writer, "</text>\n");
}

static struct error *draw(struct drawing *drawing, const char *title)
{
	uint32_t rows = 0;
	TRY(settle(drawing, &rows));
	write_head(drawing, title, rows);
	write_boxes(drawing);
	writer_string(drawing->writer, "</svg>\n");
	return NULL;
}

struct error *flame_svg(const struct profile *profile, uint32_t type, int64_t total,
			struct writer *writer)
{
	struct profile_flame flame = { 0 };
	TRY(profile_flame_make(profile, type, NODES_MOST, &flame));
	struct drawing drawing = {
		.profile = profile,
		.flame = &flame,
		.type = type,
		.total = total,
		.writer = writer,
	};
	struct error *error = draw(&drawing, profile->name);
	free(drawing.next);
	free(drawing.below);
	profile_flame_deinit(&flame);
	return error;
}
