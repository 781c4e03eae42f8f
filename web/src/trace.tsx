import type { Cycle } from './documents';
import { bytes, count, duration, percent, safe, signed } from './format';
import { Section } from './parts';
import { Sortable } from './table';

interface Trend {
	from_s: number;
	span_s: number;
	bytes_per_hour: number;
	bytes_per_hour_least: number;
	bytes_per_hour_most: number;
	confidence: number;
}

const WIDE = 1000;
const HIGH = 260;
const LEFT = 74;
const LOW = 24;

// A round number that is at least as large, and how many steps of the axis lead to it.
function roundUp(value: number): number {
	const unit = 2 ** Math.floor(Math.log2(Math.max(value, 1)));
	return Math.ceil((value / unit) * 2) * (unit / 2);
}

function Curve({ cycles, trend }: { cycles: Cycle[]; trend: Trend | null }) {
	const from = cycles[0].at_s;
	const span = Math.max(cycles[cycles.length - 1].at_s - from, 1e-3);
	const most = roundUp(Math.max(...cycles.map((one) => Math.max(one.live, one.goal)), 1));
	const x = (at: number) => LEFT + ((at - from) / span) * (WIDE - LEFT - 10);
	const y = (value: number) => 8 + (1 - value / most) * (HIGH - LOW - 8);
	const line = (of: (cycle: Cycle) => number) => cycles.map((one) => `${x(one.at_s).toFixed(1)},${y(of(one)).toFixed(1)}`).join(' ');
	const last = cycles[cycles.length - 1].live;
	return (
		<svg class="curve" viewBox={`0 0 ${WIDE} ${HIGH}`} role="img" aria-label={`The live heap, from ${bytes(cycles[0].live)} to ${bytes(last)} in ${duration(span)}`}>
			{[0, 0.25, 0.5, 0.75, 1].map((part) => (
				<g key={part}>
					<line class="grid" x1={LEFT} x2={WIDE - 10} y1={y(part * most)} y2={y(part * most)} />
					<text x={LEFT - 8} y={y(part * most) + 4} text-anchor="end">{bytes(part * most)}</text>
				</g>
			))}
			{[0, 0.5, 1].map((part) => (
				<text key={part} x={x(from + part * span)} y={HIGH - 4} text-anchor={part === 0 ? 'start' : part === 1 ? 'end' : 'middle'}>
					{duration(from + part * span)}
				</text>
			))}
			{trend && trend.span_s > 0 && <rect class="span" x={x(Math.max(trend.from_s, from))} y={8} width={Math.max(x(from + span) - x(Math.max(trend.from_s, from)), 0)} height={HIGH - LOW - 8} />}
			<polyline class="goal" points={line((one) => one.goal)} />
			<polyline class="live" points={line((one) => one.live)} />
		</svg>
	);
}

// A screen has a thousand points; a log may have a million lines.
function thin(cycles: Cycle[]): Cycle[] {
	const step = Math.ceil(cycles.length / 2000);
	return step > 1 ? cycles.filter((_, i) => i % step === 0 || i === cycles.length - 1) : cycles;
}

export function Collections({ cycles, trend, why }: { cycles: Cycle[]; trend: Trend | null; why: string }) {
	const shown = thin(cycles.filter((one) => Number.isFinite(one.at_s) && Number.isFinite(one.live)));
	const facts = trend && `${signed(trend.bytes_per_hour, bytes)} an hour (${signed(trend.bytes_per_hour_least, bytes)} to ${signed(trend.bytes_per_hour_most, bytes)}), confidence ${percent(trend.confidence, 1)}`;
	return (
		<Section id="collections" title="Live heap" note={`${count(cycles.length)} collections`}>
			<p>{safe(why)}</p>
			{facts && <p class="facts">{facts}</p>}
			{shown.length > 1 && <Curve cycles={shown} trend={trend} />}
			<p class="facts"><span class="key live" /> live after a collection <span class="key goal" /> its goal {trend && <><span class="key span" /> what the trend is of</>}</p>
			<h3>Collections</h3>
			<Sortable
				label="collections" rows={cycles} text={(one) => String(one.number)} first="at"
				columns={[
					{ title: 'number', value: (one) => one.number },
					{ title: 'at', value: (one) => one.at_s, view: (one) => duration(one.at_s) },
					{ title: 'before', value: (one) => one.before, view: (one) => bytes(one.before) },
					{ title: 'live', value: (one) => one.live, view: (one) => bytes(one.live) },
					{ title: 'goal', value: (one) => one.goal, view: (one) => bytes(one.goal) },
					{ title: 'pause', value: (one) => one.pause_ms, view: (one) => (one.pause_ms == null ? '' : duration(one.pause_ms / 1000)) },
				]}
			/>
		</Section>
	);
}
