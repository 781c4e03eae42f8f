// Draws calls: a row a level, callers above those whom they call.
import type { Calls } from './calls';
import { safe, shortName } from './format';

export const ROW = 20;
const NARROW = 1; // what is narrower, in pixels, is drawn with its neighbours
const FONT = '12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace';

export interface View {
	calls: Calls;
	from: number; // of the whole width
	to: number;
	top: number; // pixels that are scrolled away
	marked: Uint8Array | null;
	current: number; // node; -1
	dark: boolean;
}

const LIGHT = ['#e8c9a0', '#e3b98f', '#dfc3b0', '#d9cf9f', '#cfd3ae', '#e6d5b8', '#d8bda5', '#e0b4a0'];
const DARK = ['#7a5a34', '#74502f', '#6f5145', '#655e30', '#565d3a', '#6b5c42', '#6a4d3a', '#744536'];
const STANDARD = ['#c9d3dc', '#3b4a57'];
const MARKED = ['#b48ad6', '#8a5ab0'];
const FAINT = ['#ece9e1', '#2a2825'];
const GROWN = ['#f6e0dc', '#eeb3a9', '#e2796b'];
const SHRUNK = ['#dde8f3', '#a9c6e4', '#6c9fd2'];
const GROWN_DARK = ['#4d2f2b', '#7a3a33', '#a34a40'];
const SHRUNK_DARK = ['#2b3a4d', '#33597a', '#3f79a8'];

const colours = new WeakMap<Calls, Uint8Array>();

// A package has a colour; the standard library, whose paths have no dot at first, has one in all.
function colourOf(calls: Calls): Uint8Array {
	let found = colours.get(calls);
	if (found) return found;
	found = new Uint8Array(calls.names.length);
	for (let i = 0; i < found.length; i++) {
		const name = calls.names[i];
		const slash = name.lastIndexOf('/', name.search(/[([{]|$/));
		const dot = name.indexOf('.', slash + 1);
		const home = dot < 0 ? name : name.slice(0, dot);
		const first = home.slice(0, Math.max(home.indexOf('/'), 0) || home.length);
		let hash = 7;
		for (let c = 0; c < home.length; c++) hash = (hash * 31 + home.charCodeAt(c)) | 0;
		found[i] = home !== 'main' && !first.includes('.') ? LIGHT.length : (hash >>> 0) % LIGHT.length;
	}
	colours.set(calls, found);
	return found;
}

function fillOf(view: View, packages: Uint8Array, node: number): string {
	const { calls, marked, dark } = view;
	const theme = dark ? 1 : 0;
	const name = calls.name[node];
	if (marked) return marked[name] ? MARKED[theme] : FAINT[theme];
	if (calls.signs) {
		const share = calls.total[node] ? calls.net[node] / calls.total[node] : 0;
		const shades = share > 0 ? (dark ? GROWN_DARK : GROWN) : dark ? SHRUNK_DARK : SHRUNK;
		return shades[Math.min(2, Math.floor(Math.abs(share) * 3))];
	}
	const colour = packages[name];
	return colour === LIGHT.length ? STANDARD[theme] : (dark ? DARK : LIGHT)[colour];
}

export function draw(context: CanvasRenderingContext2D, width: number, height: number, view: View): number {
	const { calls, from, to, top } = view;
	const packages = colourOf(calls);
	const scale = width / (to - from);
	const first = Math.floor(top / ROW) - 1;
	const last = Math.ceil((top + height) / ROW);
	const rects = new Map<string, number[]>();
	const texts: number[] = [];
	const put = (fill: string, x: number, y: number, w: number) => {
		const list = rects.get(fill);
		if (list) list.push(x, y, w);
		else rects.set(fill, [x, y, w]);
	};
	// Where each row is covered already: what is too narrow joins it there.
	const covered = new Float64Array(calls.deepest + 1).fill(-1);
	let deepest = 0;
	for (let i = 0; i < calls.count; ) {
		const x = (calls.begin[i] - from) * scale;
		const w = calls.total[i] * scale;
		if (x >= width || x + w <= 0) {
			i = calls.end[i];
			continue;
		}
		const level = calls.depth[i];
		if (level >= deepest) deepest = level + 1;
		const visible = level >= first && level <= last;
		const left = Math.max(x, 0);
		const right = Math.min(x + w, width);
		if (w < NARROW) {
			if (visible && left >= covered[level]) {
				put(view.dark ? '#4a463f' : '#d5cfc2', left, level * ROW - top, NARROW);
				covered[level] = left + NARROW;
			}
			i = calls.end[i];
			continue;
		}
		if (visible) {
			put(fillOf(view, packages, i), left, level * ROW - top, Math.max(right - left - (w > 3 ? 0.5 : 0), 0.5));
			covered[level] = right;
			if (right - left > 28) texts.push(i, left, right);
		}
		i++;
	}

	context.clearRect(0, 0, width, height);
	for (const [fill, list] of rects) {
		context.fillStyle = fill;
		context.beginPath();
		for (let i = 0; i < list.length; i += 3) context.rect(list[i], list[i + 1], list[i + 2], ROW - 1);
		context.fill();
	}
	context.font = FONT;
	context.textBaseline = 'middle';
	context.fillStyle = view.dark ? '#f1ece2' : '#1d1b18';
	const letter = context.measureText('m').width;
	for (let i = 0; i < texts.length; i += 3) {
		const room = Math.floor((texts[i + 2] - texts[i + 1] - 8) / letter);
		const text = safe(shortName(calls.names[calls.name[texts[i]]]), 300);
		const cut = text.length > room ? `${text.slice(0, Math.max(room - 1, 1))}…` : text;
		context.fillText(cut, texts[i + 1] + 4, calls.depth[texts[i]] * ROW - top + ROW / 2);
	}
	const { current } = view;
	if (current >= 0) {
		const x = (calls.begin[current] - from) * scale;
		context.strokeStyle = view.dark ? '#fff' : '#000';
		context.lineWidth = 2;
		context.strokeRect(Math.max(x, 0) + 1, calls.depth[current] * ROW - top + 1, Math.max(Math.min(x + calls.total[current] * scale, width) - Math.max(x, 0) - 2, 1), ROW - 3);
	}
	return deepest;
}
