// SPDX-License-Identifier: Apache-2.0

//go:build go1.25 && !go1.27

// Bubbles need the timer channels of today, whatever release the module's go line names.

//go:debug asynctimerchan=0
package main
