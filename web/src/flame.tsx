import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { byFunction, find, nodeAt, readCalls, type Calls, type FunctionRow } from './calls';
import { draw, ROW, type View } from './canvas';
import type { Flame } from './documents';
import { count, measured, percent, plural, safe } from './format';
import { Name, Search, Section } from './parts';
import { Sortable } from './table';

const TURN = 220; // ms that a zoom takes

// The canvas and what moves on it: outside of Preact, for it is drawn sixty times a second.
class Picture {
	view: View;
	onMove: (node: number) => void = () => {};
	private zoomed = -1;
	private frame = 0;
	private begun = 0;
	private old = { from: 0, to: 0 };
	private goal = { from: 0, to: 0 };
	private context: CanvasRenderingContext2D;

	constructor(private canvas: HTMLCanvasElement, private scroller: HTMLElement, private spacer: HTMLElement, private calls: Calls) {
		this.context = canvas.getContext('2d')!;
		const from = 0;
		const to = calls.all || 1;
		this.goal = { from, to };
		this.view = { calls, from, to, top: 0, marked: null, current: -1, dark: matchMedia('(prefers-color-scheme: dark)').matches };
	}

	draw = () => {
		this.frame = 0;
		const { scroller, canvas, view } = this;
		const width = scroller.clientWidth;
		const height = scroller.clientHeight;
		const ratio = devicePixelRatio || 1;
		if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
			canvas.width = Math.round(width * ratio);
			canvas.height = Math.round(height * ratio);
			canvas.style.width = `${width}px`;
			canvas.style.height = `${height}px`;
		}
		const done = this.begun ? Math.min((performance.now() - this.begun) / TURN, 1) : 1;
		const ease = 1 - (1 - done) ** 3;
		view.from = this.old.from + (this.goal.from - this.old.from) * ease;
		view.to = this.old.to + (this.goal.to - this.old.to) * ease;
		if (done === 1) {
			this.begun = 0;
			view.from = this.goal.from;
			view.to = this.goal.to;
		}
		view.top = scroller.scrollTop;
		view.dark = matchMedia('(prefers-color-scheme: dark)').matches;
		this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
		const rows = draw(this.context, width, height, view);
		if (done === 1) this.spacer.style.height = `${Math.max(rows * ROW, ROW)}px`;
		else this.later();
		canvas.dataset.drawn = String(1 + Number(canvas.dataset.drawn ?? 0));
		canvas.dataset.zoom = done === 1 ? String(this.zoomed) : 'moving';
	};

	later() {
		if (!this.frame) this.frame = requestAnimationFrame(this.draw);
	}

	zoom(node: number) {
		const { calls, view } = this;
		this.old = { from: view.from, to: view.to };
		this.goal = node < 0 ? { from: 0, to: calls.all || 1 } : { from: calls.begin[node], to: calls.begin[node] + (calls.total[node] || 1) };
		this.zoomed = node;
		this.begun = matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : performance.now();
		if (!this.begun) this.old = this.goal;
		this.later();
	}

	zoomOut() {
		this.zoom(this.zoomed < 0 ? -1 : this.calls.parent[this.zoomed]);
	}

	// The node under the pointer.
	at(event: MouseEvent): number {
		const box = this.canvas.getBoundingClientRect();
		const place = this.view.from + ((event.clientX - box.left) / box.width) * (this.view.to - this.view.from);
		return nodeAt(this.calls, Math.floor((event.clientY - box.top + this.scroller.scrollTop) / ROW), place);
	}

	move(node: number) {
		if (node === this.view.current) return;
		this.view.current = node;
		this.onMove(node);
		this.later();
	}

	// By arrow keys: up to the caller, down to the largest that it calls, to the sides.
	step(key: string) {
		const { calls, view } = this;
		const now = view.current;
		let next = now;
		if (now < 0) next = calls.count ? 0 : -1;
		else if (key === 'ArrowUp') next = calls.parent[now] < 0 ? now : calls.parent[now];
		else if (key === 'ArrowDown') {
			let best = -1;
			for (let i = now + 1; i < calls.end[now]; i = calls.end[i]) if (best < 0 || calls.total[i] > calls.total[best]) best = i;
			next = best < 0 ? now : best;
		} else if (key === 'ArrowRight') {
			const end = calls.end[now];
			if (end < calls.count && calls.depth[end] === calls.depth[now]) next = end;
		} else {
			const parent = calls.parent[now];
			for (let i = parent + 1; i < now; i = calls.end[i]) next = i;
		}
		this.move(next);
		const y = calls.depth[Math.max(next, 0)] * ROW;
		if (y < this.scroller.scrollTop) this.scroller.scrollTop = y;
		else if (y + ROW > this.scroller.scrollTop + this.scroller.clientHeight) this.scroller.scrollTop = y + ROW - this.scroller.clientHeight;
	}
}

