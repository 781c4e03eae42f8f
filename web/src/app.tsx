import { Component, type ComponentChildren } from 'preact';
import type { Cycle, Doc, Finding, Flame, Group, Holder, Memory, Target, TypeRow } from './documents';
import { Anything } from './anything';
import { Findings } from './findings';
import { bytes, count, duration, plural, safe, signed } from './format';
import { Goroutines } from './goroutines';
import { FlameGraph } from './flame';
import { Holders, Types } from './heap';
import { MemoryBar } from './memory';
import { LeftBehind, Processes, type Left, type Process } from './tests';
import { Collections } from './trace';

interface Part {
	id: string;
	title: string;
	view: ComponentChildren;
}

function nameOf(target: Target | null | undefined): string {
	if (!target) return 'this machine';
	const path = target.kind === 'process' ? target.exe : target.path ?? target.exe;
	const name = safe(path ? path.slice(path.lastIndexOf('/') + 1) : target.kind, 120);
	const known = [
		target.kind === 'process' ? null : target.kind,
		target.pid ? `pid ${target.pid}` : null,
		target.go ? safe(target.go, 40) : null,
		target.uptime_s != null ? `up ${duration(target.uptime_s)}` : null,
	].filter(Boolean);
	return known.length ? `${name} (${known.join(', ')})` : name;
}

// The parts of one document: what it is shows in the members that it has.
function partsOf(doc: Doc, index: number): Part[] {
	const parts: Part[] = [];
	const add = (id: string, title: string, view: ComponentChildren) => parts.push({ id, title, view });
	if (Array.isArray(doc.findings))
		add('findings', 'Findings', <Findings findings={doc.findings as Finding[]} />);
	if (Array.isArray(doc.gone) && doc.gone.length)
		add('gone', 'Gone', <Findings id="gone" title="Gone" findings={doc.gone as Finding[]} gone />);
	if (Array.isArray(doc.left) && doc.left.length) add('left', 'Left behind', <LeftBehind rows={doc.left as Left[]} />);
	if (Array.isArray(doc.processes) && doc.findings)
		add('processes', 'Processes', <Processes rows={doc.processes as Process[]} />);
	for (const [member, all] of [['groups', false], ['goroutines', true]] as const)
		if (Array.isArray(doc[member]))
			add('goroutines', 'Goroutines', <Goroutines groups={doc[member] as Group[]} total={(doc.matched as number) ?? 0} all={all} />);
	if (Array.isArray(doc.dumps))
		(doc.dumps as Doc[]).slice(0, 50).forEach((dump, i) => {
			const groups = (dump.groups ?? dump.goroutines ?? []) as Group[];
			const title = `Line ${count((dump as { line?: number }).line ?? i + 1)}`;
			add(`dump-${i}`, title, <Goroutines id={`dump-${i}`} title={title} groups={groups} total={(dump.matched as number) ?? groups.length} all={!dump.groups} />);
		});
	if (doc.memory) add('memory', 'Memory', <MemoryBar memory={doc.memory as Memory} />);
	const grown = doc.between_s !== undefined;
	if (Array.isArray(doc.holders) && typeof doc.holder_count === 'number' && doc.heap)
		add('holders', 'Holders', <Holders holders={doc.holders as Holder[]} total={doc.holder_count} grown={grown} />);
	if (Array.isArray(doc.types)) add('types', grown ? 'What grew' : 'Types', <Types rows={doc.types as TypeRow[]} grown={grown} />);
	if (Array.isArray(doc.cycles) && doc.cycles.length)
		add('collections', 'Live heap', <Collections cycles={doc.cycles as Cycle[]} trend={(doc.trend ?? null) as never} why={String(doc.why ?? '')} />);
	if (doc.flame) {
		// The second one of a page is of what changed.
		const changed = index > 1;
		const id = changed ? 'changed' : 'flame';
		const title = changed ? 'What changed' : 'Flame graph';
		add(id, title, <FlameGraph id={id} title={title} flame={doc.flame as Flame} />);
	}
	if (!parts.length) add('answer', 'Answer', <Anything value={doc} />);
	return parts;
}

