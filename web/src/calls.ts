// The tree of calls of a profile: arrays with an entry a node, in the order in which the file has them.
import type { Flame } from './documents';

export interface Calls {
	names: string[];
	count: number;
	name: Uint32Array;
	depth: Uint16Array;
	parent: Int32Array;
	end: Uint32Array; // behind the last node below it
	self: Float64Array; // with its sign
	net: Float64Array; // of itself and all below it, with signs
	total: Float64Array; // the same without signs: what is drawn
	begin: Float64Array; // how much stands left of it
	all: number;
	deepest: number;
	signs: boolean; // a difference: something is below zero
}

export function readCalls(flame: Flame): Calls {
	const bytes = atob(flame.nodes);
	const count = flame.node_count;
	const name = new Uint32Array(count);
	const depth = new Uint16Array(count);
	const parent = new Int32Array(count);
	const self = new Float64Array(count);
	const path = new Int32Array(4096).fill(-1);
	let at = 0;
	let below = 0;
	let deepest = 0;
	let signs = false;
	// Seven bits a byte, the lowest first; numbers may have more bits than shifts have.
	const number = () => {
		let value = 0;
		for (let factor = 1; ; factor *= 128) {
			const byte = bytes.charCodeAt(at++);
			value += (byte & 127) * factor;
			if (!(byte & 128)) return value;
		}
	};
	for (let i = 0; i < count; i++) {
		const level = below - number();
		name[i] = number();
		const zigzag = number();
		self[i] = zigzag % 2 ? -(zigzag + 1) / 2 : zigzag / 2;
		signs ||= self[i] < 0;
		depth[i] = level;
		parent[i] = level ? path[level - 1] : -1;
		path[level] = i;
		below = level + 1;
		if (below > deepest) deepest = below;
	}

	const net = self.slice();
	const total = self.map(Math.abs);
	const end = new Uint32Array(count);
	let all = Math.abs(flame.left_out_value);
	for (let i = count - 1; i >= 0; i--) {
		end[i] = Math.max(end[i], i + 1);
		if (parent[i] < 0) {
			all += total[i];
			continue;
		}
		net[parent[i]] += net[i];
		total[parent[i]] += total[i];
		end[parent[i]] = Math.max(end[parent[i]], end[i]);
	}

	const begin = new Float64Array(count);
	const next = new Float64Array(deepest + 2);
	for (let i = 0; i < count; i++) {
		const level = depth[i];
		begin[i] = next[level];
		next[level] += total[i];
		next[level + 1] = begin[i];
	}
	return { names: flame.names, count, name, depth, parent, end, self, net, total, begin, all, deepest, signs };
}

// The node that is drawn at a level and a place of the whole width; -1.
export function nodeAt(calls: Calls, level: number, place: number): number {
	let i = 0;
	while (i < calls.count) {
		if (place >= calls.begin[i] + calls.total[i] || place < calls.begin[i]) i = calls.end[i];
		else if (calls.depth[i] === level) return i;
		else i++;
	}
	return -1;
}

export interface FunctionRow {
	name: string;
	self: number;
	total: number;
}

// What functions come to, wherever they are called from.
export function byFunction(calls: Calls): FunctionRow[] {
	const self = new Float64Array(calls.names.length);
	const total = new Float64Array(calls.names.length);
	const open = new Uint32Array(calls.names.length);
	const path = new Uint32Array(4096);
	let depth = 0;
	for (let i = 0; i < calls.count; i++) {
		while (depth > calls.depth[i]) open[path[--depth]]--;
		const name = calls.name[i];
		self[name] += calls.self[i];
		if (!open[name]) total[name] += calls.net[i];
		open[name]++;
		path[depth++] = name;
	}
	return calls.names.map((name, i) => ({ name, self: self[i], total: total[i] }));
}

// By name: 1 where the words are in it. And how much of all is spent in such, and below.
export function find(calls: Calls, words: string): { marked: Uint8Array; names: number; sum: number } {
	const wanted = words.toLowerCase();
	const marked = new Uint8Array(calls.names.length);
	let names = 0;
	for (let i = 0; i < marked.length; i++)
		if (calls.names[i].toLowerCase().includes(wanted)) {
			marked[i] = 1;
			names++;
		}
	let sum = 0;
	for (let i = 0; i < calls.count; ) {
		if (marked[calls.name[i]]) {
			sum += calls.total[i];
			i = calls.end[i];
		} else {
			i++;
		}
	}
	return { marked, names, sum };
}
