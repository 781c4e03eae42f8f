// SPDX-License-Identifier: Apache-2.0

package menagerie

// Files and lines that a line directive names, with characters that JSON must escape.

//line /generated/with space/"quoted"\back.y:1000
func lineDirective() {
	lineRelative()
}

//line grammar.go.y:7
func lineRelative() {
	/*line ümlaut.go:5:3*/ hold()
}