function headline(doc: Doc): string {
	if (typeof doc.verdict === 'string' && Array.isArray(doc.findings)) return doc.verdict;
	if (typeof doc.group_count === 'number')
		return `${plural(doc.matched as number, 'goroutine')} in ${plural(doc.group_count, 'group')}.`;
	if (Array.isArray(doc.dumps)) return `${plural(doc.dumps.length, 'dump')} of goroutines.`;
	if (doc.cycles) {
		const told: Record<string, string> = { leak: 'The live heap grows.', flat: 'The live heap does not grow.', unsure: 'Whether the live heap grows is not known.' };
		return told[String(doc.verdict)] ?? '';
	}
	const heap = doc.heap as { objects?: number; bytes?: number } | undefined;
	if (doc.between_s !== undefined && heap?.bytes != null) {
		const before = (doc.before as Doc | undefined)?.heap as { bytes?: number } | undefined;
		return `${bytes(heap.bytes)} in objects, ${signed(heap.bytes - (before?.bytes ?? 0), bytes)} since the first look.`;
	}
	if (heap?.bytes != null && heap.objects != null) return `${bytes(heap.bytes)} in ${plural(heap.objects, 'object')}.`;
	const flame = doc.flame as Flame | undefined;
	return flame ? `${safe(flame.type, 60)} by ${plural(flame.names.length, 'function')}.` : '';
}

function moments(doc: Doc): string[] {
	const facts: string[] = [];
	if (typeof doc.goroutine_count === 'number') facts.push(plural(doc.goroutine_count, 'goroutine'));
	const heap = doc.heap as { objects: number | null } | undefined;
	if (heap?.objects != null && doc.findings) facts.push(`${count(heap.objects)} objects`);
	if (typeof doc.pause_ms === 'number' && doc.pause_ms > 0 && !doc.cycles) facts.push(`stood still for ${duration(doc.pause_ms / 1000)}`);
	if (doc.complete === false) facts.push('not all of it could be read');
	if (doc.torn === true) facts.push('read while it ran');
	if (doc.suppressed) facts.push(`${count(doc.suppressed as number)} suppressed`);
	if (doc.known) facts.push(`${count(doc.known as number)} known from the baseline`);
	return facts;
}

// A document that nobody expected shows what is wrong with it, not an empty page.
class Guard extends Component<{ children: ComponentChildren }, { problem: string | null }> {
	state = { problem: null };
	componentDidCatch(error: unknown) {
		this.setState({ problem: String(error) });
	}
	render() {
		return this.state.problem
			? <p class="problem" role="alert">This cannot be shown: {safe(this.state.problem, 300)}</p>
			: this.props.children;
	}
}

export function App({ documents }: { documents: Doc[] }) {
	const parts = documents.flatMap(partsOf);
	const [first] = documents;
	if (!first) return <main id="content"><h1>dowse</h1><p>There is no report in this page.</p></main>;
	const subject = nameOf(first.target);
	const verdict = safe(headline(first));
	const before = first.before as { target?: Target } | null | undefined;
	document.title = `${subject}${verdict ? `: ${verdict}` : ''}`.slice(0, 200);
	return (
		<>
			<a class="skip" href="#content">Skip to the report</a>
			<header class="page">
				<p class="brand">dowse</p>
				{parts.length > 1 && (
					<nav aria-label="Parts of the report">
						{parts.map((part) => <a key={part.id} href={`#${part.id}`}>{part.title}</a>)}
					</nav>
				)}
			</header>
			<main id="content">
				<div class="verdict">
					<p class="subject"><bdi>{subject}</bdi></p>
					<h1><bdi>{verdict || subject}</bdi></h1>
					<p class="facts">{moments(first).join(' · ')}</p>
					{before?.target && <p class="facts">against <bdi>{nameOf(before.target)}</bdi></p>}
					{first.warnings?.map((text, i) => <p class="warning" key={i}><strong>warning</strong> {safe(text)}</p>)}
				</div>
				{parts.map((part) => <Guard key={part.id}>{part.view}</Guard>)}
			</main>
			<footer class="page">
				<p>Made by dowse. This file asks nobody for anything: what it shows is in it, as JSON.</p>
			</footer>
		</>
	);
}
