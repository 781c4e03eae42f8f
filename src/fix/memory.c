/* SPDX-License-Identifier: Apache-2.0 */
#include "fix/fix_private.h"

/* Memory that is held for longer, or by more, than is used of it. */

/* Whose it is, for a sentence: "main.headers", or "it". */
static const char *holder(const struct finding *finding, const char *otherwise)
{
	return finding->subject ? finding->subject : otherwise;
}

/* P12, P27 */
const char *fix_subslice_pins_array(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Copy what %s keeps, where it is cut out: slices.Clone(data[i:j]), before Go 1.21 append([]byte(nil), data[i:j]...).",
		holder(finding, "the program"));
}

const char *fix_views_pin_buffer(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Copy each part that %s keeps, slices.Clone(part), and let go of the buffer that was read.",
		holder(finding, "the program"));
}

const char *fix_element_pins_array(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Let %s keep a copy: item := data[i], then &item instead of &data[i]; or keep what of it is needed.",
		holder(finding, "the program"));
}

/* P13 */
const char *fix_substring_pins_string(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Copy the part that %s keeps: strings.Clone(text[i:j]), before Go 1.20 string([]byte(text[i:j])).",
		holder(finding, "the program"));
}

/* P14 */
const char *fix_dropped_elements_kept(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Where %s is made shorter, first clear what is dropped: clear(s[n:]) and then s = s[:n], or s[0] = nil and then s = s[1:]; slices.Delete clears from Go 1.22 on. Or copy what is left.",
		holder(finding, "the slice"));
}

/* P15 */
const char *fix_spare_capacity(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Let go of the array when it is too large: where %s is emptied, set it to nil above a size that is usual, or copy the rest with slices.Clone.",
		holder(finding, "the slice"));
}

/* P23 */
const char *fix_large_capture(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Capture what %s uses, and no more: copy the field or the number to a variable before the closure, and use that in it.",
		fix_where(findings, &finding->place));
}

/* P16 */
const char *fix_map_keeps_storage(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Once most of %s has been deleted, make it anew and copy what is left (maps.Clone keeps no more room than it needs); or store pointers, so that the slots are small.",
		holder(finding, "the map"));
}
