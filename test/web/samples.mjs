// SPDX-License-Identifier: Apache-2.0
// Documents and texts to show, made by code.

const target = { kind: 'process', path: null, pid: 4242, exe: '/srv/shop', go: 'go1.26.8', build: null, uptime_s: 11520 };
export const common = { dowse: 1, target, warnings: [] };
export const place = (name, file, line) => ({ function: name, file, line });

export function finding(i = 0, more = {}) {
	return {
		code: 'L2', rule: 'range-without-close', fingerprint: (i + 1).toString(16).padStart(16, '0'), also: [],
		certainty: ['proved', 'likely', 'suspect'][i % 3], test: null,
		title: `${i + 2} goroutines receive until their channels are closed, which nobody can do`,
		count: i + 2, bytes: 4096 * (i + 1), ...place(`example.com/shop/cart.(*Cart).watch${i}.func1`, `/build/shop/cart/watch${i}.go`, 26),
		place_is: null, subject: null, created_by: place(`example.com/shop/cart.(*Cart).watch${i}`, `/build/shop/cart/watch${i}.go`, 25),
		state: 'chan receive', wait_s: 35, growth_per_hour: 18350, bytes_per_hour: null, path: [],
		why: 'Whoever sent has gone without closing the channel, and nobody who is still able to run can reach it.',
		settle: null, fix: { text: `Let the producer close the channel, in a defer, when all is sent. Then watch${i} ends.`, diff: null },
		example: 1115 + i, members: null, change: null, before: null, mended: null, change_why: null, ...more,
	};
}

const parts = {
	live: 4087880, since_gc: 0, garbage: 200000, fragmentation: 876472, free: 1695744, stacks: 1753088,
	runtime: 1544192, executable: 5918720, libraries: 8192, not_go: 16384, files: 0, unexplained: 0,
};

export function diagnosis(findings, more = {}) {
	return {
		...common, verdict: 'main.Sessions.byID holds 3.2 MiB and grows 86 MiB an hour.', pause_ms: 1.03, goroutine_count: 772,
		torn: false, complete: true, unreadable: 0, heap: { objects: 5690, bytes: 4142392, reachable_bytes: 4088344 },
		memory: { resident: Object.values(parts).reduce((a, b) => a + b), swapped: 0, peak: 15900672, parts, cgroup: { path: '/', limit: 1 << 28, used: 1 << 27 } },
		findings, suppressed: 0, known: 0, left: [], before: null, gone: null, ...more,
	};
}

// One of memory, with a way to it; one that names another process; and the usual.
export const leaky = diagnosis([
	finding(1, {
		code: 'L27', rule: 'map-without-limit', title: 'main.Sessions.byID only grows: 675 entries, 3.2 MiB, none removed in 3 s',
		bytes: 3352104, bytes_per_hour: 90430275, place_is: 'may be filled by', subject: 'main.Sessions.byID', created_by: null, state: null,
		wait_s: null, example: null, path: ['goroutine 1 in main.run', ' http.Server', '.Handler http.ServeMux', '.byID map[string]*main.Session'],
	}),
	finding(0), finding(3), finding(2, { settle: 'Look again after a while.', fix: { text: null, diff: '- a\n+ b\n' } }),
]);

export function group(i, more = {}) {
	return {
		count: 700 - i, state: i % 2 ? 'chan receive' : 'select', wait_s: [i, 60 * i + 5], leaked: i === 1 ? 'proved' : null,
		stack: [place('runtime.gopark', '/go/src/runtime/proc.go', 1), place(`main.work${i}`, `/src/work${i}.go`, 12), place('main.serve', '/src/main.go', 40)],
		elided: i === 2 ? 50 : 0, elided_after: i === 2 ? 1 : null, created_by: { ...place('main.main', '/src/main.go', 9), goroutine: 1 },
		waiting_for: { kind: 'channel', channels: [{ address: '0xc000012345', send: false, element: 'int', closed: false, length: 0, capacity: 1, receivers: 1, senders: 0 }] },
		example: 18 + i, stack_bytes: 2048, ...more,
	};
}

export const goroutines = {
	...common, pause_ms: 0.4, goroutine_count: 2091, torn: false, complete: true, unreadable: 0, matched: 2091, group_count: 3,
	groups: [group(0), group(1), group(2)],
};

// A dump as GOTRACEBACK or debug=2 prints it: each goroutine waits in the function of its name.
export function dump(names, state = 'chan receive (nil chan), 15 minutes') {
	return names
		.map((name, i) => `goroutine ${i + 1} [${state}]:\n${name}()\n\t/src/shop/main.go:${10 + i} +0x1b\ncreated by main.main in goroutine 1\n\t/src/shop/main.go:5 +0x2d\n`)
		.join('\n');
}
