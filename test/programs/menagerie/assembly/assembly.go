// SPDX-License-Identifier: Apache-2.0

// Package assembly calls Go functions from assembly, so that its frames stand on stacks.
package assembly

// Call calls function.
func Call(function func())
