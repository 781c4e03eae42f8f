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
		source: { file: '/srv/watch1.go', state: 'unsure', first_line: 25, lines: ['func start() {', '\tbyID[id] = session', '}'] },
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

export const types = {
	...common, pause_ms: 1, fork_ms: 100, heap: { objects: 27504, bytes: 5452595, reachable_objects: 27000, reachable_bytes: 5400000, garbage_objects: 504, garbage_bytes: 52595, typed_bytes: 5000000 },
	types: ['http.Server', 'main.Session', 'string', 'runtime.g', '[]uint8', 'main.Shop', null].map((type, i) => ({
		type, ...(type ? {} : { size_class: 112, pointers: 2 }), count: i * 7 + 1, bytes: 1000 * (i + 1) ** 2, retained: 90000 - 1000 * i,
	})),
};

export const holders = {
	...types, types: undefined, holder_count: 215,
	holders: [
		{ kind: 'global', name: 'main.sessions', goroutine: null, members: 1, count: 1601, bytes: 2777968, children: [{ type: 'main.Session', count: 558, bytes: 2714112 }, { type: 'string', count: 3, bytes: 96 }] },
		{ kind: 'goroutine', name: null, used_by: null, address: '0xcb5', goroutine: 197, function: 'main.(*Cart).watch.func1', file: '/src/cart.go', line: 26, members: 558, count: 1674, bytes: 392832, children: [{ type: 'runtime.g', count: 558, bytes: 267840 }] },
		{ kind: 'shared', name: null, goroutine: null, members: 1, count: 9, bytes: 17408, children: [] },
	],
};

export const growth = {
	...types, between_s: 30, before: { target, heap: { objects: 20000, bytes: 4000000 } },
	types: types.types.map((row, i) => ({ ...row, before: { count: 1, bytes: 10, retained: 20 }, growth: { count: row.count - 1, bytes: i === 2 ? -500 : row.bytes - 10, retained: 5 } })),
};

export const collections = {
	...common, verdict: 'leak', why: 'What is live after a collection grew by 67 MiB in 246 s.', pause_ms: 0.2, pause_max_ms: 1, cpu_percent: 1, cycle_count: 60,
	trend: { from_s: 20, span_s: 40, bytes_per_hour: 1e9, bytes_per_hour_least: 9e8, bytes_per_hour_most: 1.1e9, confidence: 1 },
	cycles: Array.from({ length: 60 }, (_, i) => ({ number: i + 1, at_s: i, before: (30 + i) * 1048576, after: (31 + i) * 1048576, live: (20 + i) * 1048576, goal: (40 + 2 * i) * 1048576, pause_ms: 0.2, mark_ms: 1, cpu_percent: 1, processors: 4, forced: false })),
	scheduler: [],
};

// The document of a profile, of stacks (outermost first) and their values, in the order of a tree.
export function flame(stacks, unit = 'bytes') {
	const names = [];
	const numbers = new Map();
	const bytes = [];
	const number = (value) => {
		for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
		bytes.push(value);
	};
	const root = { children: new Map() };
	for (const [stack, value] of stacks) {
		let node = root;
		for (const name of stack) {
			if (!node.children.has(name)) node.children.set(name, { children: new Map(), self: 0 });
			node = node.children.get(name);
		}
		node.self += value;
	}
	let below = 0;
	let count = 0;
	const write = (node, depth) => {
		for (const [name, child] of node.children) {
			if (!numbers.has(name)) {
				numbers.set(name, names.length);
				names.push(name);
			}
			number(below - depth);
			number(numbers.get(name));
			number(child.self < 0 ? -2 * child.self - 1 : 2 * child.self);
			below = depth + 1;
			count++;
			write(child, depth + 1);
		}
	};
	write(root, 0);
	return {
		...common, target: { ...target, kind: 'profile', path: 'heap.pprof', pid: null, exe: null, go: null, uptime_s: null },
		flame: { type: 'inuse_space', unit, samples: stacks.length, node_count: count, left_out: 0, left_out_value: 0, names, nodes: Buffer.from(bytes).toString('base64') },
	};
}