function usePicture(calls: Calls, onMove: (node: number) => void) {
	const scroller = useRef<HTMLDivElement>(null);
	const spacer = useRef<HTMLDivElement>(null);
	const canvas = useRef<HTMLCanvasElement>(null);
	const picture = useRef<Picture | null>(null);
	useEffect(() => {
		const made = new Picture(canvas.current!, scroller.current!, spacer.current!, calls);
		picture.current = made;
		made.onMove = onMove;
		made.draw();
		performance.mark('drawn');
		const again = () => made.later();
		const sizes = new ResizeObserver(again);
		sizes.observe(scroller.current!);
		const scheme = matchMedia('(prefers-color-scheme: dark)');
		scheme.addEventListener('change', again);
		return () => {
			sizes.disconnect();
			scheme.removeEventListener('change', again);
		};
	}, [calls]);
	return { scroller, spacer, canvas, picture };
}

function Functions({ calls, unit }: { calls: Calls; unit: string }) {
	const [rows, setRows] = useState<FunctionRow[] | null>(null);
	// After the picture: nobody looks at it first.
	useEffect(() => {
		const timer = setTimeout(() => setRows(byFunction(calls)), 50);
		return () => clearTimeout(timer);
	}, [calls]);
	if (!rows) return <p class="status">Summing up…</p>;
	const share = (value: number) => `${measured(value, unit)} (${percent(value, calls.all)})`;
	return (
		<Sortable
			label="functions" rows={rows} text={(row) => row.name} first="itself"
			columns={[
				{ title: 'function', value: (row) => row.name, view: (row) => <Name text={row.name} full /> },
				{ title: 'itself', value: (row) => row.self, view: (row) => share(row.self) },
				{ title: 'with callees', value: (row) => row.total, view: (row) => share(row.total) },
			]}
		/>
	);
}

export function FlameGraph({ flame, id, title }: { flame: Flame; id: string; title: string }) {
	const calls = useMemo(() => readCalls(flame), [flame]);
	const [words, setWords] = useState('');
	const [current, setCurrent] = useState(-1);
	const { scroller, spacer, canvas, picture } = usePicture(calls, setCurrent);
	const found = useMemo(() => (words.trim() ? find(calls, words.trim()) : null), [calls, words]);
	useEffect(() => {
		if (!picture.current) return;
		picture.current.view.marked = found?.marked ?? null;
		picture.current.later();
	}, [found]);
	const onKey = (event: KeyboardEvent) => {
		const drawn = picture.current;
		if (!drawn || event.ctrlKey || event.altKey || event.metaKey) return;
		if (/^Arrow/.test(event.key)) drawn.step(event.key);
		else if (event.key === 'Enter') drawn.zoom(drawn.view.current);
		else if (event.key === 'Escape' || event.key === 'Backspace') drawn.zoomOut();
		else if (event.key === 'Home') drawn.zoom(-1);
		else return;
		event.preventDefault();
	};
	const of = (value: number) => `${measured(value, flame.unit)}, ${percent(value, calls.all)}`;
	const left = flame.left_out ? `; ${count(flame.left_out)} too small to be drawn count for their callers` : '';
	return (
		<Section id={id} title={title} note={`${safe(flame.type, 60)}: ${measured(calls.all, flame.unit)}${calls.signs ? ' of changes' : ''} in ${plural(calls.count, 'call')}${left}`}>
			<div class="tools">
				<Search label="Search functions" value={words} onInput={setWords} />
				<button type="button" onClick={() => picture.current?.zoomOut()}>Zoom out</button>
				<button type="button" onClick={() => picture.current?.zoom(-1)}>Show all</button>
				{found && <span role="status">{plural(found.names, 'function')}, {of(found.sum)}</span>}
			</div>
			<p class="current" aria-live="polite">
				{current < 0 ? 'Click a call to zoom in. Arrow keys move, Enter zooms in, Escape out.' : (
					<><Name text={calls.names[calls.name[current]]} full limit={400} /> {of(calls.net[current])}; itself {measured(calls.self[current], flame.unit)}</>
				)}
			</p>
			<div class="flame" style={{ maxHeight: `${calls.deepest * ROW + 2}px` }} ref={scroller} onScroll={() => picture.current?.later()}>
				<div class="spacer" ref={spacer}>
					<canvas
						ref={canvas} tabIndex={0} role="application" aria-label="Flame graph; the table below has the same functions"
						onKeyDown={onKey}
						onClick={(event) => {
							const node = picture.current?.at(event) ?? -1;
							if (node >= 0) picture.current!.zoom(node);
						}}
						onMouseMove={(event) => picture.current?.move(picture.current.at(event))}
					/>
				</div>
			</div>
			<h3>Functions</h3>
			<Functions calls={calls} unit={flame.unit} />
		</Section>
	);
}
