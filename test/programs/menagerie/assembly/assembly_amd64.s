// SPDX-License-Identifier: Apache-2.0

#include "textflag.h"
#include "funcdata.h"

// func Call(function func())
TEXT ·Call(SB), 0, $24-8
	NO_LOCAL_POINTERS
	MOVQ function+0(FP), DX
	MOVQ (DX), AX
	CALL AX
	RET
