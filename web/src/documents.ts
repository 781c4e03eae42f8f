// What docs/json.md says, as far as the page reads it.

export interface Place {
	function: string | null;
	file: string | null;
	line: number | null;
}

// The lines around a place, where its file was at hand.
export interface Source {
	file: string | null;
	state: 'same' | 'unsure' | 'changed';
	first_line: number | null;
	lines: string[] | null;
}

export interface Target {
	kind: string;
	path: string | null;
	pid: number | null;
	exe: string | null;
	go: string | null;
	build: string | null;
	uptime_s: number | null;
}

export interface Finding extends Place {
	code: string;
	rule: string;
	fingerprint: string;
	also: string[];
	certainty: 'proved' | 'likely' | 'suspect';
	test: string | null;
	title: string;
	count: number;
	bytes: number | null;
	place_is: string | null;
	subject: string | null;
	created_by: (Place & { source?: Source | null }) | null;
	source?: Source | null;
	state: string | null;
	wait_s: number | null;
	growth_per_hour: number | null;
	bytes_per_hour: number | null;
	path: string[];
	why: string | null;
	settle: string | null;
	fix: { text: string | null; diff: string | null };
	example: number | null;
	members: number[] | null;
	change: 'new' | 'stayed' | 'gone' | null;
	before: { count: number; bytes: number | null } | null;
	mended: boolean | null;
	change_why: string | null;
}

export interface Memory {
	resident: number;
	swapped: number | null;
	peak: number | null;
	parts: Record<string, number>;
	cgroup: { limit: number | null; used: number | null } | null;
}

export interface Channel {
	address: string | null;
	element: string | null;
	closed: boolean;
	length: number;
	capacity: number;
	receivers: number;
	senders: number;
}

export interface Waiting {
	kind: string;
	address?: string | null;
	others?: number;
	channels?: Channel[];
	name?: string | null;
	local_address?: string | null;
	remote_address?: string | null;
}

export interface Group {
	count: number;
	state: string | null;
	wait_s: [number, number] | number | null;
	leaked: string | null;
	stack: Place[];
	elided: number | null;
	elided_after: number | null;
	created_by: (Place & { goroutine?: number | null }) | null;
	waiting_for: Waiting | null;
	example?: number | null;
	id?: number | null;
	stack_bytes: number | null;
}

export interface TypeRow {
	type: string | null;
	size_class?: number | null;
	count: number;
	bytes: number;
	retained?: number | null;
	before?: { count: number; bytes: number; retained?: number | null };
	growth?: { count: number; bytes: number; retained?: number | null };
}

export interface Holder {
	kind: string;
	name: string | null;
	used_by?: string | null;
	address?: string | null;
	goroutine?: number | null;
	function?: string | null;
	file?: string | null;
	line?: number | null;
	members: number;
	count: number;
	bytes: number;
	text?: string;
	children?: TypeRow[];
	before?: { count: number; bytes: number };
	growth?: { count: number; bytes: number };
}

export interface Flame {
	type: string;
	unit: string;
	names: string[];
	nodes: string;
	node_count: number;
	left_out: number;
	left_out_value: number;
}

export interface Cycle {
	number: number;
	at_s: number;
	before: number;
	after: number;
	live: number;
	goal: number;
	pause_ms: number | null;
	cpu_percent: number | null;
	forced: boolean;
}

// A document of any verb: members are there or not, by verb.
export interface Doc {
	dowse: number;
	target: Target;
	warnings: string[];
	[member: string]: unknown;
}

export function readDocuments(): Doc[] {
	const found: Doc[] = [];
	for (const element of document.querySelectorAll('script[type="application/json"]')) {
		found.push(JSON.parse(element.textContent ?? 'null') as Doc);
		// The text is there twice otherwise, and may be large.
		element.remove();
	}
	return found;
}
