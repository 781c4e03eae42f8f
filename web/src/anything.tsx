import { count, safe } from './format';
import { Section, useMore } from './parts';

type Row = Record<string, unknown>;

const words = (key: string) => key.replace(/_/g, ' ');

function isRows(value: unknown): value is Row[] {
	return Array.isArray(value) && value.length > 0 && value.every((one) => one && typeof one === 'object' && !Array.isArray(one));
}

function Cell({ value, depth }: { value: unknown; depth: number }) {
	if (value == null) return <span class="unknown">unknown</span>;
	if (typeof value === 'number') return <>{Number.isInteger(value) ? count(value) : String(value)}</>;
	if (typeof value !== 'object') return <bdi>{safe(String(value), 500)}</bdi>;
	if (depth > 6) return <>…</>;
	if (isRows(value)) return <Table rows={value} depth={depth + 1} />;
	if (Array.isArray(value)) return <bdi>{safe(value.join(', '), 1000) || 'none'}</bdi>;
	return <Members value={value as Row} depth={depth + 1} />;
}

function Members({ value, depth }: { value: Row; depth: number }) {
	return (
		<dl class="members">
			{Object.entries(value).map(([key, one]) => (
				<><dt>{words(safe(key, 80))}</dt><dd><Cell value={one} depth={depth} /></dd></>
			))}
		</dl>
	);
}

function Table({ rows, depth }: { rows: Row[]; depth: number }) {
	const [some, more] = useMore(rows, 50);
	const keys = [...new Set(rows.slice(0, 50).flatMap((row) => Object.keys(row)))];
	return (
		<>
			<div class="scroll" tabIndex={0} role="region" aria-label="Rows">
				<table>
					<thead><tr>{keys.map((key) => <th key={key} scope="col">{words(safe(key, 80))}</th>)}</tr></thead>
					<tbody>
						{some.map((row, i) => (
							<tr key={i}>
								{keys.map((key) => (
									<td key={key} class={typeof row[key] === 'number' ? 'number' : ''}><Cell value={row[key]} depth={depth} /></td>
								))}
							</tr>
						))}
					</tbody>
				</table>
			</div>
			{more}
		</>
	);
}

// What has no view of its own: its members, as they are called.
export function Anything({ value }: { value: object }) {
	const { dowse: _version, target: _target, warnings: _warnings, ...rest } = value as Row;
	return <Section id="answer" title="Answer"><Members value={rest} depth={0} /></Section>;
}
