import { useState } from 'preact/hooks';
import type { Holder, TypeRow } from './documents';
import { bytes, count, percent, place, plural, safe, shortName, signed } from './format';
import { Name, Section } from './parts';
import { Sortable, type Column } from './table';
import { squarify } from './treemap';

const number = <T,>(title: string, value: (row: T) => number | null | undefined, text: (value: number) => string): Column<T> => ({
	title, value, view: (row) => {
		const found = value(row);
		return found == null ? <span class="unknown">unknown</span> : text(found);
	},
});

function nameOfType(row: TypeRow): string {
	return row.type ?? `unknown, ${row.size_class ? bytes(row.size_class) : 'large'} each`;
}

export function Types({ rows, grown }: { rows: TypeRow[]; grown: boolean }) {
	const columns: Column<TypeRow>[] = [
		{ title: 'type', value: nameOfType, view: (row) => <Name text={nameOfType(row)} full /> },
	];
	const signs = (text: (value: number) => string) => (value: number) => signed(value, text);
	if (grown) {
		columns.push(
			number('more', (row: TypeRow) => row.growth?.count, signs(count)),
			number('more bytes', (row: TypeRow) => row.growth?.bytes, signs(bytes)),
			number('before', (row: TypeRow) => row.before?.bytes, bytes),
		);
	}
	columns.push(
		number('objects', (row: TypeRow) => row.count, count),
		number('bytes', (row: TypeRow) => row.bytes, bytes),
		number('retained', (row: TypeRow) => row.retained, bytes),
	);
	const known = rows.some((row) => row.retained != null);
	return (
		<Section id="types" title={grown ? 'What grew' : 'Types'} note={known ? 'retained: what would be freed if all of one type went' : undefined}>
			<Sortable label="types" rows={rows} columns={columns} text={nameOfType} first={grown ? 'more bytes' : known ? 'retained' : 'bytes'} />
		</Section>
	);
}

function nameOfHolder(holder: Holder): string {
	if (holder.text) return holder.text;
	if (holder.kind === 'shared') return 'several at once';
	if (holder.function) {
		const where = `${shortName(holder.function)} ${place(holder.file ?? null, holder.line ?? null)}`;
		return holder.members > 1 ? `${plural(holder.members, 'goroutine')} at ${where}` : `goroutine ${holder.goroutine ?? ''} at ${where}`;
	}
	const used = holder.used_by ? `, used by ${shortName(holder.used_by)}` : '';
	return holder.name ?? `${holder.kind} ${holder.address ?? ''}${used}`;
}

const WIDE = 1000;
const HIGH = 380;

function Treemap({ holders, chosen, choose }: { holders: Holder[]; chosen: number; choose: (index: number) => void }) {
	const tiles = squarify(holders.map((holder) => holder.bytes), WIDE, HIGH);
	return (
		<div class="treemap">
			{tiles.filter((tile) => tile.width > 3 && tile.height > 3).map((tile) => {
				const holder = holders[tile.index];
				const text = safe(nameOfHolder(holder), 120);
				return (
					<button
						type="button" key={tile.index} class={`tile tone${tile.index % 6}`}
						aria-pressed={tile.index === chosen} aria-label={`${text}, ${bytes(holder.bytes)}`}
						title={`${text}: ${bytes(holder.bytes)}`}
						style={{ left: `${(100 * tile.x) / WIDE}%`, top: `${(100 * tile.y) / HIGH}%`, width: `${(100 * tile.width) / WIDE}%`, height: `${(100 * tile.height) / HIGH}%` }}
						onClick={() => choose(tile.index)}
					>
						{tile.width > 60 && tile.height > 30 && <span><bdi>{text}</bdi><br />{bytes(holder.bytes)}</span>}
					</button>
				);
			})}
		</div>
	);
}

function Parts({ holder }: { holder: Holder }) {
	const sum = holder.bytes || 1;
	return (
		<div class="parts" role="status">
			<h3><Name text={nameOfHolder(holder)} full /></h3>
			<p class="facts">
				{bytes(holder.bytes)} in {plural(holder.count, 'object')}
				{holder.members > 1 && `, held by ${count(holder.members)}`}
			</p>
			<ol class="shares">
				{(holder.children ?? []).slice(0, 8).map((row, i) => (
					<li key={i}>
						<Name text={nameOfType(row)} full /> <span class="facts">{count(row.count)}, {bytes(row.bytes)}, {percent(row.bytes, sum)}</span>
					</li>
				))}
			</ol>
		</div>
	);
}

export function Holders({ holders, total, grown }: { holders: Holder[]; total: number; grown: boolean }) {
	const [chosen, setChosen] = useState(0);
	const rows = holders.map((holder, index) => ({ holder, index }));
	const columns: Column<{ holder: Holder; index: number }>[] = [
		{ title: 'holder', value: ({ holder }) => nameOfHolder(holder), view: ({ holder }) => <Name text={nameOfHolder(holder)} full /> },
	];
	if (grown) columns.push(number('more bytes', ({ holder }: { holder: Holder }) => holder.growth?.bytes, (value) => signed(value, bytes)));
	columns.push(
		number('objects', ({ holder }: { holder: Holder }) => holder.count, count),
		number('bytes', ({ holder }: { holder: Holder }) => holder.bytes, bytes),
	);
	const note = total > holders.length ? `${count(holders.length)} of ${count(total)}` : undefined;
	return (
		<Section id="holders" title={grown ? 'Holders that grew' : 'Holders'} note={note}>
			{!grown && holders.length > 0 && (
				<div class="held">
					<Treemap holders={holders} chosen={chosen} choose={setChosen} />
					<Parts holder={holders[chosen]} />
				</div>
			)}
			<Sortable label="holders" rows={rows} columns={columns} text={({ holder }) => nameOfHolder(holder)} first={grown ? 'more bytes' : 'bytes'} />
		</Section>
	);
}
